// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/board.hpp>

#include <chrono>
#include <filesystem>

namespace upciedev {
inline namespace v1 {

/// Bits of one register, or of one element of an array.
struct register_setting {
    std::string path;       ///< "adc.ch[3].GAIN"
    std::uint64_t bits = 0; ///< none outside mask
    std::uint64_t mask = 0; ///< the bits that are kept
};

/// A register or field that is not saved.
struct setting_left_out {
    std::string path;   ///< "adc.ch[].STATUS": "[]" stands for every element
    std::string reason; ///< "read-only"
};

/// A register that no longer has the bits that were saved.
struct setting_difference {
    std::string path;
    std::uint64_t mask = 0;    ///< the bits that were saved
    std::uint64_t saved = 0;   ///< none outside mask
    std::uint64_t present = 0; ///< none outside mask
};

/// Registers of a board as they stood once: what can be read and written back without effects.
///
/// Left out is what is read-only, write-only or guarded, whatever a read changes (`on_read`),
/// every bit that acts on a write (`on_write`), and the enable bits of interrupts, which belong to
/// the driver (board_description::enable_bits()); areas are memory, not settings. The text form is
/// YAML, see docs/cli.md. Immutable, so any number of threads may use it.
class UPCIEDEV_API settings {
  public:
    /// Read from a board, all registers in one batch.
    /// \throws error not_supported where no board file describes the board
    static settings of(const upciedev::board& board);
    /// From a file that to_text() made, or somebody by hand, for a board of that kind. Enable bits
    /// in it go to left_out().
    /// \throws error bad_board_file, where() = "file:line:column": not the same kind of board, or
    /// anything that restore() could not write without effects
    static settings load(const std::filesystem::path& file, const upciedev::board& board);
    /// The same from text; \p name stands for the file in errors.
    static settings parse(std::string_view text, const std::string& name,
                          const upciedev::board& board);

    /// Bits of every register, and their values in engineering units where those are exact.
    [[nodiscard]] std::string to_text() const;

    /// Write all of it, in the order of registers(), as one batch. Bits outside a mask keep what
    /// they have; those that act on a write get zeros. Nothing is written if anything is wrong.
    /// \throws error not_supported: another kind of board
    void restore(const upciedev::board& board) const;
    /// Read the same registers, in one batch. \throws error not_supported: another kind of board
    [[nodiscard]] std::vector<setting_difference> diff(const upciedev::board& board) const;

    [[nodiscard]] const std::vector<register_setting>& registers() const& noexcept {
        return registers_;
    }
    /// Of a board, everything that is not saved; of a file, what it has and restore() leaves alone.
    [[nodiscard]] const std::vector<setting_left_out>& left_out() const& noexcept {
        return left_out_;
    }
    // Of a temporary they are handed over, so that a loop over settings::of(board).registers()
    // works.
    [[nodiscard]] std::vector<register_setting> registers() && noexcept {
        return std::move(registers_);
    }
    [[nodiscard]] std::vector<setting_left_out> left_out() && noexcept {
        return std::move(left_out_);
    }

  private:
    explicit settings(const upciedev::board& board);
    void check_kind(const upciedev::board& board) const;

    board_description_ptr description_;
    std::string label_; ///< of the board they were read from
    board_ids ids_;
    std::chrono::system_clock::time_point time_;
    std::vector<register_setting> registers_;
    std::vector<setting_left_out> left_out_;
};

} // namespace v1
} // namespace upciedev
