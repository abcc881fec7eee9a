// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "board/board_state.hpp"

#include <upciedev/dma.hpp>

#include <functional>

namespace upciedev {
inline namespace v1 {

/// What all copies of a channel share: the way to it, and open files that wait for their next use.
class dma::state {
  public:
    using source_ptr = std::unique_ptr<dma_source>;

    /// \throws error no_such_register, with the nearest names
    static unsigned number_of(const board_description& board, std::string_view name);

    /// \throws error no_such_register, not_supported, board_gone
    state(std::shared_ptr<detail::board_state> board, std::string_view name);

    [[nodiscard]] const dma_facts& facts() const noexcept { return facts_; }
    [[nodiscard]] const dma_description& description() const noexcept { return *what_; }
    [[nodiscard]] const board_description& board_file() const noexcept {
        return *board_->description();
    }
    [[nodiscard]] std::string where() const;
    [[nodiscard]] const std::shared_ptr<detail::board_state>& board() const noexcept {
        return board_;
    }
    [[nodiscard]] unsigned number() const noexcept { return number_; }

    /// A file of its own, opened anew.
    [[nodiscard]] source_ptr open() const;
    dma_result move(bool to_board, dma_transfer what, std::chrono::nanoseconds timeout,
                    const std::stop_token& stop);
    /// As dma_source has it, which tells errors.
    std::error_code move_with_peer(dma_peer_transfer& what, transport& peer,
                                   const std::stop_token& stop);
    /// \throws error out_of_range: not in the board's memory
    void check_range(std::uint64_t offset, std::uint64_t length) const;
    /// \throws error bad_value
    void check_aligned(std::string_view what, std::uint64_t number) const;
    /// \throws error bad_value, out_of_range
    void check_stream(unsigned depth, std::uint64_t frame_size, const dma_start& how) const;
    /// Bits of the interrupts, as the board file numbers them.
    [[nodiscard]] std::uint64_t causes_of(const std::vector<std::string>& names) const;
    [[noreturn]] void fail(std::error_code cause) const;

  private:
    void check_direction(bool to_board) const;
    [[nodiscard]] source_ptr take();
    void put_back(source_ptr source);

    std::shared_ptr<detail::board_state> board_;
    unsigned number_;
    const dma_description* what_;
    dma_facts facts_;
    std::mutex lock_;
    std::vector<source_ptr> idle_; // one for each transfer that ever went on at the same time
};

namespace detail {

/// Whole milliseconds, one at least where there is any time.
std::uint32_t dma_milliseconds(std::chrono::nanoseconds time) noexcept;

/// Has \p source do it; \p stop ends it, if it comes from there.
std::error_code run_transfer(dma_source& source, const std::function<std::error_code()>& act,
                             const std::stop_token& stop);

/// \throws error what the way said, in words of DMA
[[noreturn]] void throw_transfer_error(std::error_code cause, std::string where,
                                       const dma_transfer& what);

} // namespace detail
} // namespace v1
} // namespace upciedev
