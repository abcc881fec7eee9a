// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace upciedev::inline v1::detail {

/// A stretch of a BAR, in bytes.
struct bar_window {
    std::uint64_t begin = 0, end = 0;
};

/// Ascending, and none touches another.
using bar_windows = std::vector<bar_window>;

/// Every element of a register.
bar_windows windows_of(const register_description& what);

/// What the driver lets users do with one BAR, by the guards of a board file.
class bar_guards {
  public:
    /// Only registers that are guarded are looked at, of a BAR with `rest` all.
    bar_guards() = default;
    bar_guards(const board_description& board, const bar_description& bar);

    /// A call may touch these bytes. \param admin of an administrator
    [[nodiscard]] bool permits(std::uint64_t offset, std::uint64_t bytes, bool writing,
                               bool admin) const noexcept;
    /// A map may hold the pages of these bytes; there are no maps for administrators.
    [[nodiscard]] bool permits_map(std::uint64_t offset, std::uint64_t bytes,
                                   bool writing) const noexcept;
    /// More is guarded than the registers that are.
    [[nodiscard]] bool reach_further() const noexcept { return period_ != 0 || rest_; }
    /// All guarded registers, as they stand in the file.
    [[nodiscard]] const bar_windows& guarded() const noexcept { return guarded_; }
    /// These bytes are among them, or among their repetitions.
    [[nodiscard]] bool meets_guard(std::uint64_t offset, std::uint64_t bytes) const noexcept;

  private:
    [[nodiscard]] bool meets(const bar_windows& windows, std::uint64_t offset,
                             std::uint64_t bytes) const noexcept;
    [[nodiscard]] bool is_open(std::uint64_t offset, std::uint64_t bytes) const noexcept;

    std::uint64_t size_ = 0, period_ = 0;
    bool rest_ = false;
    bar_windows guarded_;
    bar_windows users_, admins_; // guards that hold for users, for all; of the first period, if any
    bar_windows open_;           // with `rest`: what the file describes
};

/// Of every BAR, by its index.
std::array<bar_guards, 6> guards_of(const board_description& board);

/// What is told of an access that a guard refused.
struct guard_refusal {
    const char* reason;
    const char* remedy;
};

/// Where the board file knows more than that it is guarded.
std::optional<guard_refusal> refusal_of(const board_description& board, unsigned bar,
                                        std::uint64_t offset, std::uint64_t bytes);

/// The process may do what the driver grants to administrators.
bool is_administrator() noexcept;

} // namespace upciedev::inline v1::detail
