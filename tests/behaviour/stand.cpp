// SPDX-License-Identifier: BSD-3-Clause
#include "stand.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace behaviour {

settings options;

upciedev::crate open_crate() {
    upciedev::crate_options how;
    how.devices.assign(options.devices.begin(), options.devices.end());
    how.names = options.names;
    return upciedev::crate::open(options.uri, how);
}

const upciedev::crate& the_crate() {
    static const auto crate = open_crate();
    return crate;
}

namespace {

upciedev::board open_board(const upciedev::crate_entry& entry) {
    if (entry.slot) return the_crate().board(*entry.slot);
    return the_crate().board("pci:" + entry.pci_address);
}

std::vector<stand_board> open_all() {
    std::vector<stand_board> all;
    for (const auto& entry : the_crate().list())
        if (!entry.transport.empty()) all.push_back({entry, open_board(entry)});
    return all;
}

} // namespace

namespace {

std::vector<stand_board> opened;
bool is_stale = true;

} // namespace

const std::vector<stand_board>& boards() {
    if (is_stale) opened = open_all();
    is_stale = false;
    return opened;
}

void renew_boards() {
    is_stale = true;
}

std::string transport_name() {
    return boards().empty() ? "none" : boards().front().board.way().name();
}

upciedev::capability_set common_capabilities() {
    if (boards().empty()) return {};
    auto common = boards().front().board.way().capabilities();
    for (const auto& each : boards())
        common = common.with_only(each.board.way().capabilities());
    return common;
}

std::string missing_capability(upciedev::capability which) {
    if (common_capabilities().has(which)) return {};
    return transport_name() + " has no " + std::string(name(which));
}

std::vector<found_register> find_registers(const register_wish& wanted) {
    std::vector<found_register> found;
    for (const auto& [entry, board] : boards()) {
        if (!board.description()) continue;
        const auto all = board.description()->all_registers();
        const auto first = std::ranges::find_if(
            all, [&](const auto& each) { return wanted(*each.second.description); });
        if (first != all.end()) found.push_back({board, first->first, first->second.description});
    }
    return found;
}

std::vector<found_area> find_areas(const area_wish& wanted) {
    std::vector<found_area> found;
    for (const auto& [entry, board] : boards()) {
        if (!board.description()) continue;
        const auto& all = board.description()->areas;
        const auto first = std::ranges::find_if(all, wanted);
        if (first != all.end()) found.push_back({board, &*first});
    }
    return found;
}

bool reads_freely(const upciedev::register_description& what) {
    const auto quiet = [](const auto& part) { return part.on_read == upciedev::read_effect::none; };
    return what.access != upciedev::access::wo && quiet(what) &&
           std::ranges::all_of(what.fields, quiet);
}

bool is_plain(const upciedev::register_description& what) {
    const auto quiet = [](const auto& part) {
        return part.on_write == upciedev::write_effect::none && part.access == upciedev::access::rw;
    };
    return reads_freely(what) && quiet(what) && std::ranges::all_of(what.fields, quiet) &&
           !what.guard && !what.enables_interrupts;
}

namespace {

/// Of QEMU's edu and pci-testdev: a board file cannot say that a register answers, computes or
/// selects something.
bool inverts(const upciedev::register_description& what) {
    return what.path == "LIVENESS";
}

bool does_work(const upciedev::register_description& what) {
    return inverts(what) || what.path == "FACTORIAL" || what.path == "TEST";
}

} // namespace

std::uint64_t found_register::answer(std::uint64_t bits) const {
    return inverts(*about) ? ~bits & low_bits(about->width) : bits;
}

bool is_answering(const upciedev::register_description& what) {
    return is_scratch(what) || inverts(what);
}

std::vector<found_channel> find_channels() {
    std::vector<found_channel> found;
    for (const auto& each : boards()) {
        const auto& board = each.board;
        if (!board.way().capabilities().has(upciedev::capability::dma) || !board.description())
            continue;
        for (const auto& what : board.description()->dma)
            try {
                found.push_back({board, board.dma(what.name)});
            } catch (const upciedev::error& reason) {
                if (reason.kind() != upciedev::errc::not_supported) throw;
            }
    }
    return found;
}

bool is_scratch(const upciedev::register_description& what) {
    return is_plain(what) && !does_work(what) && what.fields.empty() && what.values.empty() &&
           !what.range && what.convert.type.bits == what.width;
}

std::uint64_t low_bits(unsigned width) {
    return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

std::vector<std::uint64_t> patterns(unsigned width) {
    std::vector<std::uint64_t> result{0,
                                      ~std::uint64_t{0},
                                      0x5a5a5a5a5a5a5a5a,
                                      0x0123456789abcdef,
                                      std::uint64_t{1} << (width - 1),
                                      1};
    for (auto& bits : result)
        bits &= low_bits(width);
    return result;
}

std::vector<upciedev::value> exact_values(const upciedev::register_description& what) {
    std::vector<upciedev::value> result;
    if (!what.range)
        for (const std::uint64_t bits : {0, 1, 3})
            result.push_back(decode(what.convert, bits));
    else
        for (const double part : {0.25, 0.5, 0.75}) {
            const auto number = what.range->first + part * (what.range->second - what.range->first);
            result.push_back(decode(what.convert, encode(what.convert, number)));
        }
    return result;
}

restore::~restore() {
    try {
        what_.write_raw(bits_);
    } catch (const upciedev::error& failure) {
        ADD_FAILURE() << "cannot restore: " << failure.what();
    }
}

void row::TearDown() {
    RecordProperty("boards", fmt::format("{}", fmt::join(visited_, ", ")));
}

void expect_error(upciedev::errc kind, const std::function<void()>& act,
                  std::initializer_list<std::string_view> mentions) {
    try {
        act();
    } catch (const upciedev::error& failure) {
        EXPECT_EQ(failure.kind(), kind) << failure.what();
        for (const auto word : mentions)
            EXPECT_NE(std::string_view(failure.what()).find(word), std::string_view::npos)
                << "'" << word << "' is missing in: " << failure.what();
        return;
    }
    ADD_FAILURE() << "no error, " << upciedev::make_error_code(kind).message() << " expected";
}

} // namespace behaviour
