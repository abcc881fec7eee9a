// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/interrupt_ring.hpp"
#include "simulation/board/sim_causes.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace upciedev::inline v1::detail {

/// The interrupt handler of a simulated board, a thread while anybody ever subscribed, and its
/// subscribers. Outlives the board while they do.
class sim_interrupts : public std::enable_shared_from_this<sim_interrupts> {
  public:
    /// \param accesses held by every access to the board
    sim_interrupts(model_board& board, std::mutex& accesses);
    ~sim_interrupts() { close(); }
    sim_interrupts(const sim_interrupts&) = delete;
    sim_interrupts& operator=(const sim_interrupts&) = delete;

    /// The board interrupts. May be called while it is accessed.
    void arrived(unsigned vector);
    /// \throws error io_error
    std::unique_ptr<interrupt_source> subscribe(const interrupt_request& what);
    /// What is to be written for a user's \p bits: enable bits stay as they are.
    [[nodiscard]] std::uint64_t kept(unsigned bar, std::uint64_t offset, unsigned width,
                                     std::uint64_t bits) {
        return causes_.enables().kept(bar, offset, width, bits);
    }
    /// The board was reset, or (\p gone) has left: all subscriptions are void.
    void end(bool gone);
    /// One that had gone is back. While it is accessed.
    void begin_again() noexcept { gone_ = false; }
    /// The board is no more; nothing of it is used from now on. Not while it is accessed.
    void close();

  private:
    class subscription;
    using clock = std::chrono::steady_clock;
    struct line {
        interrupt_ring ring;
        bool pending = false; // a message has come
        bool more = false;    // a cause may be pending for which none comes
        bool masked = false;
        unsigned recent = 0; // in the window
        clock::time_point window{};
        void begin() noexcept {
            pending = more = masked = false;
            recent = 0;
        }
    };

    void start();
    void work(const std::stop_token& stop);
    [[nodiscard]] std::pair<const unsigned, line>* due();
    void handle(unsigned vector, line& which, std::unique_lock<std::mutex>& hold);
    [[nodiscard]] sim_causes::outcome serve(unsigned vector, bool message);
    static bool storms(line& which);
    void put(unsigned vector, line& which, std::uint64_t status);
    void remove(subscription& who) noexcept;
    [[nodiscard]] bool is_heard(const line& which) const;
    [[nodiscard]] std::uint64_t subscribed() const;

    sim_causes causes_;
    std::mutex& accesses_;
    bool gone_ = false;      // under accesses_
    std::mutex subscribing_; // taken before accesses_, and this before lock_
    bool closed_ = false;    // under subscribing_
    std::mutex lock_;        // of what follows
    std::condition_variable_any wake_;
    std::map<unsigned, line> lines_; // that anybody ever subscribed to
    std::vector<subscription*> subscriptions_;
    std::jthread thread_;
};

} // namespace upciedev::inline v1::detail
