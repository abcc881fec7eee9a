// SPDX-License-Identifier: BSD-3-Clause
// Calls on all files of the driver, chosen by dice, from several threads; see docs/testing.md.
#include "worker.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stress {

namespace {

struct options {
    std::uint64_t seed = 1, calls = 60'000;
    unsigned threads = 4;
    std::string trace;
};

std::uint64_t number_of(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size())
        throw std::invalid_argument("'" + std::string{word} + "' is not a number");
    return value;
}

options parse(std::span<char*> words) {
    options wanted;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const std::string_view name = words[i];
        if (name == "--seed")
            wanted.seed = number_of(words[i + 1]);
        else if (name == "--calls")
            wanted.calls = number_of(words[i + 1]);
        else if (name == "--threads")
            wanted.threads = static_cast<unsigned>(number_of(words[i + 1]));
        else if (name == "--trace")
            wanted.trace = words[i + 1];
        else
            throw std::invalid_argument("unknown option '" + std::string{name} + "'");
    }
    if (words.size() % 2 != 0 || wanted.threads == 0 || wanted.threads > 64)
        throw std::invalid_argument(
            "usage: upciedev-stress-fuzz [--seed N] [--calls N] [--threads N] [--trace FILE]");
    return wanted;
}

std::vector<std::unique_ptr<worker>>& workers() {
    static std::vector<std::unique_ptr<worker>> all;
    return all;
}

void print_journals() {
    for (const auto& each : workers())
        each->log.print(each->number);
}

/// A map must never raise one.
void on_fault(int signal) {
    std::fprintf(stderr, "signal %d\n", signal);
    print_journals();
    ::_exit(4);
}

void handle_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, nullptr); // without SA_RESTART: it ends a call that waits
    action.sa_handler = on_fault;
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        ::sigaction(signal, &action, nullptr);
}

/// So that a changed length of a ring cannot take all memory.
void limit_locked_memory() {
    constexpr rlim_t bytes = 32U << 20U;
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_MEMLOCK, &limit);
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    ::syscall(SYS_capget, &head, data);
    data[0].effective &= ~(1U << unsigned{CAP_IPC_LOCK});
    ::syscall(SYS_capset, &head, data);
}

std::vector<weighted> calls_of(unsigned thread) {
    std::vector<weighted> all;
    for (const auto& some : {board_calls(), file_calls(), map_calls(), dma_calls(), peer_calls()})
        all.insert(all.end(), some.begin(), some.end());
    if (thread == 0) all.insert(all.end(), bus_calls().begin(), bus_calls().end());
    return all;
}

void work(worker& me, std::uint64_t calls) {
    const auto all = calls_of(me.number);
    std::uint64_t weights = 0;
    for (const auto& each : all)
        weights += each.weight;
    while (me.log.made() < calls) {
        auto at = me.dice.below(weights);
        const auto* each = all.data();
        for (; at >= each->weight; ++each)
            at -= each->weight;
        each->make(me);
    }
    me.close_all();
    me.ended = true;
}

crate_state make_crate(unsigned threads) {
    crate_state crate{find_boards(), {}};
    for (unsigned i = 0; i < threads; ++i) {
        crate.sockets.push_back({});
        if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, crate.sockets.back().data()) != 0)
            throw std::runtime_error("no socket");
    }
    return crate;
}

/// Watches the threads: wakes those that wait, ends the program when one hangs. Both count looks
/// and calls, since a look takes longer where the machine is slow.
class watch {
  public:
    watch() : seen_(workers().size()) {}

    void look() {
        std::uint64_t all = 0;
        for (const auto& each : workers())
            all += each->log.made();
        for (std::size_t i = 0; i < seen_.size(); ++i)
            look_at(*workers()[i], seen_[i], all);
        if (all / noted != all_ / noted) note(all);
        all_ = all;
    }

    static bool all_ended() {
        return std::ranges::all_of(workers(), [](const auto& each) { return each->ended.load(); });
    }

  private:
    struct state {
        std::uint64_t made = 0, all = 0;
        unsigned looks = 0;
    };
    static constexpr std::uint64_t noted = 5000, most_calls_of_others = 200'000;
    static constexpr unsigned patience = 25, most_looks = 15'000;

    static void look_at(const worker& who, state& seen, std::uint64_t all) {
        if (who.ended || who.log.made() != seen.made) {
            seen = {who.log.made(), all, 0};
            return;
        }
        if (++seen.looks % patience == 0) ::pthread_kill(who.thread, SIGUSR1);
        if (seen.looks < most_looks && all - seen.all < most_calls_of_others) return;
        std::fprintf(stderr, "thread %u hangs\n", who.number);
        print_journals();
        ::_exit(3);
    }

    /// For whoever waits for the guest.
    static void note(std::uint64_t calls) {
        if (const char* folder = std::getenv("UPCIEDEV_OUT"))
            std::ofstream{std::string{folder} + "/progress", std::ios::app} << "fuzz: " << calls
                                                                            << " calls\n";
    }

    std::vector<state> seen_;
    std::uint64_t all_ = 0;
};

void run(const options& wanted, crate_state& crate) {
    const int trace = wanted.trace.empty()
                          ? -1
                          : ::open(wanted.trace.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    for (unsigned i = 0; i < wanted.threads; ++i) {
        workers().push_back(std::make_unique<worker>(crate, i, wanted.seed));
        workers().back()->log.trace_into(trace, i);
    }
    std::vector<std::thread> threads;
    for (auto& each : workers())
        threads.emplace_back([&each, &wanted] {
            each->thread = ::pthread_self();
            work(*each, wanted.calls / wanted.threads);
        });
    for (std::size_t i = 0; i < threads.size(); ++i)
        workers()[i]->thread = threads[i].native_handle();
    watch watching;
    while (!watch::all_ended()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        watching.look();
    }
    for (auto& each : threads)
        each.join();
}

/// Prints how often each command was called, and returns whether enough of the calls succeeded.
bool print_table() {
    constexpr std::uint64_t few = 20; // no percentage of so few says anything
    bool enough = true;
    std::printf("%-16s %9s %9s\n", "command", "calls", "succeeded");
    for (std::size_t i = 0; i < nr_commands; ++i) {
        tally sum;
        for (const auto& each : workers()) {
            sum.calls += each->log.counts()[i].calls;
            sum.succeeded += each->log.counts()[i].succeeded;
        }
        const auto percent = sum.calls == 0 ? 0 : 100 * sum.succeeded / sum.calls;
        const bool fails = sum.calls >= few && percent < 30;
        std::printf("%-16s %9llu %9llu %3llu %%%s\n", name_of(static_cast<command>(i)),
                    static_cast<unsigned long long>(sum.calls),
                    static_cast<unsigned long long>(sum.succeeded),
                    static_cast<unsigned long long>(percent), fails ? "  TOO FEW" : "");
        enough = enough && !fails;
    }
    return enough;
}

void close_all_sockets(crate_state& crate) {
    for (const auto& pair : crate.sockets)
        for (const int end : pair)
            ::close(end); // and what is under way in it
}

void unmap_all() {
    for (auto& each : workers())
        for (const auto& map : each->maps)
            ::munmap(map.begin, map.bytes);
}

/// Prints which of the driver's objects are more than before; files are closed behind close().
bool nothing_is_left(const std::map<std::string, long>& before) {
    constexpr int looks = 500;
    auto now = counters();
    for (int look = 0; look < looks && now != before; ++look, now = counters())
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    for (const auto& [name, count] : now)
        if (count != before.at(name))
            std::printf("left behind: %ld %s, %ld before\n", count, name.c_str(), before.at(name));
    return now == before;
}

int fuzz(const options& wanted) {
    std::printf("seed %llu, %llu calls, %u threads\n", static_cast<unsigned long long>(wanted.seed),
                static_cast<unsigned long long>(wanted.calls), wanted.threads);
    std::fflush(stdout);
    // tests/guest/runs.toml wants a message for each pattern of those that may come
    write_file("/dev/kmsg", "<5>upciedev-stress-fuzz: seed " + std::to_string(wanted.seed));
    const auto before = counters();
    auto crate = make_crate(wanted.threads);
    if (crate.boards.empty()) throw std::runtime_error("no board in /dev/upciedev");
    limit_locked_memory();
    handle_signals();
    run(wanted, crate);
    close_all_sockets(crate);
    unmap_all();
    const int bound = bind_all(crate);
    if (bound != 0) std::printf("a board did not come back: %s\n", strerrorname_np(bound));
    const bool enough = print_table();
    const bool clean = nothing_is_left(before);
    return enough && clean && bound == 0 ? 0 : 1;
}

} // namespace

} // namespace stress

int main(int argc, char** argv) {
    try {
        return stress::fuzz(stress::parse({argv + 1, static_cast<std::size_t>(argc - 1)}));
    } catch (const std::exception& problem) {
        std::cerr << "upciedev-stress-fuzz: " << problem.what() << '\n';
        return 2;
    }
}
