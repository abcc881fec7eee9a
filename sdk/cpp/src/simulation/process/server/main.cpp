// SPDX-License-Identifier: BSD-3-Clause
// upciedev-slot CRATE.yaml SLOT SOCKET: the board of one slot, until a signal ends it. SOCKET is
// for QEMU's vfio-user-pci, "slotN.access" beside it for programs that open the board as one of a
// running crate. The boards whose sockets share a folder are one crate.
#include "base/number_text.hpp"
#include "simulation/process/server/access_server.hpp"
#include "simulation/process/server/backplane.hpp"
#include "simulation/process/server/endpoint.hpp"
#include "simulation/process/server/generations.hpp"
#include "simulation/process/server/peers.hpp"

#include "simulation/endpoint/server.hpp"
#include <upciedev/board_file.hpp>
#include <upciedev/crate_file.hpp>
#include <upciedev/extend/model_plugin.hpp>
#include <upciedev/log.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

using namespace upciedev;

/// The slot as the board's way out: DMA and interrupts to QEMU, which has the switch and the host's
/// memory, or else DMA over our own switch; triggers to the other slots.
class served_slot final : public model_slot {
  public:
    served_slot(vfio_user::server& server, slot::backplane& lines, slot::peers& others)
        : server_(server), lines_(lines), others_(others) {}
    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept override {
        return server_.connected() ? server_.dma_read(address, into) : others_.read(address, into);
    }
    std::error_code write(std::uint64_t address,
                          std::span<const std::byte> from) noexcept override {
        return server_.connected() ? server_.dma_write(address, from)
                                   : others_.write(address, from);
    }
    void interrupt(unsigned vector) noexcept override { server_.interrupt(vector); }
    void pulse(unsigned line) noexcept override { lines_.pulse(line); }

  private:
    vfio_user::server& server_;
    slot::backplane& lines_;
    slot::peers& others_;
};

const crate_slot& find_slot(const crate_file& crate, std::string_view text) {
    const auto number = detail::parse_number(text, detail::count_form);
    const auto found = std::ranges::find(crate.slots, number, &crate_slot::slot);
    if (found == crate.slots.end() || found->board.empty())
        throw error(errc::no_such_board, crate.file,
                    "slot " + std::string(text) + " has no 'board'");
    return *found;
}

/// Signals that end the process; blocked before any thread starts, so that all inherit it.
sigset_t end_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void say(std::string_view line) {
    std::cerr << std::string(line) + "\n";
}

/// What is told of the crate to whoever opens it.
slot::access_facts facts_of(const crate_file& crate, const crate_slot& what,
                            const board_description& board) {
    slot::access_facts facts;
    facts.slot = what.slot;
    facts.texts = {std::filesystem::absolute(what.board).lexically_normal(),
                   board.name,
                   board.title,
                   what.alias,
                   what.crate,
                   crate.title};
    facts.remove = [] { kill(getpid(), SIGTERM); };
    return facts;
}

void serve(const crate_file& crate, const crate_slot& what, const std::filesystem::path& socket,
           const sigset_t& signals) {
    sim_board board(load_board_file(what.board), what.slot,
                    {.simulate = what.simulate, .shared = true, .behaviour = model_of(what)});
    auto& hardware = board.hardware();
    slot::endpoint endpoint(hardware);
    slot::backplane lines(socket.parent_path(), what.slot,
                          [&](unsigned line) { hardware.trigger(line); });
    vfio_user::server server(slot::facts_of(hardware, what.slot), endpoint, {.log = say});
    const auto policy = detail::policy_of(crate, what.crate);
    slot::peers others(socket.parent_path(), what.slot,
                       [&hardware, policy] { return detail::lets_out(hardware, policy); });
    served_slot place(server, lines, others);
    board.plug(std::shared_ptr<model_slot>(std::shared_ptr<void>(), &place)); // outlives it
    const slot::generations known(socket.parent_path(), what.slot);
    auto facts = facts_of(crate, what, hardware.description());
    facts.generations = known.before();
    facts.renewed = [&](std::uint64_t last) { known.note(last); };
    facts.policy = policy;
    facts.astray = [&] { return others.astray(); };
    facts.far = [&](unsigned slot, const detail::window_leases::stretch& where) {
        return others.window(slot, where);
    };
    known.note(known.before() + 1);
    std::filesystem::remove(socket); // of one that died
    server.start(vfio_user::listen_at(socket));
    const slot::access_server access(
        board, std::move(facts), socket.parent_path() / detail::slot_wire::socket_name(what.slot));
    say("serving " + hardware.description().name + " in slot " + std::to_string(what.slot));
    int signal = 0;
    sigwait(&signals, &signal);
    board.unplug(); // whoever waits for it is told
    server.stop();
    board.plug(nullptr);
    std::filesystem::remove(socket);
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::cerr << "usage: upciedev-slot CRATE.yaml SLOT SOCKET\n";
        return 2;
    }
    const auto signals = end_signals();
    upciedev::set_log([](upciedev::log_level, const std::string& line) { say(line); });
    const auto crate = upciedev::crate_file::load(argv[1]);
    serve(crate, find_slot(crate, argv[2]), argv[3], signals);
    return 0;
} catch (const std::exception& problem) {
    std::cerr << "upciedev-slot: " << problem.what() << '\n';
    return 1;
}
