// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"
#include "description/bar_guards.hpp"
#include "simulation/board/sim_peer.hpp"
#include "simulation/process/server/access_channel.hpp"
#include "simulation/process/server/access_claims.hpp"

#include <upciedev/extend/sim.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>

namespace upciedev::slot {

/// What clients are told of the board and its place.
struct access_facts {
    std::uint32_t slot = 0;
    std::array<std::string, detail::slot_wire::texts> texts;  ///< by slot_wire::text
    std::function<void()> remove;                             ///< somebody takes the board out
    std::uint64_t generations = 0;                            ///< there were before this process
    std::function<void(std::uint64_t)> renewed = [](auto) {}; ///< by a reset; the generation
    detail::peer_policy policy{};
    /// The window of another slot's board, as its process tells it.
    std::function<detail::sim_peer(unsigned slot, const detail::window_leases::stretch&)> far =
        [](unsigned slot, const auto&) {
            detail::sim_peer nobody;
            nobody.end.slot = slot;
            nobody.busy = EHOSTDOWN;
            return nobody;
        };
    /// Its own requests that reached nobody.
    std::function<std::uint64_t()> astray = [] { return std::uint64_t{0}; };
};

/// What all sessions use.
struct access_shared {
    access_shared(sim_board& what, access_facts told);
    [[nodiscard]] std::uint64_t generation() const {
        return facts.generations + board.identity().generation;
    }
    sim_board& board;
    access_facts facts;
    const std::array<detail::bar_guards, detail::bars_of_a_board> guards;
    access_claims claims;
    std::chrono::milliseconds longest{500}; ///< of one call; then the client asks on
    std::array<std::vector<detail::slot_wire::area>, detail::bars_of_a_board> areas;
    detail::window_leases leases;
    std::atomic<std::uint64_t> unsupported = 0; ///< requests of other boards
    /// The board of another slot, for transfers of that process.
    [[nodiscard]] detail::far_board far(unsigned slot, std::int32_t process) const;
};

/// The dialogue with one client.
class access_session {
  public:
    /// \param is_channel set once the connection is an open DMA channel
    access_session(access_shared& with, int socket, std::atomic<bool>& is_channel);
    ~access_session();
    access_session(const access_session&) = delete;
    access_session& operator=(const access_session&) = delete;

    /// Until the client goes, says nonsense or takes no answer.
    void serve();

  private:
    using reader = detail::slot_wire::reader;
    using writer = detail::slot_wire::writer;
    struct reply {
        int error = 0;
        writer body;
        detail::unique_fd file;
    };
    /// \returns false: this is no call of ours
    bool answer(const std::vector<std::byte>& packet);
    bool carry_out(detail::slot_wire::call what, reader& body, reply& to);
    static void greet(const access_shared& with, reply& to);
    bool put_areas(reader& body, reply& to) const;
    bool run(reader& body, reply& to);
    bool map(reader& body, reply& to);
    void claim(reply& to);
    void reset(reply& to);
    void remove(reply& to);
    bool fault(reader& body, reply& to);
    void health(reply& to);
    bool subscribe(reader& body, reply& to);
    bool peer(reader& body, reply& to);
    bool route(reader& body, reply& to);
    bool window(reader& body, reply& to);
    [[nodiscard]] bool refuses_engine(const detail::slot_wire::window_request& what,
                                      std::uint64_t size) const;
    bool lease(reader& body, reply& to);
    bool give_back(reader& body);
    bool open_channel(reader& body, reply& to);
    bool use_channel(detail::slot_wire::call what, reader& body, reply& to);

    access_shared& with_;
    int socket_;
    std::atomic<bool>& is_channel_;
    std::int32_t process_; // at the other end
    unsigned connection_;
    std::vector<unsigned> leases_;
    bool greeted_ = false;
    bool leaving_ = false;                         // after the answer
    std::unique_ptr<interrupt_source> interrupts_; // to be sent from then on
    std::unique_ptr<access_channel> channel_;      // what the connection is from then on
};

} // namespace upciedev::slot
