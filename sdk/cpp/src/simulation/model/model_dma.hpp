// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/model/model_parts.hpp"

#include <optional>
#include <vector>

namespace upciedev::inline v1::detail {

/// Memory of a board that its engines reach and the CPU does not, counted as they count.
class model_hidden_memory {
  public:
    explicit model_hidden_memory(const board_description& board);
    /// nullptr: outside
    [[nodiscard]] std::byte* at(std::uint64_t offset, std::size_t bytes);

  private:
    std::uint64_t begin_ = 0, end_ = 0;
    model_memory memory_; ///< allocated at first use
};

/// One engine of `dma`: moves data between the board's memory and the bus when its registers say
/// so.
class model_dma {
  public:
    model_dma(model_board& board, model_memories& memories, model_hidden_memory& hidden,
              const dma_description& what);
    void hook(); ///< its registers; once
    void reset() noexcept;

  private:
    struct transfer {
        std::uint64_t host = 0, board = 0, left = 0; // bytes
    };
    using number = std::uint64_t;
    [[nodiscard]] number get(const std::optional<model_place>& place) const;
    void hook_steps(const std::vector<part_write>& steps, std::size_t& seen,
                    void (model_dma::*act)());
    void start();
    void stop();
    void finish(bool failed);
    void go_on(model_clock::duration delay);
    void step(model_bus& bus);
    [[nodiscard]] std::error_code move(model_bus& bus, std::size_t bytes);
    [[nodiscard]] std::byte* memory(std::size_t bytes);
    void mark(const register_part& part, std::uint64_t bits);

    model_board& board_;
    model_memories& memories_;
    model_hidden_memory& hidden_;
    const dma_description& what_;
    std::vector<model_place> host_;
    std::optional<model_place> offset_, length_;
    const area_description* area_ = nullptr;
    std::size_t start_steps_ = 0, stop_steps_ = 0;
    transfer now_;
    std::uint64_t run_ = 0; ///< counts transfers
    bool running_ = false, stopping_ = false;
    bool moving_ = false; ///< in a bus call, during which registers may be written
};

} // namespace upciedev::inline v1::detail
