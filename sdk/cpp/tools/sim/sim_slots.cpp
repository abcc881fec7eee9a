// SPDX-License-Identifier: BSD-3-Clause
#include "sim/sim_slots.hpp"

#include "simulation/process/crate_folder.hpp"
#include "simulation/process/slot_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>

namespace fs = std::filesystem;
namespace detail = upciedev::detail;
using upciedev::errc;
using upciedev::error;

namespace cli {
namespace {

constexpr int orderly_ms = 3000; // for a process to end by itself
constexpr int killed_ms = 5000;

slot_state state_of(const fs::path& folder, unsigned slot) {
    slot_state found{
        .slot = slot, .board = {}, .alias = {}, .title = {}, .process = 0, .state = "up"};
    try {
        const auto facts = detail::ask_slot(folder, slot);
        found.board = facts.board;
        found.alias = facts.alias;
        found.title = facts.title;
        found.process = facts.process;
    } catch (const error& refused) {
        const detail::slot_process behind(detail::access_socket(folder, slot), slot);
        found.process = behind.number();
        found.state = behind.there() ? "stuck" : "dead";
    }
    return found;
}

std::vector<slot_state> states_in(const fs::path& folder) {
    std::vector<std::future<slot_state>> asked;
    for (const unsigned slot : detail::slots_in(folder))
        asked.push_back(std::async(std::launch::async, state_of, folder, slot));
    std::vector<slot_state> all;
    all.reserve(asked.size());
    for (auto& each : asked)
        all.push_back(each.get());
    return all;
}

/// Slots of the crate file that nobody serves.
void add_unplugged(running_crate& crate) {
    try {
        for (const auto& each : upciedev::crate_file::load(crate.file).slots)
            if (!each.board.empty() &&
                std::ranges::find(crate.slots, each.slot, &slot_state::slot) == crate.slots.end())
                crate.slots.push_back({each.slot, "", each.alias, "", 0, "unplugged"});
    } catch (const error&) { // the file was changed since: what runs is listed all the same
        return;
    }
    std::ranges::sort(crate.slots, {}, &slot_state::slot);
}

/// The log stays.
void tidy(const fs::path& folder, unsigned slot) {
    std::error_code ignored;
    for (const auto* end : {"access", "vfio", "lines", "users"})
        fs::remove(folder / fmt::format("slot{}.{}", slot, end), ignored);
}

} // namespace

bool running_crate::dead() const {
    return std::ranges::any_of(slots, [](const auto& each) { return each.state == "dead"; }) &&
           std::ranges::none_of(slots, [](const auto& each) { return each.process != 0; });
}

running_crate find_crate(const std::string& name) {
    running_crate crate{
        .name = name, .folder = detail::crate_folder(name), .file = {}, .slots = {}};
    std::ifstream note(detail::crate_note(crate.folder));
    std::string file;
    if (!std::getline(note, file)) detail::refuse_not_running(name);
    crate.file = file;
    crate.slots = states_in(crate.folder);
    add_unplugged(crate);
    return crate;
}

std::vector<running_crate> find_crates() {
    std::vector<running_crate> all;
    for (const auto& name : detail::crate_names())
        all.push_back(find_crate(name));
    return all;
}

void stop_slots(const fs::path& folder, const std::vector<unsigned>& slots, bool surprise) {
    std::vector<detail::slot_process> all;
    all.reserve(slots.size());
    for (const unsigned slot : slots)
        all.emplace_back(detail::access_socket(folder, slot), slot);
    for (const auto& each : all)
        if (each.there()) each.signal(surprise ? SIGKILL : SIGTERM);
    const auto orderly = std::chrono::steady_clock::now() + std::chrono::milliseconds(orderly_ms);
    for (const auto& each : all) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            orderly - std::chrono::steady_clock::now());
        if (!each.there() || each.wait(std::max(0, static_cast<int>(left.count())))) continue;
        each.signal(SIGKILL);
        if (!each.wait(killed_ms))
            throw error(errc::timeout, folder.string(),
                        fmt::format("process {} does not end", each.number()));
    }
    for (const unsigned slot : slots) {
        detail::wait_for_users(folder, slot);
        tidy(folder, slot);
    }
}

} // namespace cli
