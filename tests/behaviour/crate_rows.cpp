// SPDX-License-Identifier: BSD-3-Clause
// Finding boards: by slot, name, alias, address; and what is said when there is none.
#include "stand.hpp"

#include <algorithm>
#include <map>

namespace crate_rows {

using namespace behaviour;
using upciedev::errc;

class crate_row : public row {};

std::vector<unsigned> occupied() {
    std::vector<unsigned> slots;
    for (const auto& [entry, board] : boards())
        if (entry.slot) slots.push_back(*entry.slot);
    return slots;
}

unsigned an_empty_slot() {
    const auto slots = occupied();
    unsigned slot = 1;
    while (std::ranges::find(slots, slot) != slots.end())
        ++slot;
    return slot;
}

/// Entries by \p key, those with an empty key left out.
std::map<std::string, std::vector<stand_board>> boards_by(std::string upciedev::crate_entry::*key) {
    std::map<std::string, std::vector<stand_board>> result;
    for (const auto& each : boards())
        if (!(each.entry.*key).empty()) result[each.entry.*key].push_back(each);
    return result;
}

std::vector<stand_board> only(std::map<std::string, std::vector<stand_board>> groups, bool unique) {
    std::vector<stand_board> result;
    for (const auto& [key, group] : groups)
        if ((group.size() == 1) == unique) result.push_back(group.front());
    return result;
}

TEST_F(crate_row, lists_its_boards_in_slot_order) {
    const auto slots = occupied();
    ASSERT_FALSE(slots.empty()) << "no board in " << the_crate().uri();
    EXPECT_TRUE(std::ranges::is_sorted(slots));
    EXPECT_EQ(std::ranges::adjacent_find(slots), slots.end()) << "a slot is listed twice";
}

TEST_F(crate_row, opens_every_board_by_slot) {
    for (const unsigned slot : occupied()) {
        const auto board = the_crate().board(slot);
        visit(board);
        EXPECT_EQ(board.identity().slot, slot);
        EXPECT_NE(board.label().find(std::to_string(slot)), std::string::npos) << board.label();
        EXPECT_FALSE(board.gone());
        EXPECT_EQ(the_crate().board("slot:" + std::to_string(slot)).label(), board.label());
    }
}

TEST_F(crate_row, lists_what_the_boards_say_of_themselves) {
    for (const auto& [entry, board] : boards()) {
        visit(board);
        const auto who = board.identity();
        EXPECT_EQ(entry.slot, who.slot);
        EXPECT_EQ(entry.pci_address, who.pci_address);
        EXPECT_EQ(entry.ids.vendor, who.ids.vendor);
        EXPECT_EQ(entry.ids.device, who.ids.device);
        EXPECT_EQ(entry.transport, board.way().name());
    }
}

TEST_F(crate_row, opens_a_board_by_name) {
    NEED(unique, only(boards_by(&upciedev::crate_entry::name), true), "no board name is unique");
    for (const auto& [entry, board] : unique) {
        visit(board);
        EXPECT_EQ(the_crate().board(entry.name).label(), board.label());
    }
}

TEST_F(crate_row, lists_the_candidates_of_an_ambiguous_name) {
    NEED(several, only(boards_by(&upciedev::crate_entry::name), false),
         "no two boards are of a kind");
    for (const auto& [entry, board] : several) {
        visit(board);
        expect_error(errc::no_such_board, [&] { std::ignore = the_crate().board(entry.name); },
                     {entry.name, std::to_string(entry.slot.value())});
    }
}

TEST_F(crate_row, opens_a_board_by_alias) {
    NEED(aliased, only(boards_by(&upciedev::crate_entry::alias), true), "no board has an alias");
    for (const auto& [entry, board] : aliased) {
        visit(board);
        EXPECT_EQ(the_crate().board(entry.alias).label(), board.label());
        EXPECT_EQ(board.alias(), entry.alias);
    }
}

TEST_F(crate_row, opens_a_board_by_pci_address) {
    NEED(addressed, only(boards_by(&upciedev::crate_entry::pci_address), true),
         "simulated boards have no PCI address");
    for (const auto& [entry, board] : addressed) {
        visit(board);
        EXPECT_EQ(the_crate().board("pci:" + entry.pci_address).label(), board.label());
    }
}

TEST_F(crate_row, names_the_occupied_slots_when_one_is_empty) {
    const auto empty = an_empty_slot();
    const auto some = std::to_string(occupied().at(0));
    expect_error(errc::no_such_board, [&] { std::ignore = the_crate().board(empty); },
                 {"slot " + std::to_string(empty), some});
}

TEST_F(crate_row, refuses_an_unknown_board_name) {
    expect_error(errc::no_such_board, [] { std::ignore = the_crate().board("no-such-board"); },
                 {"no-such-board"});
    expect_error(errc::no_such_board, [] { std::ignore = the_crate().board("pci:0000:ff:1f.7"); },
                 {"0000:ff:1f.7"});
}

TEST_F(crate_row, handles_outlive_crate_and_board) {
    NEED(found, find_registers(reads_freely), "no register can be read freely");
    const auto& one = found.front();
    visit(one.board);
    const auto reg = [&] {
        return open_crate().board(one.board.identity().slot.value()).reg(one.path);
    }();
    EXPECT_NO_THROW(std::ignore = reg.raw());
}

TEST_F(crate_row, maps_what_its_capabilities_promise) {
    NEED(all, boards(), "no board can be opened");
    for (const auto& [entry, board] : all) {
        visit(board);
        auto& way = board.way();
        bool maps = false;
        for (unsigned index = 0; index < 6; ++index)
            maps = maps || way.map(index, 0, 4, false) != nullptr;
        const bool promised = way.capabilities().has(upciedev::capability::mapping);
        EXPECT_TRUE(promised || !maps) << board.label() << " maps what it does not promise";
        EXPECT_TRUE(maps || !way.bar(0).mapping.starts_with("all")) << board.label();
    }
}

} // namespace crate_rows
