// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "board/dma/dma_state.hpp"

#include <upciedev/region.hpp>

namespace upciedev {
inline namespace v1 {

/// A stretch of memory, and all ways in which it can be reached.
class region::state {
  public:
    using board_ptr = std::shared_ptr<detail::board_state>;
    using channel_ptr = std::shared_ptr<dma::state>;

    /// Where the processor sees it.
    struct window {
        unsigned bar = 0;
        std::uint64_t offset = 0; ///< bytes
    };
    /// An engine of its board that reaches it.
    struct engine {
        std::string name;
        std::uint64_t offset = 0; ///< as the channel counts it
    };

    /// What the processor sees. \param name of the area or BAR, for people
    state(board_ptr board, std::string name, std::uint64_t first, window seen,
          std::uint64_t length);
    /// What a channel reaches.
    state(board_ptr board, channel_ptr channel, std::uint64_t offset, std::uint64_t length);

    [[nodiscard]] detail::board_state& board() const noexcept { return *board_; }
    [[nodiscard]] transport& way() const noexcept { return board_->way(); }
    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
    [[nodiscard]] std::string where() const;
    [[nodiscard]] const std::optional<window>& seen() const noexcept { return seen_; }
    /// That reads it out of the board, or writes it there.
    [[nodiscard]] const std::optional<engine>& moved(bool to_board) const noexcept {
        return to_board ? written_ : read_;
    }
    /// Opened once; nullptr: none reaches it, or this way cannot drive it.
    /// \throws error not_permitted, board_gone
    [[nodiscard]] channel_ptr channel(bool to_board) const;

  private:
    void find_engines();

    board_ptr board_;
    std::string name_;
    std::uint64_t first_, length_;
    std::optional<window> seen_;
    std::optional<engine> read_, written_;
    mutable std::mutex lock_;
    mutable channel_ptr reader_, writer_;
};

namespace detail {

/// \throws error what the channel said of a transfer with \p peer
[[noreturn]] void throw_peer_error(std::error_code cause, const dma::state& channel,
                                   const region::state& peer, const dma_transfer& how_far = {});
/// \throws error not_permitted
[[noreturn]] void refuse_route(const peer_route& route, const std::string& mover,
                               const std::string& peer);

} // namespace detail
} // namespace v1
} // namespace upciedev
