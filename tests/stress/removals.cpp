// SPDX-License-Identifier: BSD-3-Clause
// Boards are unbound, reset, pulled and claimed while programs use them in every way; see
// docs/testing.md. A step depends on the seed and its number alone, so that any step can be the
// first.
#include "dice.hpp"
#include "users.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stress {

namespace of_removals {

constexpr std::uint64_t pulled_each = 16; // of the steps, one takes the power from a slot
constexpr unsigned most_looks = 30'000;   // a look takes longer where the machine is slow

struct options {
    std::uint64_t seed = 1, first = 0, steps = 1000;
};

[[noreturn]] void fail(const std::string& why) {
    throw std::runtime_error(why);
}

/// Waits until it holds; names what does not come.
void await(const std::function<bool()>& holds, const std::string& what) {
    for (unsigned look = 0; look < most_looks; ++look) {
        if (holds()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    fail("waited in vain: " + what);
}

void run_tool(const char* name, const std::string& argument) {
    const std::string path = std::string{STRESS_SCRIPTS "/"} + name;
    const auto child = ::fork();
    if (child == 0) {
        ::execl(path.c_str(), name, argument.empty() ? nullptr : argument.c_str(), nullptr);
        ::_exit(127);
    }
    int status = -1;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail(std::string{name} + " " + argument + " failed");
}

bool is_there(const board& which) {
    const int fd = ::open(which.node.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ::close(fd);
    return true;
}

void write_or_fail(const std::string& path, const std::string& text) {
    if (const int error = write_file(path, text)) fail(path + ": " + strerrorname_np(error));
}

class test {
  public:
    explicit test(const options& wanted)
        : wanted_{wanted}, boards_{find_boards()}, users_{make_users(boards_)} {
        if (boards_.empty()) fail("no board in /dev/upciedev");
    }

    void run() {
        await_waiting();
        for (auto number = wanted_.first; number < wanted_.steps; ++number)
            step(number);
    }

    /// Prints what each user went through.
    void end() {
        for (auto& each : users_)
            each->end();
        await(
            [&] {
                for (auto& each : users_)
                    each->wake();
                return std::ranges::all_of(users_,
                                           [](const auto& each) { return each->has_ended(); });
            },
            "the end of all users");
        std::uint64_t losses = 0;
        for (const auto& each : users_)
            losses += each->losses();
        std::printf("%llu unbound, %llu reset, %llu pulled, %llu claimed; %zu users, who lost "
                    "their board %llu times\n",
                    told(unbound_), told(resets_), told(pulled_), told(claimed_), users_.size(),
                    told(losses));
        users_.clear();
    }

  private:
    static unsigned long long told(std::uint64_t count) { return count; }

    void step(std::uint64_t number) {
        dice dice{wanted_.seed, number};
        const auto& board = boards_[dice.below(boards_.size())];
        const auto kind = dice.below(8);
        const bool pulls = number % pulled_each == pulled_each - 1;
        const char* what = pulls ? "pull" : kind < 4 ? "unbind" : kind < 6 ? "reset" : "claim";
        std::printf("step %llu: %s slot %u, after %.0f s\n", told(number), what, board.info.slot,
                    std::chrono::duration<double>(clock::now() - began_).count());
        std::fflush(stdout);
        note(number);
        if (pulls)
            pull(board);
        else if (kind < 4)
            unbind(board);
        else if (kind < 6)
            reset(board);
        else
            claim(board);
        await([&] { return is_there(board); }, "the board, to be back");
        for (const auto& each : users_)
            if (const auto complaint = each->complaint(); !complaint.empty()) fail(complaint);
    }

    /// For whoever waits for the guest.
    static void note(std::uint64_t number) {
        if (const char* folder = std::getenv("UPCIEDEV_OUT"))
            std::ofstream{std::string{folder} + "/progress", std::ios::app} << "step " << number
                                                                            << '\n';
    }

    /// Shows that expect_awake() would see a user who waits.
    void await_waiting() {
        await(
            [&] {
                return std::ranges::any_of(
                    users_, [](const auto& each) { return !each->sleeps_at().empty(); });
            },
            "a user, to sleep in the driver (by /proc/self/task/*/stack)");
    }

    /// The board of that generation has ended: nobody waits in the driver for it any more.
    static void expect_awake(const user& who, std::uint64_t generation) {
        const auto where = who.sleeps_at();
        if (!where.empty() && who.generation() == generation)
            fail(who.name() + " still waits, though its board has ended:\n" + where);
    }

    /// \p take makes the board go. Those who have it open all notice before it is given back.
    void lose(const board& which, const std::function<void()>& take) {
        std::vector<std::pair<const user*, std::uint64_t>> had;
        for (const auto& each : users_)
            if (&each->board() == &which && each->generation() != 0)
                had.emplace_back(each.get(), each->generation());
        take();
        for (const auto& [each, generation] : had)
            expect_awake(*each, generation);
        for (const auto& [each, generation] : had)
            await([&, each = each,
                   generation = generation] { return each->generation() != generation; },
                  each->name() + ", which must notice that its board has gone");
    }

    void unbind(const board& which) {
        const auto folder = "/sys/bus/pci/drivers/" + which.driver;
        lose(which, [&] { write_or_fail(folder + "/unbind", which.address); });
        write_or_fail(folder + "/bind", which.address);
        ++unbound_;
    }

    void reset(const board& which) {
        const int fd = ::open(which.node.c_str(), O_RDWR | O_CLOEXEC);
        lose(which, [&] {
            if (::ioctl(fd, UPCIEDEV_RESET, 0UL) != 0)
                fail(std::string{"RESET: "} + strerrorname_np(errno));
        });
        ::close(fd);
        ++resets_;
    }

    void pull(const board& which) {
        const auto slot = std::to_string(which.info.slot);
        lose(which, [&] { run_tool("surprise-remove", slot); });
        run_tool("replug", slot);
        run_tool("bind-crate", "");
        ++pulled_;
    }

    /// While the claim holds, no other file writes.
    void claim(const board& which) {
        const int fd = ::open(which.node.c_str(), O_RDWR | O_CLOEXEC),
                  other = ::open(which.node.c_str(), O_RDWR | O_CLOEXEC);
        upciedev_claim claim{};
        if (::ioctl(fd, UPCIEDEV_CLAIM, &claim) != 0)
            fail(std::string{"CLAIM: "} + strerrorname_np(errno));
        if (::ioctl(other, UPCIEDEV_RESET, 0UL) == 0 || errno != EBUSY)
            fail("a claimed board was reset by another file");
        ::close(claim.lease);
        ::close(fd);
        ::close(other);
        ++claimed_;
    }

    using clock = std::chrono::steady_clock;

    const clock::time_point began_ = clock::now();
    options wanted_;
    std::vector<board> boards_;
    std::vector<std::unique_ptr<user>> users_;
    std::uint64_t unbound_ = 0, resets_ = 0, pulled_ = 0, claimed_ = 0;
};

std::uint64_t number_of(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size())
        fail("'" + std::string{word} + "' is not a number");
    return value;
}

options parse(int argc, char** argv) {
    options wanted;
    if (argc > 4) fail("usage: upciedev-stress-removals [SEED [FROM [STEPS]]]");
    if (argc > 1) wanted.seed = number_of(argv[1]);
    if (argc > 2) wanted.first = number_of(argv[2]);
    if (argc > 3) wanted.steps = number_of(argv[3]);
    return wanted;
}

void run(const options& wanted) {
    write_file("/dev/kmsg", "<5>upciedev-stress-removals: seed " + std::to_string(wanted.seed));
    const auto before = counters();
    test all{wanted};
    try {
        all.run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        std::fflush(stdout);
        ::_exit(1); // the users may hang
    }
    all.end();
    await([&] { return counters() == before; }, "the driver's counters, to be as before");
}

} // namespace of_removals

} // namespace stress

int main(int argc, char** argv) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, nullptr); // ends a call that waits
    try {
        stress::of_removals::run(stress::of_removals::parse(argc, argv));
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "upciedev-stress-removals: " << problem.what() << '\n';
        return 1;
    }
}
