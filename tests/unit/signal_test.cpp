// SPDX-License-Identifier: BSD-3-Clause
// A signal ends a wait whenever it comes, also between two of the short sleeps that the wait is
// made of.
#include "seat.hpp"

#include <upciedev/upciedev.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <pthread.h>
#include <random>
#include <thread>

namespace signal_test {

using namespace upciedev;
using namespace std::chrono_literals;

constexpr unsigned rounds = 500;

void nothing(int) {}

/// Sends a signal to the thread that made it, at an arbitrary time after it was seen in its wait.
class sender {
  public:
    /// \param inside whether the thread waits
    template <class Inside>
    explicit sender(const Inside& inside)
        : thread_([waiting = pthread_self(), inside] {
              while (!inside())
                  std::this_thread::yield();
              thread_local std::mt19937 dice(std::random_device{}());
              const auto end =
                  std::chrono::steady_clock::now() + std::chrono::nanoseconds(dice() % 200'000);
              while (std::chrono::steady_clock::now() < end)
                  ;
              pthread_kill(waiting, SIGUSR1);
          }) {}

  private:
    std::jthread thread_;
};

template <class Act>
bool interrupted(const Act& act) {
    try {
        act();
    } catch (const error& reason) {
        return reason.kind() == errc::interrupted;
    }
    return false;
}

class signals : public testing::Test {
  protected:
    signals() {
        struct sigaction action {};
        action.sa_handler = nothing;
        sigaction(SIGUSR1, &action, nullptr);
    }
    test::seat adc{"vadc10", model_clock::real()};
};

TEST_F(signals, end_a_wait_for_a_value) {
    std::atomic<unsigned> reads = 0;
    const auto counts = [&](model_board& hooked) {
        hooked.on_read("SCRATCH", [&] { ++reads; });
        return nullptr;
    };
    const auto sim =
        std::make_shared<sim_board>(adc.description, 4, model_options{.behaviour = counts});
    const board plain(sim, adc.description);
    for (unsigned round = 0; round < rounds; ++round) {
        const sender one([&, before = reads.load()] { return reads > before + 1; });
        auto wait = plain.batch();
        wait.wait(plain.reg("SCRATCH"), ~0U, 7, 10s);
        ASSERT_TRUE(interrupted([&] { wait.run(); })) << "in round " << round;
    }
}

TEST_F(signals, end_a_transfer) {
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    adc.sim->hardware().fault(model_fault::interrupt_lost, true);
    const auto channel = adc.board.dma("read");
    std::array<std::byte, 4> word{};
    for (unsigned round = 0; round < rounds; ++round) {
        const sender one([&] { return adc.sim->get("dma.STATUS.BUSY") == 1; });
        ASSERT_TRUE(interrupted([&] { channel.read(0, word, 10s); })) << "in round " << round;
    }
}

} // namespace signal_test
