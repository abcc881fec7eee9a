// SPDX-License-Identifier: BSD-3-Clause
#include "board_file_loader.hpp"
#include "log.hpp"

#include <upciedev/board_file.hpp>

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
    std::vector<match_description> matches;
};

std::vector<fs::path> folders_of_environment() {
    std::vector<fs::path> folders;
    const char* const list = std::getenv("UPCIEDEV_DEVICES"); // NOLINT(concurrency-mt-unsafe)
    std::string_view rest = list == nullptr ? "" : list;
    while (!rest.empty()) {
        const auto folder = rest.substr(0, rest.find(':'));
        if (!folder.empty()) folders.emplace_back(folder);
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    }
    return folders;
}

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
    candidate head{file, {}};
    bool is_board = true;
    const auto look = [&](const auto& root) {
        const auto& member = root.items.back();
        if (member.key == "match") head.matches = detail::read_matches(&member, sink);
        is_board = member.key != "crate";
        return is_board && member.key != "match";
    };
    const auto text = detail::read_text_file(file.string());
    sink.collect([&] { detail::parse_yaml(text, sink, look); });
    sink.throw_first();
    return is_board && !head.matches.empty() ? std::optional(head) : std::nullopt;
}

/// How many ids agree, or 0 when one differs.
int specificity(const match_description& match, const board_ids& ids) {
    int agreeing = 0;
    bool differs = false;
    const auto compare = [&](const std::optional<std::uint16_t>& wanted, std::uint16_t id) {
        if (wanted) (*wanted == id ? agreeing += 1 : differs = true);
    };
    compare(match.vendor, ids.vendor);
    compare(match.device, ids.device);
    compare(match.subvendor, ids.subvendor);
    compare(match.subdevice, ids.subdevice);
    return differs ? 0 : agreeing;
}

int specificity(const candidate& file, const board_ids& ids) {
    int best = 0;
    for (const auto& match : file.matches)
        best = std::max(best, specificity(match, ids));
    return best;
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
    board_description_ptr load(const fs::path& file);
};

void board_library::state::scan() {
    if (std::exchange(scanned, true)) return;
    for (const auto& folder : folders)
        for (const auto& file : yaml_files(folder))
            try {
                if (auto head = read_head(file)) candidates.push_back(std::move(*head));
            } catch (const error& problem) {
                problems.push_back(problem);
                detail::log_line(log_level::warning,
                                 std::string("board file left out: ") + problem.what());
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

board_library::board_library(std::vector<fs::path> folders) : state_(std::make_unique<state>()) {
    require_folders(folders);
    state_->folders = std::move(folders);
    for (auto& folder : folders_of_environment())
        state_->folders.push_back(std::move(folder));
    state_->folders.emplace_back("/etc/upciedev/devices");
    state_->folders.emplace_back("/usr/local/share/upciedev/devices");
    state_->folders.emplace_back("/usr/share/upciedev/devices");
}

board_library::~board_library() = default;
board_library::board_library(board_library&&) noexcept = default;
board_library& board_library::operator=(board_library&&) noexcept = default;

board_description_ptr board_library::find(const board_ids& ids) {
    const std::scoped_lock lock(state_->mutex);
    state_->scan();
    const candidate* best = nullptr;
    int most = 0;
    for (const auto& candidate : state_->candidates) {
        const int agreeing = specificity(candidate, ids);
        if (agreeing <= most) continue;
        most = agreeing;
        best = &candidate;
    }
    return best == nullptr ? nullptr : state_->load(best->file);
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
