// SPDX-License-Identifier: BSD-3-Clause
#include "sim/sim_slots.hpp"

#include "simulation/process/crate_folder.hpp"
#include "simulation/process/slot_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>

namespace fs = std::filesystem;
namespace detail = upciedev::detail;
using upciedev::errc;
using upciedev::error;

namespace cli {
namespace {

constexpr auto longest_start = std::chrono::seconds(20);

/// $UPCIEDEV_SLOT, or beside this command where that is installed, or in its build tree.
fs::path slot_program() {
    if (const char* named = std::getenv("UPCIEDEV_SLOT"))
        return named; // NOLINT(concurrency-mt-unsafe)
    const auto here = fs::canonical("/proc/self/exe").parent_path();
    const auto installed = here.parent_path() / "libexec/upciedev/upciedev-slot";
    const auto built = here / "../servers/upciedev-slot";
    for (const auto& each : {installed, built})
        if (fs::exists(each)) return each;
    throw error(errc::not_supported, installed.string(), "is not there",
                "install all of upciedev, or name the program in $UPCIEDEV_SLOT");
}

/// How the process of a slot starts: a session of its own, no files of ours, a log.
class start_plan {
  public:
    explicit start_plan(const fs::path& log) {
        posix_spawnattr_init(&how_);
        posix_spawn_file_actions_init(&files_);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&how_, &none);
        posix_spawnattr_setflags(&how_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
        posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files_, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        posix_spawn_file_actions_adddup2(&files_, 1, 2);
        posix_spawn_file_actions_addclosefrom_np(&files_, 3);
    }
    ~start_plan() {
        posix_spawnattr_destroy(&how_);
        posix_spawn_file_actions_destroy(&files_);
    }
    start_plan(const start_plan&) = delete;
    start_plan& operator=(const start_plan&) = delete;

    [[nodiscard]] pid_t start(std::vector<std::string> words) const {
        std::vector<char*> pointers;
        pointers.reserve(words.size() + 1);
        for (auto& each : words)
            pointers.push_back(each.data());
        pointers.push_back(nullptr);
        pid_t process = 0;
        const int failed =
            posix_spawn(&process, pointers[0], &files_, &how_, pointers.data(), environ);
        if (failed != 0)
            throw error(errc::io_error, words[0], "cannot be started",
                        "name the program in $UPCIEDEV_SLOT", {failed, std::generic_category()});
        return process;
    }

  private:
    posix_spawnattr_t how_{};
    posix_spawn_file_actions_t files_{};
};

/// One that is on its way.
struct starting {
    unsigned slot;
    pid_t process;
    bool up = false;
};

fs::path log_of(const fs::path& folder, unsigned slot) {
    return folder / fmt::format("slot{}.log", slot);
}

/// What the process said last, without its name.
std::string last_words(const fs::path& log) {
    std::ifstream file(log);
    std::string line, last = "it said nothing";
    while (std::getline(file, line))
        if (!line.empty()) last = line;
    const std::string_view own = "upciedev-slot: ";
    return last.starts_with(own) ? last.substr(own.size()) : last;
}

void refuse_dead(const fs::path& folder, const starting& one) {
    if (waitpid(one.process, nullptr, WNOHANG) == 0) return;
    throw error(errc::io_error, fmt::format("slot {}", one.slot),
                "does not start: " + last_words(log_of(folder, one.slot)));
}

bool answers(const fs::path& folder, unsigned slot) {
    try {
        std::ignore = detail::ask_slot(folder, slot);
        return true;
    } catch (const error& refused) {
        if (refused.kind() == errc::no_such_board) return false;
        throw;
    }
}

void wait_for(const fs::path& folder, starting& one, std::chrono::steady_clock::time_point deadline,
              const interrupts& ctrl_c) {
    while (!answers(folder, one.slot)) {
        refuse_dead(folder, one);
        if (std::chrono::steady_clock::now() > deadline)
            throw error(errc::timeout, fmt::format("slot {}", one.slot),
                        fmt::format("does not start within {} s", longest_start.count()),
                        "see " + log_of(folder, one.slot).string());
        if (ctrl_c.until(std::chrono::steady_clock::now() + std::chrono::milliseconds(5)))
            throw error(errc::interrupted, fmt::format("slot {}", one.slot),
                        "was interrupted while it starts", "none of the slots was started");
    }
    one.up = true;
}

void kill_all(const std::vector<starting>& all) {
    for (const auto& each : all)
        if (kill(each.process, SIGKILL) == 0) waitpid(each.process, nullptr, 0);
}

} // namespace

void start_slots(const fs::path& folder, const fs::path& crate_file,
                 const std::vector<unsigned>& slots, const interrupts& ctrl_c) {
    const auto program = slot_program().string();
    std::vector<starting> all;
    try {
        for (const unsigned slot : slots) {
            const auto socket = folder / fmt::format("slot{}.vfio", slot);
            const start_plan plan(log_of(folder, slot));
            all.push_back({slot, plan.start({program, crate_file.string(), std::to_string(slot),
                                             socket.string()})});
        }
        const auto deadline = std::chrono::steady_clock::now() + longest_start;
        for (auto& each : all)
            wait_for(folder, each, deadline, ctrl_c);
    } catch (...) {
        kill_all(all);
        throw;
    }
}

} // namespace cli
