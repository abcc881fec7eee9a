// SPDX-License-Identifier: BSD-3-Clause
#include "commands/process.hpp"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cli {
namespace {

constexpr std::array relayed = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

/// Signals held back for the program while it runs.
class signal_relay {
  public:
    signal_relay() {
        // A parent that ignores it would have the kernel throw the exit status away.
        sigaction(SIGCHLD, &default_action_, &child_action_before_);
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGCHLD);
        for (const int each : relayed)
            sigaddset(&signals_, each);
        pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    }
    signal_relay(const signal_relay&) = delete;
    signal_relay& operator=(const signal_relay&) = delete;
    ~signal_relay() {
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        sigaction(SIGCHLD, &child_action_before_, nullptr);
    }

    [[nodiscard]] const sigset_t& mask_before() const noexcept { return before_; }

    /// \returns what waitpid() tells of the program's end
    [[nodiscard]] int until_end_of(pid_t program) const {
        for (int told = 0;;) {
            siginfo_t signal{};
            if (sigwaitinfo(&signals_, &signal) < 0) continue;
            if (signal.si_signo == SIGCHLD) {
                if (waitpid(program, &told, WNOHANG) == program) return told;
            } else if (signal.si_code != SI_KERNEL) { // else the terminal tells the program too
                kill(program, signal.si_signo);
            }
        }
    }

  private:
    struct sigaction default_action_ {};
    struct sigaction child_action_before_ {};
    sigset_t signals_{};
    sigset_t before_{};
};

/// \returns errno
int spawn(const std::vector<std::string>& words, const sigset_t& mask, pid_t& program) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str())); // NOLINT: as posix_spawn has it
    arguments.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &mask);
    const int failed =
        posix_spawnp(&program, arguments.front(), nullptr, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

} // namespace

int run_program(const std::vector<std::string>& words) {
    (void)std::fflush(stdout); // before what the program prints
    const signal_relay signals;
    pid_t program = -1;
    if (const int failed = spawn(words, signals.mask_before(), program)) {
        fmt::print(stderr, "upciedev: {}: cannot be run: {}\n", words.front(),
                   std::strerror(failed)); // NOLINT(concurrency-mt-unsafe): one thread
        return failed == ENOENT ? 127 : 126;
    }
    const int told = signals.until_end_of(program);
    return WIFSIGNALED(told) ? 128 + WTERMSIG(told) : WEXITSTATUS(told);
}

} // namespace cli
