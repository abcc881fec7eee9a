// SPDX-License-Identifier: BSD-3-Clause
// Wall times of what a program does with a board. The board is simulated: this is the cost of the
// SDK, to which a real bus adds its own.
#include "load_boards.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/extend/sim.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace upciedev; // NOLINT(google-build-using-namespace): all of this is about it

constexpr unsigned registers = 500;

upciedev::board make_board() {
    static const auto description = parse_board_file(perf::board_file_of(registers), "big.yaml");
    return {std::make_shared<sim_board>(description, 4), description};
}

upciedev::board demo_board() {
    static const auto demo = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml");
    return demo.board("adc");
}

void read_pointer(benchmark::State& state) {
    const auto board = make_board();
    const auto offset = board.reg("REGISTER_1").offset();
    const auto* word =
        reinterpret_cast<const volatile std::uint32_t*>(board.way().map(0, offset, 4, false));
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(*word);
}
BENCHMARK(read_pointer)->Name("read 32 bit, volatile pointer");

void read_mapped(benchmark::State& state) {
    const auto reg = make_board().reg("REGISTER_1");
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(reg.raw());
}
BENCHMARK(read_mapped)->Name("read 32 bit, mapped handle");

void write_mapped(benchmark::State& state) {
    const auto reg = make_board().reg("REGISTER_1");
    for ([[maybe_unused]] auto _ : state)
        reg.write_raw(1);
}
BENCHMARK(write_mapped)->Name("write 32 bit, mapped handle");

void read_value(benchmark::State& state) {
    const auto gain = demo_board().reg<double>("adc.ch[3].GAIN");
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(gain.read());
}
BENCHMARK(read_value)->Name("read an engineering value");

void write_field(benchmark::State& state) {
    const auto part = make_board().reg("REGISTER_1").field("ENABLE");
    for ([[maybe_unused]] auto _ : state)
        part.write_raw(1);
}
BENCHMARK(write_field)->Name("write a field (simulated modify)");

void look_up(benchmark::State& state) {
    const auto board = make_board();
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(board.reg("group_120.ch[3].GAIN"));
}
BENCHMARK(look_up)->Name("look a register up among 500");

void batch_of_64(benchmark::State& state) {
    const auto board = make_board();
    auto batch = board.batch();
    for (unsigned i = 0; i < 64; ++i)
        batch.read(board.reg("REGISTER_1"));
    for ([[maybe_unused]] auto _ : state)
        batch.run();
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 64);
}
BENCHMARK(batch_of_64)->Name("run a batch of 64 (simulated)");

void parse(benchmark::State& state) {
    const auto text = perf::board_file_of(registers);
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(parse_board_file(text, "big.yaml"));
}
BENCHMARK(parse)->Name("load a board file of 500 registers")->Unit(benchmark::kMillisecond);

} // namespace
