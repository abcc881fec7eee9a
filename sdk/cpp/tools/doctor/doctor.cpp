// SPDX-License-Identifier: BSD-3-Clause
#include "doctor/doctor.hpp"
#include "base/read_line.hpp"
#include "commands/commands.hpp"
#include "output/table.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

std::string_view word_of(verdict grade) {
    if (grade == verdict::ok) return "ok";
    return grade == verdict::note ? "note" : "problem";
}

std::size_t count_of(const patient& machine, verdict grade) {
    return static_cast<std::size_t>(std::ranges::count(machine.findings(), grade, &finding::grade));
}

nlohmann::ordered_json finding_json(const finding& what) {
    return {{"verdict", word_of(what.grade)},
            {"check", what.check},
            {"where", what.where},
            {"what", what.what},
            {"remedy", what.remedy}};
}

void findings_as_json(const patient& machine) {
    nlohmann::ordered_json json{{"healthy", count_of(machine, verdict::problem) == 0}};
    json["findings"] = nlohmann::ordered_json::array();
    for (const auto& each : machine.findings())
        json["findings"].push_back(finding_json(each));
    fmt::print("{}\n", json.dump(2));
}

void print_finding(const finding& what) {
    const auto colour = what.grade == verdict::ok     ? style::green
                        : what.grade == verdict::note ? style::cyan
                                                      : style::red;
    fmt::print("{}  {:<7}  {}{}{}\n", paint(colour, fmt::format("{:<7}", word_of(what.grade))),
               what.check, what.where, what.where.empty() ? "" : ": ", what.what);
    if (!what.remedy.empty()) fmt::print("{:18}remedy: {}\n", "", what.remedy);
}

} // namespace

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> all;
    std::error_code none;
    for (const auto& each : std::filesystem::directory_iterator(folder, none))
        all.push_back(each.path());
    std::ranges::sort(all);
    return all;
}

std::string patient::kernel_release() const {
    return upciedev::detail::read_line(at("proc/sys/kernel/osrelease"));
}

bool run_doctor(const common& options, const doctor_arguments& arguments) {
    patient machine(arguments.root);
    upciedev::board_library library({options.devices.begin(), options.devices.end()});
    check_driver(machine);
    check_rules(machine);
    check_access(machine);
    check_boards(machine, library);
    check_iommu(machine);
    check_memory_access(machine);
    const auto problems = count_of(machine, verdict::problem);
    if (options.json) {
        findings_as_json(machine);
        return problems == 0;
    }
    for (const auto& each : machine.findings())
        print_finding(each);
    fmt::print("{}, {}\n", counted(problems, "problem"),
               counted(count_of(machine, verdict::note), "note"));
    return problems == 0;
}

} // namespace cli
