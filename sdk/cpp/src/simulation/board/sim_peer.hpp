// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/crate_file.hpp>
#include <upciedev/extend/model.hpp>
#include <upciedev/extend/transport.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace upciedev::inline v1::detail {

/// What the administrator of a simulated crate allows, as the driver's parameters do.
struct peer_policy {
    bool reads = false;
    bool root_complex = false;
};

/// \param name of one of its crates
peer_policy policy_of(const crate_file& file, const std::string& name);
/// Whether requests of that board to others pass the port above it, or come back from the root
/// complex.
inline bool lets_out(const model_board& board, const peer_policy& policy) noexcept {
    return policy.root_complex || !board.has_fault(model_fault::acs_redirect);
}

/// What is known of one end of a way between simulated boards.
struct peer_end {
    unsigned slot = 0;
    bool redirects = false; ///< the port above it sends requests between boards to the root complex
};

/// A window of another board, as the driver of the one that wants it finds it.
struct sim_peer {
    peer_end end;
    bool offered = false;      ///< as a peer window
    std::uint64_t address = 0; ///< of its BAR on the bus
    std::uint64_t size = 0;    ///< bytes; 0: no such BAR
    bool guarded = false;      ///< of what is wanted, some
    int busy = 0;              ///< EBUSY: claimed or leased by somebody else; ENODEV
    std::function<bool()> gone = [] { return false; };
};

/// The same rules as the driver's. \param channel of \p from; nullptr: any that writes
peer_route route_between(const peer_end& from, const sim_peer& to, const dma_description* channel,
                         const peer_policy& policy);

/// Stretches of peer windows that somebody has for himself.
class window_leases {
  public:
    struct stretch {
        unsigned bar = 0;
        std::uint64_t offset = 0, length = 0;
        std::int64_t owner = 0; ///< whose transfers are let through
    };
    /// \returns a number to give it back by; 0: it overlaps that of \p holder
    unsigned take(const stretch& what, std::int64_t& holder);
    void give_back(unsigned number) noexcept;
    /// Nothing of it is anybody else's.
    [[nodiscard]] bool free_for(const stretch& what) const;

  private:
    struct entry {
        unsigned number;
        stretch what;
        [[nodiscard]] bool overlaps(const stretch& other) const noexcept {
            return what.bar == other.bar && what.offset < other.offset + other.length &&
                   other.offset < what.offset + what.length;
        }
    };
    mutable std::mutex lock_;
    std::vector<entry> entries_;
    unsigned last_ = 0;
};

/// A board of the same switch that another process simulates: all that can be done with it is to
/// ask for its windows.
class far_board final : public transport {
  public:
    using asker = std::function<sim_peer(const window_leases::stretch& where)>;
    far_board(unsigned slot, const peer_policy& policy, asker ask)
        : slot_(slot), policy_(policy), ask_(std::move(ask)) {}
    [[nodiscard]] sim_peer window(const window_leases::stretch& where) const { return ask_(where); }
    [[nodiscard]] const peer_policy& policy() const noexcept { return policy_; }

    [[nodiscard]] std::string name() const override { return "crate"; }
    [[nodiscard]] board_identity identity() const override {
        board_identity who;
        who.slot = slot_;
        return who;
    }
    [[nodiscard]] bar_facts bar(unsigned /*index*/) const override { return {}; }
    [[nodiscard]] bool writable() const noexcept override { return false; }
    outcome run(std::span<operation> /*operations*/) noexcept override {
        return {0, std::make_error_code(std::errc::no_such_device)};
    }
    volatile std::byte* map(unsigned /*bar*/, std::uint64_t /*offset*/, std::uint64_t /*length*/,
                            bool /*for_writing*/) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return false; }

  private:
    unsigned slot_;
    peer_policy policy_;
    asker ask_;
};

} // namespace upciedev::inline v1::detail
