// SPDX-License-Identifier: BSD-3-Clause
// Whatever a program says on the access socket of a simulated slot, it is answered or cut off, and
// the board serves the next one. The input is packets, each behind its length in two bytes.
#include "conversation.hpp"
#include "fuzzer.hpp"
#include "simulation/process/server/access_session.hpp"
#include "simulation/process/slot_wire.hpp"

#include <upciedev/board_file.hpp>

namespace {

using namespace upciedev;
using namespace std::chrono_literals;
namespace wire = detail::slot_wire;

constexpr auto board_file = R"(
format: 1
board: fuzzed
bars: {regs: {index: 0, size: 16 KiB}, ram: {index: 2, size: 64 KiB, peer: true}}
registers:
  ID: {at: regs+0, access: ro, reset: 0x1234}
  SCRATCH: {at: regs+4}
  STATUS: {at: regs+8, on_write: one_to_clear, fields: {DONE: 0}}
  ENABLE: {at: regs+0xc, fields: {DONE: 0}}
  FIFO: {at: regs+0x10, on_read: pop}
  GUARDED: {at: regs+0x14, guard: true}
areas: {RAM: {at: ram+0, size: 64 KiB}}
irqs: {done: {status: STATUS.DONE, enable: ENABLE.DONE, acknowledge: STATUS.DONE}}
)";

/// Time that the fuzzer has not: 20 ms an access.
bool makes_it_slow(std::span<const std::uint8_t> packet) {
    wire::reader request(std::as_bytes(packet));
    const auto head = request.take<wire::header>();
    return head.what == wire::call::fault &&
           request.take<wire::fault_request>().fault == static_cast<unsigned>(model_fault::slow);
}

void say(int socket, std::span<const std::uint8_t> input) {
    while (input.size() > 2) {
        const std::size_t wanted = input[0] | (std::size_t{input[1]} << 8U);
        input = input.subspan(2);
        const auto packet = input.first(std::min(wanted, input.size()));
        if (!packet.empty() && !makes_it_slow(packet))
            ::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL);
        input = input.subspan(packet.size());
    }
}

/// Anew for each input: so that what is found does not hang on those before.
struct served {
    sim_board board;
    slot::access_shared shared;
    explicit served(const board_description_ptr& description)
        : board(description, 3, {.shared = true}), shared(board, {.slot = 3, .remove = [] {}}) {
        shared.longest = 1ms;
    }
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto description = parse_board_file(board_file, "fuzzed.yaml");
    served one(description);
    {
        fuzz::conversation talk(SOCK_SEQPACKET);
        const std::jthread client([&] { // many small packets fill a socket
            say(talk.fd(), {data, size});
            talk.end();
        });
        std::atomic<bool> is_channel = false;
        slot::access_session(one.shared, talk.theirs.get(), is_channel).serve();
        ::shutdown(talk.theirs.get(), SHUT_RDWR); // the client's last packets go nowhere
    }
    one.board.hardware().reset();
    for (const auto fault : all_model_faults())
        one.board.hardware().fault(fault, false);
    fuzz::require(one.board.hardware().read(0, 0, 32) == 0x1234, "the board is still what it was");
    wire::claim_answer told;
    const auto next = one.shared.claims.add(1);
    fuzz::require(one.shared.claims.take(next, told) == 0, "nothing is left of a client");
    fuzz::require(one.shared.leases.free_for({2, 0, 64 << 10, 1}), "nor of its leases");
    return 0;
}
