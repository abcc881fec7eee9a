// SPDX-License-Identifier: BSD-3-Clause
// Wall times of an access that the process of a simulated slot serves to QEMU: a message to the
// socket, the model's register, the answer. A guest's access costs this and what QEMU adds.
#include "client.hpp"
#include "simulation/process/server/endpoint.hpp"

#include <upciedev/board_file.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace upciedev; // NOLINT(google-build-using-namespace): all of this is about it

/// A board of a crate as its process serves it, and who talks to it.
struct served_board {
    model_board hardware{load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc10.yaml"),
                         {.shared = true}};
    slot::endpoint endpoint{hardware};
    vfio_user::server server{slot::facts_of(hardware, 2), endpoint};
    vfio_test::client host{vfio_user::unique_fd()};
    std::uint32_t bar = 0;
    std::uint64_t scratch = 0;

    served_board() {
        const auto scratch_register = hardware.description().find_register("SCRATCH");
        bar = scratch_register.description->bar;
        scratch = scratch_register.offset;
        auto ends = vfio_test::connected_pair();
        server.start_connected(std::move(ends.second));
        host = vfio_test::client(std::move(ends.first));
        host.negotiate();
        host.write<std::uint16_t>(vfio_user::protocol::config_region, 4, 2); // memory space on
    }
    void check(benchmark::State& state) const {
        if (host.last_error != 0) state.SkipWithError("the server refuses");
    }
};

void read_trapped(benchmark::State& state) {
    served_board board;
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(board.host.read<std::uint32_t>(board.bar, board.scratch));
    board.check(state);
}
BENCHMARK(read_trapped)
    ->Name("read 32 bit, vfio-user server")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void write_trapped(benchmark::State& state) {
    served_board board;
    std::uint32_t value = 0;
    for ([[maybe_unused]] auto _ : state)
        board.host.last_error = board.host.write(board.bar, board.scratch, ++value);
    board.check(state);
}
BENCHMARK(write_trapped)
    ->Name("write 32 bit, vfio-user server")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

} // namespace
