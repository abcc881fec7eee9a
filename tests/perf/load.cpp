// SPDX-License-Identifier: BSD-3-Clause
// Does one thing a number of times. The gate counts the instructions of two numbers, and the
// difference between them is what the thing costs: start and end cancel out.
#include "load_boards.hpp"

#include <upciedev/board.hpp>
#include <upciedev/board_file.hpp>
#include <upciedev/extend/memory_transport.hpp>
#include <upciedev/extend/sim.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

namespace {

using upciedev::basic_reg;
using word = volatile std::uint32_t;

constexpr unsigned registers = 500;

// One function for each access, the same call around all: the disassembly shows what is in them.
[[gnu::noipa]] std::uint64_t read_pointer(const word* from) {
    return *from;
}
[[gnu::noipa]] std::uint64_t read_handle(const basic_reg* from) {
    return from->raw();
}
[[gnu::noipa]] void write_pointer(word* to, std::uint64_t bits) {
    *to = static_cast<std::uint32_t>(bits);
}
[[gnu::noipa]] void write_handle(const basic_reg* to, std::uint64_t bits) {
    to->write_raw(bits);
}

upciedev::board make_board() {
    const auto description = upciedev::parse_board_file(perf::board_file_of(registers), "big.yaml");
    return {std::make_shared<upciedev::sim_board>(description, 4), description};
}

/// A register and the pointer to the same memory. \throws where it is not mapped: nothing to count
struct mapped {
    upciedev::board board = make_board();
    upciedev::reg<> handle = board.reg("REGISTER_1");
    word* pointer = reinterpret_cast<word*>(board.way().map(0, handle.offset(), 4, true));
    mapped() {
        if (pointer == nullptr) std::abort();
    }
};

std::uint64_t sum = 0;

void count_read_pointer(unsigned n) {
    const mapped at;
    while (n-- > 0)
        sum += read_pointer(at.pointer);
}
void count_read_handle(unsigned n) {
    const mapped at;
    while (n-- > 0)
        sum += read_handle(&at.handle);
}
void count_write_pointer(unsigned n) {
    const mapped at;
    while (n-- > 0)
        write_pointer(at.pointer, n);
}
void count_write_handle(unsigned n) {
    const mapped at;
    while (n-- > 0)
        write_handle(&at.handle, n);
}
void count_look_up(unsigned n) {
    const auto board = make_board();
    const auto paths = perf::paths_of(registers);
    for (unsigned i = 0; i < n; ++i)
        sum += board.reg(paths[i * 7 % registers]).offset();
}
/// A frame taken and given back, of \p bytes; what the other side does is not in this program's
/// hands, so the ring tells of frames that nobody moves.
class idle_channel final : public upciedev::dma_source {
  public:
    idle_channel() { facts_.name = "read"; }
    [[nodiscard]] const upciedev::dma_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] int descriptor() const noexcept override { return -1; }
    std::error_code transfer(upciedev::dma_transfer&) noexcept override { return {}; }
    void cancel() noexcept override {}
    std::error_code make_ring(std::uint64_t size, std::uint32_t frames,
                              upciedev::dma_ring& made) noexcept override {
        const auto memory = std::make_shared<std::vector<std::byte>>(size * frames);
        queue_.resize(frames);
        for (std::uint32_t i = 0; i < frames; ++i)
            queue_[i] = {i, 0, size, i, 0};
        made = {memory, &head_, queue_.data(), memory->data(), size, -1};
        return {};
    }
    std::error_code start(const upciedev::dma_start&) noexcept override { return {}; }
    std::error_code stop() noexcept override { return {}; }
    std::error_code exchange(std::span<const std::uint32_t> indices, std::uint32_t,
                             std::uint64_t) noexcept override {
        head_.ready += indices.empty() ? 1 : indices.size();
        return {};
    }

  private:
    upciedev::dma_facts facts_;
    upciedev::dma_head head_;
    std::vector<upciedev::dma_entry> queue_;
};

class idle_way final : public upciedev::memory_transport {
  public:
    [[nodiscard]] std::string name() const override { return "idle"; }
    [[nodiscard]] upciedev::board_identity identity() const override { return {}; }
    [[nodiscard]] upciedev::bar_facts bar(unsigned) const override { return {}; }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return false; }
    std::unique_ptr<upciedev::dma_source> dma(unsigned) override {
        return std::make_unique<idle_channel>();
    }
};

void count_frames(unsigned n, std::uint64_t size) {
    const auto description =
        upciedev::load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc10.yaml");
    const upciedev::board board(std::make_shared<idle_way>(), description);
    auto stream = board.dma("read").stream(16, size);
    while (n-- > 0)
        sum += stream.next(std::chrono::seconds(1))->bytes().size();
}
void count_small_frames(unsigned n) {
    count_frames(n, 4096);
}
void count_large_frames(unsigned n) {
    count_frames(n, std::uint64_t{1} << 20U);
}
/// n registers in one file.
void count_parse(unsigned n) {
    sum += upciedev::parse_board_file(perf::board_file_of(n), "big.yaml")->registers.size();
}

} // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<void(unsigned)>> loads{
        {"read-pointer", count_read_pointer},
        {"read-handle", count_read_handle},
        {"write-pointer", count_write_pointer},
        {"write-handle", count_write_handle},
        {"look-up", count_look_up},
        {"small-frames", count_small_frames},
        {"large-frames", count_large_frames},
        {"parse", count_parse}};
    if (argc != 3 || !loads.contains(argv[1])) {
        std::fprintf(stderr, "usage: %s LOAD COUNT\n", argv[0]);
        return 2;
    }
    loads.at(argv[1])(static_cast<unsigned>(std::atoi(argv[2])));
    std::printf("%lu\n", static_cast<unsigned long>(sum)); // so that nothing is left out
    return 0;
}
