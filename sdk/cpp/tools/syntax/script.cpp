// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/script.hpp"

#include "commands/interrupts.hpp"

#include <upciedev/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

/// Words of one line, taken from the front.
class word_reader {
  public:
    explicit word_reader(std::string_view line) : rest_(line) {}

    /// \returns false at the end of the line, or where a comment begins
    bool next(std::string& word) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
        if (rest_.empty() || rest_.front() == '#') return false;
        word.clear();
        while (!rest_.empty() && !is_blank(rest_.front()))
            take(word);
        return true;
    }

  private:
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

    /// One character, or all between two quotes.
    void take(std::string& word) {
        const char first = rest_.front();
        rest_.remove_prefix(1);
        if (first != '"' && first != '\'') {
            word += first;
            return;
        }
        const auto end = rest_.find(first);
        if (end == std::string_view::npos)
            throw error(errc::bad_value, {}, fmt::format("a {} is not closed", first));
        word += rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
    }

    std::string_view rest_;
};

int run_lines(std::istream& lines, const std::string& name, bool keep_going,
              const line_runner& run_line) {
    int status = 0;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        const int now = run_line(fmt::format("{}:{}", name, number), line);
        if (status == 0) status = now;
        if (status != 0 && !keep_going) break;
        if (interrupts::came_ever()) return status; // it was meant for the script, too
    }
    return status;
}

} // namespace

std::vector<std::string> split_words(std::string_view line) {
    std::vector<std::string> words;
    word_reader reader(line);
    for (std::string word; reader.next(word);)
        words.push_back(word);
    return words;
}

int run_script(const script_arguments& arguments, const line_runner& run_line) {
    if (arguments.file == "-")
        return run_lines(std::cin, "standard input", arguments.keep_going, run_line);
    std::ifstream file(arguments.file);
    if (!file || std::filesystem::is_directory(arguments.file))
        throw error(errc::io_error, arguments.file, "cannot be read",
                    file ? "it is a folder" : std::strerror(errno));
    return run_lines(file, arguments.file, arguments.keep_going, run_line);
}

} // namespace cli
