// SPDX-License-Identifier: BSD-3-Clause
#include "output/table.hpp"
#include "sim/sim_slots.hpp"
#include "syntax/sim_syntax.hpp"

#include "simulation/process/crate_folder.hpp"
#include "simulation/process/slot_link.hpp"

#include <upciedev/extend/model.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>

namespace fs = std::filesystem;
namespace detail = upciedev::detail;
using upciedev::errc;
using upciedev::error;

namespace cli {
namespace {

/// One command at a time changes crates.
class crates_lock {
  public:
    crates_lock() {
        const auto folder = detail::crates_folder();
        fs::create_directories(folder);
        file_ =
            detail::unique_fd(open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file_ || flock(file_.get(), LOCK_EX) != 0)
            throw error(errc::io_error, folder.string(), "cannot be written to", {},
                        {errno, std::generic_category()});
    }

  private:
    detail::unique_fd file_;
};

std::vector<unsigned> slots_of(const running_crate& crate) {
    std::vector<unsigned> slots;
    for (const auto& each : crate.slots)
        if (each.state != "unplugged") slots.push_back(each.slot);
    return slots;
}

std::vector<unsigned> slots_to_start(const upciedev::crate_file& crate) {
    if (crate.crates.size() > 1)
        throw error(errc::not_supported, crate.file, "has several crates",
                    "make a file for each of them");
    std::vector<unsigned> slots;
    for (const auto& each : crate.slots)
        if (!each.board.empty()) slots.push_back(each.slot);
    if (slots.empty())
        throw error(errc::no_such_board, crate.file, "no slot has a 'board' to simulate");
    return slots;
}

void clean_up(const running_crate& crate) {
    fmt::print(stderr, "upciedev: crate '{}' had died; what it left is cleaned up\n", crate.name);
    fs::remove_all(crate.folder);
}

void refuse_if_up(const std::string& name, const fs::path& folder) {
    if (!fs::exists(detail::crate_note(folder))) return;
    const auto crate = find_crate(name);
    if (!crate.dead())
        throw error(errc::busy, {}, fmt::format("crate '{}' is up already", name),
                    fmt::format("give this one another --name, or: upciedev sim down {}", name));
    clean_up(crate);
}

void make_folder(const fs::path& folder, const fs::path& crate_file) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw error(errc::io_error, folder.string(), "cannot be made", {},
                    {errno, std::generic_category()});
    std::ofstream note(detail::crate_note(folder));
    note << crate_file.string() << '\n' << std::flush;
    if (!note) throw error(errc::io_error, folder.string(), "cannot be written to");
}

nlohmann::ordered_json to_json(const running_crate& crate) {
    auto slots = nlohmann::ordered_json::array();
    for (const auto& each : crate.slots)
        slots.push_back({{"slot", each.slot},
                         {"board", each.board},
                         {"alias", each.alias},
                         {"process", each.process},
                         {"state", each.state}});
    return {{"crate", crate.name},
            {"file", crate.file.string()},
            {"folder", crate.folder.string()},
            {"slots", slots}};
}

void print_crates(const std::vector<running_crate>& crates) {
    table rows({style::bold, style::bold, style::green, style::cyan, style::dim, style::plain});
    rows.align_right(1);
    rows.heading({"crate", "slot", "board", "alias", "process", "state"});
    for (const auto& crate : crates)
        for (const auto& each : crate.slots)
            rows.row({crate.name, std::to_string(each.slot), each.board, each.alias,
                      each.process == 0 ? "" : std::to_string(each.process), each.state});
    rows.print();
}

const slot_state& find_slot(const running_crate& crate, unsigned slot) {
    const auto found = std::ranges::find(crate.slots, slot, &slot_state::slot);
    if (found == crate.slots.end())
        throw error(errc::no_such_board, fmt::format("slot {}", slot),
                    fmt::format("crate '{}' has no board for it", crate.name),
                    "'upciedev sim ls' lists those that it has");
    return *found;
}

/// The faults that are on, after \p request.
std::uint64_t ask_fault(detail::slot_link& link, const detail::slot_wire::fault_request& request) {
    const auto answer = link.ask(detail::slot_wire::call::fault, request);
    if (answer.error != 0) link.refuse(answer.error);
    return answer.body().take<std::uint64_t>();
}

void print_faults(const common& options, std::uint64_t on) {
    nlohmann::ordered_json shape;
    table rows({style::plain, style::yellow});
    for (const auto each : upciedev::all_model_faults()) {
        const bool is_on = (on >> static_cast<unsigned>(each) & 1U) != 0;
        shape[std::string(name_of(each))] = is_on;
        rows.row({std::string(name_of(each)), is_on ? "on" : "off"});
    }
    if (options.json) return fmt::print("{}\n", shape.dump(2));
    rows.print();
}

} // namespace

void run_sim_up(const common& options, const sim_arguments& arguments) {
    const auto file = fs::absolute(arguments.file).lexically_normal();
    const auto described = upciedev::crate_file::load(file);
    const auto slots = slots_to_start(described);
    const auto name = arguments.name.empty() ? described.name : arguments.name;
    const auto folder = detail::crate_folder(name);
    const crates_lock alone;
    refuse_if_up(name, folder);
    const interrupts ctrl_c;
    make_folder(folder, file);
    try {
        start_slots(folder, file, slots, ctrl_c);
    } catch (...) {
        fs::remove_all(folder);
        throw;
    }
    const auto crate = find_crate(name);
    if (options.json) return fmt::print("{}\n", to_json(crate).dump(2));
    print_crates({crate});
    fmt::print("\nexport UPCIEDEV_CRATE=crate:{}\n", name);
}

void run_sim_ls(const common& options) {
    auto crates = find_crates();
    std::erase_if(crates, [](const auto& each) {
        if (each.dead()) clean_up(each);
        return each.dead();
    });
    if (options.json) {
        auto all = nlohmann::ordered_json::array();
        for (const auto& each : crates)
            all.push_back(to_json(each));
        return fmt::print("{}\n", nlohmann::ordered_json{{"crates", all}}.dump(2));
    }
    if (crates.empty()) return fmt::print("no crate is running\n");
    print_crates(crates);
}

void run_sim_down(const sim_arguments& arguments) {
    const crates_lock alone;
    const auto crate = find_crate(arguments.name);
    stop_slots(crate.folder, slots_of(crate), false);
    fs::remove_all(crate.folder);
}

void run_sim_plug(const sim_arguments& arguments) {
    const crates_lock alone;
    const auto crate = find_crate(arguments.name);
    const auto& slot = find_slot(crate, arguments.slot);
    if (slot.process != 0)
        throw error(errc::busy, fmt::format("slot {}", slot.slot),
                    fmt::format("has its board, in process {}", slot.process),
                    "take it out first: upciedev sim unplug");
    const interrupts ctrl_c;
    start_slots(crate.folder, crate.file, {slot.slot}, ctrl_c);
}

void run_sim_unplug(const sim_arguments& arguments) {
    const crates_lock alone;
    const auto crate = find_crate(arguments.name);
    const auto& slot = find_slot(crate, arguments.slot);
    if (slot.state == "unplugged")
        throw error(errc::no_such_board, fmt::format("slot {}", slot.slot), "is empty already");
    stop_slots(crate.folder, {slot.slot}, arguments.surprise);
}

void run_sim_fault(const common& options, const sim_arguments& arguments) {
    using detail::slot_wire::fault_request;
    fault_request request;
    if (!arguments.fault.empty()) {
        request.fault = static_cast<std::uint32_t>(upciedev::model_fault_of(arguments.fault));
        request.action =
            arguments.state == "on" ? fault_request::switch_on : fault_request::switch_off;
    }
    const auto folder = detail::crate_folder(arguments.name);
    if (!fs::exists(detail::crate_note(folder))) std::ignore = find_crate(arguments.name);
    detail::slot_link link(detail::access_socket(folder, arguments.slot), arguments.slot);
    const auto on = ask_fault(link, request);
    if (request.action == fault_request::ask) print_faults(options, on);
}

} // namespace cli
