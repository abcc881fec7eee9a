// SPDX-License-Identifier: BSD-3-Clause
// Runs the tests and watches the kernel: a test that makes it complain, taints it, makes it call
// what may sleep where it must not, or leaves an object of the driver behind fails, whatever its
// own checks said.
#include "atomic_watch.hpp"
#include "harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include <unistd.h>

namespace raw {

namespace {

// A busy host makes an emulated machine late; that is nobody's fault here. pciehp removes a pulled
// board in a SCHED_FIFO thread, which takes seconds of a processor with KASAN.
std::vector<std::string> always_expected() {
    std::vector<std::string> texts{"hrtimer: interrupt took",
                                   "upciedev_vector_stop: "}; // so many lines suppressed
    if (::access("/sys/kernel/debug/kmemleak", F_OK) == 0)
        texts.emplace_back("sched: RT throttling activated");
    return texts;
}

std::vector<std::string>& expected_messages() {
    static std::vector<std::string> texts;
    return texts;
}

// How a kernel begins what it reports of itself
const std::vector<std::string> faults{"BUG",     "WARNING", "KASAN", "UBSAN",
                                      "DMA-API", "INFO: ",  "Oops"};
bool only_faults_count = false;

std::atomic<unsigned> tests{0}; // begun

constexpr unsigned kernel_warning = 4; // <4> in the log; facilities of user space start at 8

// For whoever waits for the guest: the suite prints nothing while tests pass.
void note_progress(const testing::TestInfo& info) {
    if (const char* folder = std::getenv("UPCIEDEV_OUT"))
        std::ofstream{std::string{folder} + "/progress", std::ios::app}
            << info.test_suite_name() << '.' << info.name() << '\n';
}

class kernel_watch : public testing::EmptyTestEventListener {
  public:
    kernel_watch() : log_{open_node("/dev/kmsg", O_RDONLY | O_NONBLOCK)} {
        ::lseek(log_.get(), 0, SEEK_END);
    }

  private:
    void OnTestProgramStart(const testing::UnitTest&) override { atomic_.emplace(); }
    void OnTestProgramEnd(const testing::UnitTest&) override { atomic_.reset(); }

    void OnTestStart(const testing::TestInfo& info) override {
        note_progress(info);
        drain(false);
        expected_messages() = always_expected();
        only_faults_count = false;
        taint_ = read_file("/proc/sys/kernel/tainted");
        counters_ = counters();
        (void)atomic_->take();
        ++tests;
    }

    void OnTestEnd(const testing::TestInfo&) override {
        drain(true);
        EXPECT_EQ(read_file("/proc/sys/kernel/tainted"), taint_) << "the kernel is tainted";
        EXPECT_EQ(counters(), counters_) << "objects of the driver leaked";
        if (const auto calls = atomic_->take(); !calls.empty())
            ADD_FAILURE() << "called with interrupts or preemption off, but may sleep:\n" << calls;
    }

    void drain(bool check) {
        char record[8192];
        for (ssize_t n = 0;
             (n = ::read(log_.get(), record, sizeof(record) - 1)) > 0 || errno == EPIPE;) {
            if (n <= 0) continue; // EPIPE: overrun, read on
            record[n] = '\0';
            if (check) judge(record);
        }
    }

    static void judge(const std::string& record) {
        if (std::stoul(record) > kernel_warning) return;
        const auto has = [&](const std::string& text) {
            return record.find(text) != std::string::npos;
        };
        if (std::ranges::any_of(expected_messages(), has)) return;
        if (only_faults_count && std::ranges::none_of(faults, has)) return;
        ADD_FAILURE() << "kernel message: " << record;
    }

    file log_;
    std::optional<atomic_watch> atomic_;
    std::string taint_;
    std::map<std::string, long> counters_;
};

std::chrono::nanoseconds time_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

// Ticks of all processors: those in which they worked, for anything, and those in which they
// rested.
struct ticks {
    unsigned long busy = 0, idle = 0;
};

ticks ticks_of_machine() {
    std::ifstream in{"/proc/stat"};
    std::string name;
    in >> name; // "cpu"
    ticks sum;
    unsigned long each = 0;
    for (unsigned column = 0; column < 8 && in >> each; ++column)
        (column == 3 || column == 4 ? sum.idle : sum.busy) += each; // idle, waiting for a disk
    return sum;
}

// Ends the suite when a test stands still: for so many rounds of this, none of its threads has
// computed anything and the kernel has rested as well. A debug kernel may be long at work for one
// call. What computes for ever is ended by the limit of the boot, which hears of each test.
void watch_progress() {
    using namespace std::chrono_literals;
    constexpr unsigned most_rounds = 3000;
    auto worked = 0ns;
    auto test = tests.load();
    auto machine = ticks_of_machine();
    for (unsigned rounds = 0; rounds < most_rounds; ++rounds) {
        std::this_thread::sleep_for(100ms);
        const auto now = time_of(CLOCK_PROCESS_CPUTIME_ID) - time_of(CLOCK_THREAD_CPUTIME_ID);
        const auto then = std::exchange(machine, ticks_of_machine());
        const bool rests = machine.busy - then.busy < (machine.idle - then.idle) / 2;
        if (test != tests || now - worked > 1ms) rounds = 0;
        if (!rests && rounds > 0) --rounds;
        test = tests;
        worked = now;
    }
    constexpr char text[] = "\nthis test hangs; the ABI suite gives up\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof(text) - 1);
    ::_exit(3);
}

void begin_watch() {
    sigset_t all, before; // signals are for the tests' threads
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread{watch_progress}.detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

} // namespace

void expect_kernel_message(const std::string& text) {
    expected_messages().push_back(text);
}

void expect_all_but_kernel_faults() {
    only_faults_count = true;
}

} // namespace raw

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!testing::GTEST_FLAG(list_tests)) {
        testing::UnitTest::GetInstance()->listeners().Append(new raw::kernel_watch);
        raw::begin_watch();
    }
    return RUN_ALL_TESTS();
}
