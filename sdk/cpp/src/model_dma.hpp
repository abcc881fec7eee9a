// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model_parts.hpp"

#include <memory>

namespace upciedev::inline v1::detail {

/// One engine of `dma`: moves data between the board's memory and the bus when its registers say
/// so.
class model_dma {
  public:
    model_dma(model_board& board, model_memories& memories, const dma_description& what);
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
    void run(model_bus& bus);
    [[nodiscard]] std::error_code move(model_bus& bus, std::size_t bytes);
    [[nodiscard]] std::byte* memory(std::size_t bytes);
    void mark(const register_part& part, std::uint64_t bits);

    model_board& board_;
    model_memories& memories_;
    const dma_description& what_;
    std::vector<model_place> host_;
    std::optional<model_place> offset_, length_;
    const area_description* area_ = nullptr;
    std::unique_ptr<model_memory> hidden_; // behind an engine whose memory the CPU does not see
    std::size_t start_steps_ = 0, stop_steps_ = 0;
    transfer now_;
    bool running_ = false;
};

} // namespace upciedev::inline v1::detail
