// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/crate_folder.hpp"
#include "base/unique_fd.hpp"
#include "simulation/process/slot_wire.hpp"

#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace fs = std::filesystem;

namespace upciedev::inline v1::detail {
namespace {

fs::path named_by(const char* variable) {
    const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

/// In a folder where everybody may write nobody else may have been first.
void make_private(const fs::path& folder) {
    mkdir(folder.c_str(), 0700); // one that is there is looked at just the same
    struct stat facts {};
    const bool known = lstat(folder.c_str(), &facts) == 0;
    const bool safe =
        known && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() && (facts.st_mode & 077U) == 0;
    if (!safe)
        throw error(errc::not_permitted, folder.string(), "is no folder that only you can write to",
                    "remove it, or name another one in $UPCIEDEV_RUN");
}

bool is_crate_name(std::string_view name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.front() != '.' && name.size() <= 48 &&
           std::ranges::all_of(name, good);
}

std::optional<unsigned> slot_of(const std::string& file) {
    if (!file.starts_with("slot") || !file.ends_with(slot_wire::socket_end)) return std::nullopt;
    unsigned slot = 0;
    const char* end = file.data() + file.size() - slot_wire::socket_end.size();
    const auto read = std::from_chars(file.data() + 4, end, slot);
    return read.ec == std::errc() && read.ptr == end ? std::optional(slot) : std::nullopt;
}

} // namespace

fs::path crates_folder() {
    if (auto named = named_by("UPCIEDEV_RUN"); !named.empty()) return named;
    std::error_code unreadable;
    for (const auto& each :
         {named_by("XDG_RUNTIME_DIR"), fs::path(fmt::format("/run/user/{}", geteuid()))})
        if (!each.empty() && fs::is_directory(each, unreadable)) return each / "upciedev";
    auto common = fs::path(fmt::format("/tmp/upciedev-{}", geteuid()));
    make_private(common);
    return common;
}

fs::path crate_folder(const std::string& name) {
    if (!is_crate_name(name))
        throw error(errc::bad_value, {}, fmt::format("'{}' is no name for a running crate", name),
                    "it has letters, digits, '-', '_' and '.', 48 at most");
    return crates_folder() / name;
}

std::vector<std::string> crate_names() {
    std::vector<std::string> names;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(crates_folder(), none_yet))
        if (is_crate_name(entry.path().filename().native()) && fs::exists(crate_note(entry.path())))
            names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

void refuse_not_running(const std::string& name) {
    const auto names = crate_names();
    throw error(errc::no_such_board, {}, fmt::format("no crate '{}' is running", name),
                (names.empty() ? "none is" : fmt::format("there are: {}", fmt::join(names, ", "))) +
                    "; upciedev sim up CRATE.yaml starts one");
}

fs::path crate_note(const fs::path& folder) {
    return folder / "crate";
}

fs::path access_socket(const fs::path& folder, unsigned slot) {
    return folder / slot_wire::socket_name(slot);
}

fs::path users_file(const fs::path& folder, unsigned slot) {
    return folder / fmt::format("slot{}.users", slot);
}

void wait_for_users(const fs::path& folder, unsigned slot) {
    using clock = std::chrono::steady_clock;
    const unique_fd users(open(users_file(folder, slot).c_str(), O_RDWR | O_CLOEXEC));
    const auto end = clock::now() + std::chrono::seconds(1);
    while (users && flock(users.get(), LOCK_EX | LOCK_NB) != 0 && clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::vector<unsigned> slots_in(const fs::path& folder) {
    std::vector<unsigned> slots;
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator(folder, gone))
        if (const auto slot = slot_of(entry.path().filename())) slots.push_back(*slot);
    std::ranges::sort(slots);
    return slots;
}

} // namespace upciedev::inline v1::detail
