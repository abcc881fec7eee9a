// SPDX-License-Identifier: BSD-3-Clause
// DMA channels and their rings, by raw calls.
#pragma once

#include "harness.hpp"

namespace raw {

constexpr std::uint32_t patient_ms = 240'000; // emulated engines on a busy host, a debug kernel

upciedev_dma_info dma_info(const file& board, std::uint32_t channel);

struct opened_channel {
    int error;
    file channel;
};
opened_channel open_channel(const file& board, std::uint32_t number);

upciedev_dma_transfer make_transfer(std::uint64_t offset, void* memory, std::uint64_t length,
                                    std::uint32_t timeout_ms = patient_ms);
// Each call below returns 0, or the errno of the call.
int transfer(const file& channel, upciedev_dma_transfer& what);
int transfer(const file& channel, std::uint64_t offset, void* memory, std::uint64_t length,
             std::uint32_t timeout_ms = patient_ms);
int cancel(const file& channel);
int make_ring(const file& channel, upciedev_dma_ring& what);
int start(const file& channel, const upciedev_dma_start& what);
int stop(const file& channel);
int exchange(const file& channel, std::span<const std::uint32_t> indices, std::uint64_t seen,
             std::uint32_t timeout_ms = patient_ms);

upciedev_dma_ring ring_of(std::uint64_t frame_length, std::uint32_t frames);
upciedev_dma_start start_of(std::uint64_t offset, std::uint64_t step, std::uint64_t count,
                            std::uint64_t causes = 0);

// The ring of a channel, mapped.
class ring {
  public:
    ring(const file& channel, std::uint64_t frame_length, std::uint32_t frames);
    std::uint64_t ready() const; // with acquire semantics
    std::uint64_t lost() const;
    std::uint32_t state() const;
    upciedev_dma_frame entry(std::uint64_t number) const;
    std::span<std::byte> frame(std::uint32_t index) const;
    const upciedev_dma_ring& facts() const { return facts_; }

  private:
    const upciedev_dma_head* head() const;
    upciedev_dma_ring facts_;
    map head_, frames_;
};

// Bytes that tell where they belong.
void fill(std::span<std::byte> memory, std::uint64_t seed);
std::vector<std::byte> filled(std::size_t bytes, std::uint64_t seed);
// The first byte that differs, or the size.
std::size_t mismatch(std::span<const std::byte> memory, std::span<const std::byte> wanted);

// Memory with known bytes around what is used of it; where it is long, of large pages, so that not
// every 4 KiB is a start of the engine.
class guarded_memory {
  public:
    guarded_memory(std::size_t bytes, std::size_t skew);
    std::span<std::byte> use() const { return all_.subspan(begin_, bytes_); }
    bool surroundings_are_untouched() const;

  private:
    std::size_t bytes_, begin_;
    map pages_;
    std::span<std::byte> all_;
};

// Runs as a user who may lock so many bytes of memory.
int with_memory_limit(std::size_t bytes, const std::function<int()>& body);

// A fault of the model in the slot of a board, on while this lives.
class fault {
  public:
    fault(const board& which, const char* name);
    ~fault() { switch_off(); }
    fault(const fault&) = delete;
    fault& operator=(const fault&) = delete;
    void switch_off();

  private:
    int tell(const char* state) const;
    std::uint32_t slot_;
    const char* name_;
    bool on_ = true;
};

} // namespace raw
