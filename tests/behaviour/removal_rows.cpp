// SPDX-License-Identifier: BSD-3-Clause
// Boards leave at any moment; the program stays.
#include "stand.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace removal_rows {

using namespace behaviour;
using namespace std::chrono_literals;
using upciedev::errc;

class removal_row : public row {};

/// Whether boards can be taken away here at all.
bool can_unplug() {
    return transport_name() == "sim" || !options.unplug.empty();
}

/// What the commands are given: the PCI address, or the slot where there is none.
std::string place_of(const upciedev::board& board) {
    const auto who = board.identity();
    return who.pci_address.empty() ? std::to_string(who.slot.value()) : who.pci_address;
}

int call(const std::string& command, const std::string& address) {
    return std::system((command + " " + address).c_str()); // NOLINT: the tester's own command
}

void unplug(const upciedev::board& board) {
    if (auto* sim = dynamic_cast<upciedev::sim_board*>(&board.way())) return sim->unplug();
    ASSERT_EQ(call(options.unplug, place_of(board)), 0) << options.unplug;
}

void replug(const std::string& address) {
    if (options.replug.empty()) return;
    EXPECT_EQ(call(options.replug, address), 0) << options.replug;
    renew_boards();
}

/// Everything a program may be holding when the board leaves.
struct holdings {
    explicit holdings(const found_register& what)
        : board(what.board), reg(what.reg()), bar(what.bar()), offset(reg.offset()),
          width(what.about->width) {
        std::ignore = reg.raw(); // maps, where the transport can
    }
    upciedev::board board;
    upciedev::reg<> reg;
    upciedev::bar bar;
    std::uint64_t offset;
    unsigned width;
};

void expect_gone(const holdings& held) {
    EXPECT_TRUE(held.board.gone());
    expect_error(errc::board_gone, [&] { std::ignore = held.reg.raw(); }, {held.reg.path()});
    expect_error(errc::board_gone, [&] { std::ignore = held.reg.read(); });
    expect_error(errc::board_gone, [&] { held.reg.write_raw(0); });
    expect_error(errc::board_gone, [&] { held.reg.modify_raw(1, 1); });
    expect_error(errc::board_gone, [&] { std::ignore = held.reg.wait_raw(1, 1, 10ms); });
    expect_error(errc::board_gone, [&] { std::ignore = held.bar.read(held.offset, held.width); });
    expect_error(errc::board_gone, [&] {
        auto batch = held.board.batch();
        batch.read(held.reg);
        batch.run();
    });
}

/// A simulated crate of its own, since what is unplugged there never comes back.
upciedev::crate crate_to_unplug_from() {
    return transport_name() == "sim" ? open_crate() : the_crate();
}

/// The same registers of boards that this row has to itself.
std::vector<found_register> reopened(const std::vector<found_register>& found,
                                     const upciedev::crate& crate) {
    std::vector<found_register> result;
    for (const auto& each : found)
        result.push_back({crate.board(each.board.identity().slot.value()), each.path, each.about});
    return result;
}

TEST_F(removal_row, every_access_throws_board_gone) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (!can_unplug()) GTEST_SKIP() << "no --unplug command is given";
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    const auto crate = crate_to_unplug_from();
    FOR_EACH(each, reopened(found, crate)) {
        const auto address = place_of(each.board);
        const holdings held(each);
        unplug(each.board);
        expect_gone(held);
        replug(address);
    }
}

TEST_F(removal_row, areas_throw_board_gone) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (!can_unplug()) GTEST_SKIP() << "no --unplug command is given";
    NEED(found, find_areas([](const auto& what) { return what.access == upciedev::access::rw; }),
         "no area that can be written");
    const auto crate = crate_to_unplug_from();
    FOR_EACH(each, found) {
        const auto board = crate.board(each.board.identity().slot.value());
        const auto address = place_of(board);
        const auto area = board.area(each.about->path);
        const auto before = area.read<double>(0, 2); // maps, where the transport can
        unplug(board);
        expect_error(errc::board_gone, [&] { std::ignore = area.read<double>(0, 2); });
        expect_error(errc::board_gone, [&] { area.write<double>(0, before); });
        replug(address);
    }
}

TEST_F(removal_row, a_thread_in_the_middle_of_it_gets_board_gone) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (!can_unplug()) GTEST_SKIP() << "no --unplug command is given";
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    const auto crate = crate_to_unplug_from();
    const auto victims = reopened(found, crate);
    const auto& each = victims.front();
    visit(each.board);
    const auto address = place_of(each.board);
    const auto reg = each.reg();
    reg.write_raw(0);
    std::jthread reader([&] {
        expect_error(errc::board_gone, [&] {
            for (const auto end = std::chrono::steady_clock::now() + 60s;
                 std::chrono::steady_clock::now() < end;)
                reg.wait_raw(0xff, 0x55, 5ms);
        });
    });
    std::this_thread::sleep_for(20ms);
    unplug(each.board);
    reader.join();
    replug(address);
}

TEST_F(removal_row, a_wait_for_an_interrupt_gets_board_gone) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (!can_unplug()) GTEST_SKIP() << "no --unplug command is given";
    NEED(found, find_registers([](const auto& what) { return what.path == "IRQ_RAISE"; }),
         "no board edu, whose interrupts a program can raise");
    const auto each = reopened(found, crate_to_unplug_from()).front();
    if (!each.board.way().capabilities().has(upciedev::capability::interrupts))
        GTEST_SKIP() << transport_name() << " has no interrupts of edu";
    visit(each.board);
    const auto address = place_of(each.board);
    auto irq = each.board.irq("factorial");
    std::jthread waiter([&] {
        expect_error(errc::board_gone, [&] { std::ignore = irq.wait(60s); },
                     {"interrupt factorial"});
    });
    std::this_thread::sleep_for(20ms);
    unplug(each.board);
    waiter.join();
    expect_error(errc::board_gone, [&] { std::ignore = irq.drain(); });
    expect_error(errc::board_gone, [&] { std::ignore = each.board.irq("factorial"); });
    replug(address);
}

TEST_F(removal_row, other_boards_stay) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (!can_unplug()) GTEST_SKIP() << "no --unplug command is given";
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    if (found.size() < 2) GTEST_SKIP() << "only one board has a register for it";
    const auto crate = crate_to_unplug_from();
    const auto both = reopened(found, crate);
    const auto address = place_of(both[0].board);
    const auto other = both[1].reg();
    visit(both[1].board);
    const restore afterwards(other);
    unplug(both[0].board);
    other.write_raw(0x33);
    EXPECT_EQ(other.raw(), both[1].answer(0x33));
    EXPECT_FALSE(both[1].board.gone());
    replug(address);
}

TEST_F(removal_row, a_board_that_came_back_can_be_opened_again) {
    NEED_CAPABILITY(upciedev::capability::hot_plug);
    if (transport_name() != "sim" && (options.unplug.empty() || options.replug.empty()))
        GTEST_SKIP() << "no --unplug and --replug commands are given";
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    const auto each = reopened(found, crate_to_unplug_from()).front();
    const auto who = each.board.identity();
    const auto place = place_of(each.board);
    visit(each.board);
    unplug(each.board);
    replug(place);
    const auto again = crate_to_unplug_from().board(who.slot.value());
    const auto reg = again.reg(each.path);
    const restore afterwards(reg);
    reg.write_raw(0x44);
    EXPECT_EQ(reg.raw(), each.answer(0x44));
    EXPECT_TRUE(each.board.gone()) << "an old handle must not come back to life by itself";
}

} // namespace removal_rows
