// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/transport.hpp>

#include <map>

namespace upciedev {
inline namespace v1 {

/// A simulated board, in this process: memory that behaves as the board file says.
///
/// Access rights and side effects are honoured bit by bit, for accesses of any width. Addresses
/// that the board file does not name read as zero and ignore writes; write-only bits and strobes
/// read as zero. A `guard: true` register refuses writes (EPERM), as the driver does. A register
/// with `on_read: pop` is a FIFO: push() fills it, and so does a write if it may be written; empty
/// it reads as zero. A page is mapped for writing only if all its registers are plain read-write
/// ones, and for reading only if no read in it has effects; elsewhere in a mapped page writes
/// last. `edu` also computes.
class UPCIEDEV_API sim_board final : public transport {
  public:
    /// \param simulate register path (or register.field) -> engineering value at power-on
    /// \throws error no_such_register, out_of_range: a wrong entry of \p simulate
    explicit sim_board(board_description_ptr description, std::optional<unsigned> slot = {},
                       const std::map<std::string, double>& simulate = {});
    ~sim_board() override;

    /// Take the board out of its slot: calls fail with ENODEV, maps read all ones. For good.
    void unplug() noexcept;
    /// The board's own side of a register: no rights, no effects.
    void set(std::string_view path, std::uint64_t bits);
    [[nodiscard]] std::uint64_t get(std::string_view path) const;
    /// Fill the FIFO behind an `on_read: pop` register. \throws error not_supported (another one)
    void push(std::string_view path, std::span<const std::uint64_t> bits);

    [[nodiscard]] std::string name() const override { return "sim"; }
    [[nodiscard]] board_identity identity() const override;
    [[nodiscard]] bar_facts bar(unsigned index) const override;
    [[nodiscard]] bool writable() const noexcept override { return true; }
    outcome run(std::span<operation> operations) noexcept override;
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool for_writing) noexcept override;
    [[nodiscard]] bool gone() const noexcept override;
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept override;
    [[nodiscard]] capability_set capabilities() const noexcept override;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
