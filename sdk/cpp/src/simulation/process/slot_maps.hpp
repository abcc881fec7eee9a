// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/mapping.hpp"
#include "simulation/process/slot_link.hpp"

#include <deque>

namespace upciedev::inline v1::detail {

/// The maps of one BAR of a running slot, each made when first asked for and kept for good.
class slot_maps {
  public:
    /// Asks which stretches there are.
    void set(slot_link& link, unsigned bar);
    /// \returns nullptr where only calls will do
    volatile std::byte* map(std::uint64_t offset, std::uint64_t length, bool writing) noexcept;
    /// The board has left: all read ones from now on, and no new ones are made.
    void cover() noexcept;

  private:
    struct stretch {
        std::uint64_t begin, end;
        bool writing;
        mapping map;
    };
    void add(const slot_wire::area& what, bool writing);
    [[nodiscard]] std::byte* made(stretch& what) noexcept;

    slot_link* link_ = nullptr;
    unsigned bar_ = 0;
    std::mutex lock_; // over what follows; not held during calls
    bool covered_ = false;
    std::deque<stretch> stretches_;
};

} // namespace upciedev::inline v1::detail
