// SPDX-License-Identifier: BSD-3-Clause
// `upciedev import` and `upciedev export`.
#include "maps/exchange.hpp"

#include "commands/commands.hpp"
#include "maps/map_fold.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/error.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

using upciedev::errc;

[[noreturn]] void fail_with_errno(const std::string& file) {
    const std::error_code cause(errno, std::generic_category());
    throw upciedev::error(errc::io_error, file, cause.message(), {}, cause);
}

std::string text_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (!stream) fail_with_errno(file);
    return text;
}

void deliver(const std::string& file, const std::string& text) {
    if (file.empty()) return fmt::print("{}", text);
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) fail_with_errno(file);
}

/// "10ee:0037", as lspci -n shows them.
upciedev::board_ids ids_of(const std::string& text) {
    upciedev::board_ids ids;
    const auto* end = text.data() + text.size();
    const auto [middle, failure] = std::from_chars(text.data(), end, ids.vendor, 16);
    if (failure == std::errc{} && middle != end && *middle == ':') {
        const auto [rest, wrong] = std::from_chars(middle + 1, end, ids.device, 16);
        if (wrong == std::errc{} && rest == end) return ids;
    }
    throw upciedev::error(errc::bad_value, "--id " + text, "is no pair of PCI ids",
                          "write VENDOR:DEVICE in hexadecimal, like 10ee:0037");
}

void report(const common& options, const std::vector<lost>& losses, const std::string& text,
            const std::string& file, const char* kind) {
    if (!options.json) {
        for (const auto& [place, what] : losses)
            fmt::print(stderr, "{}: not carried: {}\n", place, what);
        return deliver(file, text);
    }
    if (!file.empty()) deliver(file, text);
    nlohmann::ordered_json json{
        {kind, file.empty() ? nlohmann::ordered_json(text) : nlohmann::ordered_json(file)}};
    json["not_carried"] = nlohmann::ordered_json::array();
    for (const auto& [place, what] : losses)
        json["not_carried"].push_back({{"place", place}, {"what", what}});
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

} // namespace

void run_import(const common& options, const import_arguments& arguments) {
    const auto map = read_map(text_of(arguments.file), arguments.file);
    board_wishes wishes;
    wishes.name = arguments.board;
    if (wishes.name.empty())
        wishes.name =
            plain_path(std::filesystem::path(arguments.file).stem().string()).substr(0, 31);
    if (!arguments.ids.empty()) wishes.ids = ids_of(arguments.ids);
    std::vector<lost> losses;
    const auto text = board_file_of(map, wishes, losses);
    report(options, losses, text, arguments.output, "board_file");
}

void run_export(const common& options, const export_arguments& arguments) {
    const auto board = upciedev::load_board_file(arguments.file);
    const bool is_json =
        arguments.form == "jmap" || (arguments.form.empty() && arguments.output.ends_with(".jmap"));
    const auto form = is_json ? map_form::json : map_form::lines;
    const auto map = map_of(*board, form);
    report(options, map.losses, map_text(map, board->name, form), arguments.output, "map");
}

} // namespace cli
