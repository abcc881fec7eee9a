// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// What a way to a board may be able to do. New ones come at the end.
enum class capability : std::uint8_t {
    mapping,    ///< registers and areas are memory of the process, accessed without a call
    batch,      ///< a list of operations is one call
    poll,       ///< a wait is one call, which sleeps in the driver
    modify,     ///< a masked modify happens as a whole, whoever else accesses the board
    interrupts, ///< the board's interrupts can be waited for
    dma,        ///< the board's DMA engines can be used
    peer,       ///< transfers from board to board
    reset,      ///< the board can be reset
    claim,      ///< one program can keep the others away
    hot_plug,   ///< a board may leave: that is an error, not the end of the process
    shared,     ///< other processes can open the same board at the same time
};

/// "mapping", "hot-plug", as people and programs read it.
UPCIEDEV_API std::string_view name(capability what) noexcept;

/// A set of them.
class UPCIEDEV_API capability_set {
  public:
    constexpr capability_set() = default;
    constexpr capability_set(std::initializer_list<capability> all) {
        for (const auto each : all)
            *this = with(each);
    }
    [[nodiscard]] constexpr bool has(capability what) const noexcept {
        return (bits_ & bit(what)) != 0;
    }
    [[nodiscard]] constexpr capability_set with(capability what) const noexcept {
        return capability_set(bits_ | bit(what));
    }
    [[nodiscard]] constexpr capability_set without(capability what) const noexcept {
        return capability_set(bits_ & ~bit(what));
    }
    /// What both have.
    [[nodiscard]] constexpr capability_set with_only(capability_set other) const noexcept {
        return capability_set(bits_ & other.bits_);
    }
    [[nodiscard]] std::vector<std::string> names() const; ///< in the order above
    bool operator==(const capability_set&) const = default;

  private:
    explicit constexpr capability_set(std::uint64_t bits) : bits_(bits) {}
    static constexpr std::uint64_t bit(capability what) noexcept {
        return std::uint64_t{1} << static_cast<unsigned>(what);
    }
    std::uint64_t bits_ = 0;
};

} // namespace v1
} // namespace upciedev
