// SPDX-License-Identifier: BSD-3-Clause
#include "dma.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace raw {

namespace {

constexpr std::byte around{0xa5};
constexpr std::size_t margin = page_size, large_page = 2U << 20U;

std::uint64_t address_of(const void* memory) {
    return reinterpret_cast<std::uintptr_t>(memory);
}

upciedev_dma_ring make_mapped_ring(const file& channel, std::uint64_t frame_length,
                                   std::uint32_t frames) {
    auto what = ring_of(frame_length, frames);
    const int error = make_ring(channel, what);
    if (error != 0) throw std::system_error(error, std::generic_category(), "UPCIEDEV_DMA_RING");
    return what;
}

} // namespace

upciedev_dma_info dma_info(const file& board, std::uint32_t channel) {
    upciedev_dma_info info{};
    info.size = sizeof(info);
    info.channel = channel;
    EXPECT_EQ(control(board.get(), UPCIEDEV_DMA_INFO, &info), 0);
    return info;
}

opened_channel open_channel(const file& board, std::uint32_t number) {
    upciedev_dma_open open{};
    open.channel = number;
    const int error = control(board.get(), UPCIEDEV_DMA_OPEN, &open);
    return {error, error == 0 ? file{open.fd} : file{}};
}

upciedev_dma_transfer make_transfer(std::uint64_t offset, void* memory, std::uint64_t length,
                                    std::uint32_t timeout_ms) {
    upciedev_dma_transfer what{};
    what.offset = offset;
    what.address = address_of(memory);
    what.length = length;
    what.timeout_ms = timeout_ms;
    what.done = what.bounced = 0xdeadbeef; // must be overwritten
    return what;
}

int transfer(const file& channel, upciedev_dma_transfer& what) {
    return control(channel.get(), UPCIEDEV_DMA_TRANSFER, &what);
}

int transfer(const file& channel, std::uint64_t offset, void* memory, std::uint64_t length,
             std::uint32_t timeout_ms) {
    auto what = make_transfer(offset, memory, length, timeout_ms);
    const int error = transfer(channel, what);
    if (error == 0) {
        EXPECT_EQ(what.done, length);
    }
    return error;
}

int cancel(const file& channel) {
    return control(channel.get(), UPCIEDEV_DMA_CANCEL, nullptr);
}

int make_ring(const file& channel, upciedev_dma_ring& what) {
    return control(channel.get(), UPCIEDEV_DMA_RING, &what);
}

int start(const file& channel, const upciedev_dma_start& what) {
    auto copy = what;
    return control(channel.get(), UPCIEDEV_DMA_START, &copy);
}

int stop(const file& channel) {
    return control(channel.get(), UPCIEDEV_DMA_STOP, nullptr);
}

int exchange(const file& channel, std::span<const std::uint32_t> indices, std::uint64_t seen,
             std::uint32_t timeout_ms) {
    upciedev_dma_exchange what{};
    what.indices = address_of(indices.data());
    what.count = static_cast<std::uint32_t>(indices.size());
    what.timeout_ms = timeout_ms;
    what.seen = seen;
    return control(channel.get(), UPCIEDEV_DMA_EXCHANGE, &what);
}

upciedev_dma_ring ring_of(std::uint64_t frame_length, std::uint32_t frames) {
    upciedev_dma_ring what{};
    what.frame_length = frame_length;
    what.frames = frames;
    return what;
}

upciedev_dma_start start_of(std::uint64_t offset, std::uint64_t step, std::uint64_t count,
                            std::uint64_t causes) {
    upciedev_dma_start what{};
    what.offset = offset;
    what.step = step;
    what.count = count;
    what.causes = causes;
    what.timeout_ms = patient_ms;
    return what;
}

ring::ring(const file& channel, std::uint64_t frame_length, std::uint32_t frames)
    : facts_{make_mapped_ring(channel, frame_length, frames)}, head_{channel.get(), 0,
                                                                     facts_.head_length, PROT_READ},
      frames_{channel.get(), facts_.position, facts_.step * frames} {
    if (head_.error() != 0 || frames_.error() != 0) throw std::runtime_error("a ring has no map");
}

const upciedev_dma_head* ring::head() const {
    return reinterpret_cast<const upciedev_dma_head*>(head_.bytes());
}

std::uint64_t ring::ready() const {
    return __atomic_load_n(&head()->ready, __ATOMIC_ACQUIRE);
}

std::uint64_t ring::lost() const {
    return __atomic_load_n(&head()->lost, __ATOMIC_ACQUIRE);
}

std::uint32_t ring::state() const {
    return __atomic_load_n(&head()->state, __ATOMIC_ACQUIRE);
}

upciedev_dma_frame ring::entry(std::uint64_t number) const {
    const auto* queue = reinterpret_cast<const upciedev_dma_frame*>(head() + 1);
    return queue[number % facts_.frames];
}

std::span<std::byte> ring::frame(std::uint32_t index) const {
    return {frames_.bytes() + index * facts_.step, facts_.frame_length};
}

// Repeats itself after a prime number of bytes, so that no page looks like another one of a board.
void fill(std::span<std::byte> memory, std::uint64_t seed) {
    constexpr std::size_t period = 65521;
    std::vector<std::byte> part(std::min(memory.size(), period));
    std::uint64_t state = seed * 2 + 1;
    for (std::size_t at = 0; at < part.size(); at += sizeof(state)) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto bits = state >> 7U;
        std::memcpy(&part[at], &bits, std::min(sizeof(bits), part.size() - at));
    }
    for (std::size_t at = 0; at < memory.size(); at += period)
        std::memcpy(&memory[at], part.data(), std::min(period, memory.size() - at));
}

std::vector<std::byte> filled(std::size_t bytes, std::uint64_t seed) {
    std::vector<std::byte> memory(bytes);
    fill(memory, seed);
    return memory;
}

std::size_t mismatch(std::span<const std::byte> memory, std::span<const std::byte> wanted) {
    const auto size = std::min(memory.size(), wanted.size());
    if (std::memcmp(memory.data(), wanted.data(), size) == 0) return size;
    const auto [at, end] = std::ranges::mismatch(memory, wanted);
    return static_cast<std::size_t>(at - memory.begin());
}

guarded_memory::guarded_memory(std::size_t bytes, std::size_t skew)
    : bytes_{bytes}, begin_{margin + skew % page_size}, pages_{-1, 0,
                                                               bytes + 3 * margin + large_page,
                                                               PROT_READ | PROT_WRITE,
                                                               MAP_PRIVATE | MAP_ANONYMOUS} {
    if (pages_.error() != 0) throw std::bad_alloc();
    const auto skip = (large_page - address_of(pages_.bytes()) % large_page) % large_page;
    all_ = {pages_.bytes() + skip, bytes + 3 * margin};
    ::madvise(all_.data(), all_.size(), MADV_HUGEPAGE); // if it cannot be had, it is slow
    std::ranges::fill(all_, around);
}

bool guarded_memory::surroundings_are_untouched() const {
    const auto same = [](std::byte each) { return each == around; };
    return std::ranges::all_of(all_.first(begin_), same) &&
           std::ranges::all_of(all_.subspan(begin_ + bytes_), same);
}

int with_memory_limit(std::size_t bytes, const std::function<int()>& body) {
    constexpr uid_t nobody = 65534;
    return in_child([&] {
        const rlimit limit{bytes, bytes};
        if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || ::setuid(nobody) != 0) return 255;
        return body();
    });
}

// Not by system(): while it runs, the end of its child may wake another thread's call.
int fault::tell(const char* state) const {
    return in_child([&] {
        const auto slot = std::to_string(slot_);
        ::execl(ABI_SCRIPTS "/fault", "fault", slot.c_str(), name_, state, nullptr);
        return 255;
    });
}

fault::fault(const board& which, const char* name) : slot_{which.info.slot}, name_{name} {
    if (tell("on") != 0) throw std::runtime_error("a fault cannot be switched on");
}

void fault::switch_off() {
    if (!std::exchange(on_, false)) return;
    EXPECT_EQ(tell("off"), 0);
}

} // namespace raw
