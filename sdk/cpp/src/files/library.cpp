// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"
#include "base/search_path.hpp"
#include "description/ids_text.hpp"
#include "files/board_file_loader.hpp"

#include <upciedev/board_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>

namespace upciedev {
inline namespace v1 {

namespace {

namespace fs = std::filesystem;

/// A board file of which no more than its `match` was read.
struct candidate {
    fs::path file;
    std::vector<match_description> matches; ///< their registers as written
    std::size_t folder = 0;                 ///< number of the one in which it was found
};

/// The YAML files below a folder, in alphabetical order; none if there is no such folder.
std::vector<fs::path> yaml_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code problem;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                        problem);
    for (; !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
        std::error_code unreadable;
        if (at->path().extension() == ".yaml" && at->is_regular_file(unreadable))
            files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// Reads up to and with `match`, and no further. Nothing for files of another kind.
std::optional<candidate> read_head(const fs::path& file) {
    detail::diagnostics sink(file.string());
    candidate head{file, {}, 0};
    bool is_board = true;
    const auto look = [&](const auto& root) {
        const auto& member = root.items.back();
        if (member.key == "match") head.matches = detail::read_matches(&member, sink, nullptr);
        is_board = member.key != "crate" && member.key != "crates";
        return is_board && member.key != "match";
    };
    const auto text = detail::read_text_file(file.string());
    sink.collect([&] { detail::parse_yaml(text, sink, look); });
    sink.throw_first();
    return is_board && !head.matches.empty() ? std::optional(head) : std::nullopt;
}

/// One match of a file, whose ids agree.
struct fitting {
    const candidate* from = nullptr;
    std::size_t number = 0; ///< of the match
    std::size_t conditions = 0;
};

std::size_t conditions(const match_description& match) {
    const auto ids = {match.vendor, match.device, match.subvendor, match.subdevice};
    const auto given = std::count_if(ids.begin(), ids.end(), [](const auto& id) { return !!id; });
    return static_cast<std::size_t>(given) + match.registers.size() + (match.firmware ? 1 : 0);
}

/// The most conditions first, then in the order of the folders.
std::vector<fitting> all_fitting(const std::vector<candidate>& candidates, const board_ids& ids) {
    std::vector<fitting> found;
    for (const auto& from : candidates)
        for (std::size_t i = 0; i < from.matches.size(); ++i)
            if (from.matches[i].fits(ids)) found.push_back({&from, i, conditions(from.matches[i])});
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.conditions > b.conditions; });
    return found;
}

[[noreturn]] void refuse_ambiguous(const fitting& one, const fitting& other, const board_ids& ids) {
    throw error(errc::bad_board_file, {},
                fmt::format("{} and {} fit the board {} equally well", one.from->file.string(),
                            other.from->file.string(), detail::ids_text(ids)),
                "tell them apart by 'registers' or 'firmware' in their 'match', or name one in "
                "the crate file");
}

void require_folders(const std::vector<fs::path>& folders) {
    for (const auto& folder : folders)
        if (!fs::is_directory(folder))
            throw error(errc::bad_board_file, folder.string(), "no such folder",
                        "name a folder that holds board files");
}

} // namespace

struct board_library::state {
    mutable std::mutex mutex;
    std::vector<fs::path> folders;
    bool scanned = false;
    std::vector<candidate> candidates; ///< in the order of the folders
    std::vector<error> problems;
    std::map<fs::path, board_description_ptr> loaded; ///< by canonical path
    std::size_t parsed = 0;

    void scan();
    void read_heads();
    board_description_ptr load(const fs::path& file);
    std::optional<library_choice> take(const fitting& one, const identity_test& test);
};

void board_library::state::scan() {
    std::vector<error> left_out;
    {
        const std::scoped_lock lock(mutex);
        if (std::exchange(scanned, true)) return;
        read_heads();
        left_out = problems;
    }
    for (const auto& problem : left_out) // not under the lock: a log callback may open boards
        detail::log_line(log_level::warning, std::string("board file left out: ") + problem.what());
}

void board_library::state::read_heads() {
    for (std::size_t folder = 0; folder < folders.size(); ++folder)
        for (const auto& file : yaml_files(folders[folder]))
            try {
                if (auto head = read_head(file)) {
                    head->folder = folder;
                    candidates.push_back(std::move(*head));
                }
            } catch (const error& problem) {
                problems.push_back(problem);
            }
}

board_description_ptr board_library::state::load(const fs::path& file) {
    std::error_code unresolved; // then reading it will tell why
    auto& board = loaded[fs::weakly_canonical(file, unresolved)];
    if (board == nullptr) {
        board = load_board_file(file);
        ++parsed;
    }
    return board;
}

/// The file of a match, if its registers agree, too.
std::optional<library_choice> board_library::state::take(const fitting& one,
                                                         const identity_test& test) {
    const bool reading = one.from->matches[one.number].needs_reading();
    if (reading && !test) return std::nullopt;
    const auto file = load(one.from->file);
    const library_choice choice{file, &file->matches.at(one.number)};
    return !reading || test(file, *choice.match) ? std::optional(choice) : std::nullopt;
}

board_library::board_library(std::vector<fs::path> folders) : state_(std::make_unique<state>()) {
    require_folders(folders);
    state_->folders = std::move(folders);
    for (auto& folder : detail::folders_in(std::getenv("UPCIEDEV_DEVICES")))
        state_->folders.push_back(std::move(folder));
    state_->folders.emplace_back("/etc/upciedev/devices");
    state_->folders.emplace_back("/usr/local/share/upciedev/devices");
    state_->folders.emplace_back("/usr/share/upciedev/devices");
}

board_library::~board_library() = default;
board_library::board_library(board_library&&) noexcept = default;
board_library& board_library::operator=(board_library&&) noexcept = default;

library_choice board_library::choose(const board_ids& ids, const identity_test& test) {
    state_->scan();
    const std::scoped_lock lock(state_->mutex);
    const fitting* best = nullptr;
    library_choice choice;
    const auto all = all_fitting(state_->candidates, ids);
    for (const auto& one : all) {
        if (best != nullptr && one.conditions < best->conditions) break;
        if (best != nullptr && (one.from == best->from || one.from->folder != best->from->folder))
            continue;
        const auto taken = state_->take(one, test);
        if (!taken) continue;
        if (best != nullptr) refuse_ambiguous(*best, one, ids);
        best = &one;
        choice = *taken;
    }
    return choice;
}

board_description_ptr board_library::load(const fs::path& file) {
    const std::scoped_lock lock(state_->mutex);
    return state_->load(file);
}

std::vector<error> board_library::problems() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->problems;
}

std::size_t board_library::parsed() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->parsed;
}

} // namespace v1
} // namespace upciedev
