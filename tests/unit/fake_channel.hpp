// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "seat.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/dma.hpp>

#include <cerrno>
#include <deque>

namespace test {

/// A channel whose other side the test plays; counts what it is asked.
class fake_channel {
  public:
    explicit fake_channel(unsigned depth)
        : depth_(depth), told_(std::make_shared<told>(depth)), way_(std::make_shared<way>(told_)),
          board_(way_, way_->description) {}

    /// Frames that a stream would find.
    void deliver(unsigned count) { told_->deliver(count); }
    /// One each time that somebody waits.
    void deliver_when_asked(bool on) { told_->when_asked = on; }
    [[nodiscard]] unsigned calls() const { return told_->calls; }
    [[nodiscard]] dma_stream stream() { return board_.dma("read").stream(depth_, 4096); }

  private:
    struct told {
        explicit told(unsigned depth) : queue(depth), memory(depth * std::size_t{4096}) {
            for (unsigned i = 0; i < depth; ++i)
                free.push_back(i);
        }
        void deliver(unsigned count) {
            for (; count != 0 && !free.empty(); --count, ++head.ready) {
                queue[head.ready % queue.size()] = {head.ready, 1, 4096, free.front(), 0};
                free.pop_front();
            }
        }
        dma_head head;
        std::vector<dma_entry> queue;
        std::vector<std::byte> memory;
        std::deque<std::uint32_t> free;
        bool when_asked = false;
        unsigned calls = 0;
    };

    class source final : public dma_source {
      public:
        explicit source(std::shared_ptr<told> by) : told_(std::move(by)) {
            facts_.name = "read";
            facts_.alignment = 4;
        }
        [[nodiscard]] const dma_facts& facts() const noexcept override { return facts_; }
        [[nodiscard]] int descriptor() const noexcept override { return -1; }
        std::error_code transfer(dma_transfer&) noexcept override { return {}; }
        void cancel() noexcept override {}
        std::error_code make_ring(std::uint64_t, std::uint32_t, dma_ring& made) noexcept override {
            made = {told_, &told_->head, told_->queue.data(), told_->memory.data(), 4096};
            return {};
        }
        std::error_code start(const dma_start&) noexcept override { return {}; }
        std::error_code stop() noexcept override { return {}; }
        std::error_code exchange(std::span<const std::uint32_t> indices, std::uint32_t timeout_ms,
                                 std::uint64_t seen) noexcept override {
            ++told_->calls;
            told_->free.insert(told_->free.end(), indices.begin(), indices.end());
            if (timeout_ms == 0) return {};
            if (told_->when_asked) told_->deliver(1);
            if (told_->head.ready > seen) return {};
            return {ETIMEDOUT, std::generic_category()};
        }

      private:
        std::shared_ptr<told> told_;
        dma_facts facts_;
    };

    /// A simulated board but for its DMA.
    class way final : public transport {
      public:
        explicit way(std::shared_ptr<told> by)
            : description(load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc10.yaml")),
              told_(std::move(by)) {}
        [[nodiscard]] std::string name() const override { return "fake"; }
        [[nodiscard]] board_identity identity() const override { return {}; }
        [[nodiscard]] bar_facts bar(unsigned) const override { return {}; }
        [[nodiscard]] bool writable() const noexcept override { return true; }
        outcome run(std::span<operation>) noexcept override { return {}; }
        volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
            return nullptr;
        }
        [[nodiscard]] bool gone() const noexcept override { return false; }
        [[nodiscard]] std::unique_ptr<dma_source> dma(unsigned) override {
            return std::make_unique<source>(told_);
        }
        board_description_ptr description;

      private:
        std::shared_ptr<told> told_;
    };

    unsigned depth_;
    std::shared_ptr<told> told_;
    std::shared_ptr<way> way_;
    board board_;
};

} // namespace test
