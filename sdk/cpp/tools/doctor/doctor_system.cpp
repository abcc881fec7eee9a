// SPDX-License-Identifier: BSD-3-Clause
// The checks of `doctor` that look at the machine as a whole: driver, rights, kernel.
#include "base/read_line.hpp"
#include "doctor/doctor.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <fmt/format.h>
#include <linux/upciedev.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

namespace fs = std::filesystem;
using upciedev::detail::read_line;

constexpr const char* group_name = "mtca";
constexpr mode_t group_may_both = S_IRGRP | S_IWGRP;

/// Secure boot: the kernel takes signed modules only, and gives no BAR to user space.
bool locked_down(const patient& machine) {
    const auto mode = read_line(machine.at("sys/kernel/security/lockdown"));
    return mode.find('[') != std::string::npos && mode.find("[none]") == std::string::npos;
}

bool is_installed(const patient& machine) {
    const auto modules = machine.at("lib/modules") / machine.kernel_release();
    std::error_code none;
    for (auto at = fs::recursive_directory_iterator(modules, none);
         at != fs::recursive_directory_iterator(); at.increment(none))
        if (at->path().filename().string().starts_with("upciedev.ko")) return true;
    return false;
}

void tell_not_loaded(patient& machine) {
    const std::string signing =
        locked_down(machine)
            ? "; this kernel takes only modules signed with a key it knows (mokutil)"
            : "";
    if (is_installed(machine))
        return machine.add({verdict::problem, "driver", "", "the module upciedev is not loaded",
                            fmt::format("modprobe upciedev, and the plugins of the cards: modprobe "
                                        "upciedev_generic{}",
                                        signing)});
    machine.add({verdict::problem, "driver", "",
                 fmt::format("the module upciedev is neither loaded nor installed for the kernel "
                             "{}",
                             machine.kernel_release()),
                 fmt::format("build and install it for this kernel; without it, boards are reached "
                             "by --crate sysfs (root) and simulated ones by --crate sim:FILE{}",
                             signing)});
}

std::string loaded_plugins(const patient& machine) {
    std::vector<std::string> names;
    constexpr std::string_view prefix = "upciedev_";
    for (const auto& each : entries_of(machine.at("sys/module")))
        if (const auto name = each.filename().string(); name.starts_with(prefix))
            names.push_back(name.substr(prefix.size()));
    return names.empty() ? "no plugin" : fmt::format("plugins {}", fmt::join(names, ", "));
}

/// All boards say the same; 0 where there is none to ask.
int driver_abi(const patient& machine) {
    int abi = 0;
    for (const auto& board : entries_of(machine.at("sys/class/upciedev"))) {
        const auto text = read_line(board / "abi");
        std::from_chars(text.data(), text.data() + text.size(), abi);
    }
    return abi;
}

void check_plugins(patient& machine) {
    for (const auto& each : entries_of(machine.at("sys/module")))
        if (each.filename().string().starts_with("upciedev_")) return;
    machine.add({verdict::problem, "driver", "", "no card plugin is loaded, so no board is held",
                 "modprobe the plugin of the card, or upciedev_generic"});
}

/// What a line of /etc/group tells.
struct group_entry {
    gid_t number = 0;
    std::string members; ///< ',' between
};

std::optional<group_entry> find_group(const patient& machine) {
    std::ifstream lines(machine.at("etc/group"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(std::string(group_name) + ":")) continue;
        const auto number = line.find(':', line.find(':') + 1) + 1;
        group_entry group;
        const auto read =
            std::from_chars(line.data() + number, line.data() + line.size(), group.number);
        if (read.ec != std::errc() || *read.ptr != ':') return std::nullopt;
        group.members = read.ptr + 1;
        return group;
    }
    return std::nullopt;
}

bool in_group(gid_t number) {
    std::array<gid_t, 1024> mine{};
    const int count = getgroups(static_cast<int>(mine.size()), mine.data());
    return getegid() == number || std::find(mine.begin(), mine.begin() + std::max(count, 0),
                                            number) != mine.begin() + std::max(count, 0);
}

std::string user_name() {
    if (geteuid() == 0) return "root";
    const char* name = std::getenv("USER"); // NOLINT(concurrency-mt-unsafe): one thread
    return name == nullptr || *name == '\0' ? std::to_string(geteuid()) : name;
}

bool is_listed(const group_entry& group, const std::string& user) {
    return ("," + group.members + ",").find("," + user + ",") != std::string::npos;
}

void tell_no_rights(patient& machine, const std::string& node, const group_entry& group) {
    const auto user = user_name();
    const auto remedy =
        in_group(group.number)   ? "see the node's mode and access list: getfacl " + node
        : is_listed(group, user) ? "log in again, or: newgrp mtca"
                                 : fmt::format("sudo usermod -aG {} {}; then log in "
                                               "again",
                                               group_name, user);
    machine.add({verdict::problem, "access", node,
                 fmt::format("{} may not read and write it", user), remedy});
}

/// \returns whether all is well
bool check_node(patient& machine, const fs::path& node, const std::optional<group_entry>& group) {
    const auto name = "/dev/upciedev/" + node.filename().string();
    struct stat facts {};
    if (stat(node.c_str(), &facts) != 0) return true; // has just left
    if (!group || facts.st_gid != group->number ||
        (facts.st_mode & group_may_both) != group_may_both) {
        machine.add({verdict::problem, "access", name,
                     fmt::format("is not for the group {} (group {}, mode {:o})", group_name,
                                 facts.st_gid, facts.st_mode & 07777U),
                     "install the udev rules; then: udevadm control --reload; udevadm trigger -s "
                     "upciedev"});
        return false;
    }
    if (::access(node.c_str(), R_OK | W_OK) == 0) return true;
    tell_no_rights(machine, name, *group);
    return false;
}

std::vector<fs::path> nodes_of(const patient& machine) {
    auto nodes = entries_of(machine.at("dev/upciedev"));
    std::erase_if(nodes, [](const auto& each) { return fs::is_symlink(each); });
    return nodes;
}

bool has_node(const std::vector<fs::path>& nodes, const std::string& board) {
    return std::ranges::any_of(nodes, [&](const auto& node) { return node.filename() == board; });
}

bool kernel_has(const patient& machine, const std::string& option) {
    std::ifstream config(machine.at("boot/config-" + machine.kernel_release()));
    for (std::string line; std::getline(config, line);)
        if (line == option + "=y") return true;
    return false;
}

} // namespace

void check_driver(patient& machine) {
    const auto module = machine.at("sys/module/upciedev");
    if (!fs::exists(module)) return tell_not_loaded(machine);
    const auto version = read_line(module / "version");
    const int abi = driver_abi(machine);
    if (abi != 0 && abi != UPCIEDEV_ABI_VERSION)
        return machine.add(
            {verdict::problem, "driver", "",
             fmt::format("the loaded driver {} has ABI {}, this library ABI {}", version, abi,
                         UPCIEDEV_ABI_VERSION),
             "install driver and library of one version; then unload the old modules (rmmod the "
             "plugins, then upciedev) and load them anew"});
    machine.add({verdict::ok, "driver", "",
                 fmt::format("upciedev {} is loaded, {}", version, loaded_plugins(machine)), ""});
    check_plugins(machine);
}

void check_rules(patient& machine) {
    const auto group = find_group(machine);
    if (!group)
        machine.add({verdict::problem, "rules", "",
                     fmt::format("there is no group {}, whose members may use boards", group_name),
                     fmt::format("sudo groupadd -r {0}; sudo usermod -aG {0} {1}", group_name,
                                 user_name())});
    const char* file = "60-upciedev.rules";
    const auto is_there = [&](const char* folder) { return fs::exists(machine.at(folder) / file); };
    constexpr std::array folders = {"etc/udev/rules.d", "run/udev/rules.d",
                                    "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d",
                                    "lib/udev/rules.d"};
    if (std::ranges::none_of(folders, is_there))
        return machine.add(
            {verdict::problem, "rules", "",
             fmt::format("the udev rules are not installed ({})", file),
             "copy packaging/udev/60-upciedev.rules to /etc/udev/rules.d; then: udevadm control "
             "--reload; udevadm trigger -s upciedev"});
    if (group) machine.add({verdict::ok, "rules", "", "udev rules and group are there", ""});
}

void check_access(patient& machine) {
    const auto nodes = nodes_of(machine);
    const auto group = find_group(machine);
    const auto bad = std::ranges::count_if(
        nodes, [&](const auto& node) { return !check_node(machine, node, group); });
    for (const auto& board : entries_of(machine.at("sys/class/upciedev")))
        if (!has_node(nodes, board.filename()))
            machine.add({verdict::problem, "access", board.filename(),
                         "the driver holds it, but there is no node in /dev/upciedev",
                         "is /dev a devtmpfs of this system, or a container's?"});
    if (bad == 0 && !nodes.empty())
        machine.add({verdict::ok, "access", "",
                     fmt::format("{} may use all of {} boards", user_name(), nodes.size()), ""});
}

void check_iommu(patient& machine) {
    const auto groups = entries_of(machine.at("sys/kernel/iommu_groups"));
    if (groups.empty())
        return machine.add(
            {verdict::note, "iommu", "", "no IOMMU is in use: DMA of a board reaches all memory",
             "to confine boards, switch VT-d or AMD-Vi on in the firmware set-up and "
             "boot with intel_iommu=on (Intel) or amd_iommu=on"});
    const bool translates = std::ranges::any_of(
        groups, [](const auto& group) { return read_line(group / "type").starts_with("DMA"); });
    if (translates)
        return machine.add({verdict::ok, "iommu", "",
                            fmt::format("an IOMMU translates, {} groups", groups.size()), ""});
    machine.add({verdict::note, "iommu", "",
                 "the IOMMU passes everything through: DMA of a board reaches all memory",
                 "boot with iommu.passthrough=0, and without iommu=pt, to confine boards"});
}

void check_memory_access(patient& machine) {
    if (locked_down(machine))
        return machine.add({verdict::note, "kernel", "",
                            "locked down (secure boot): --crate sysfs cannot reach boards, and "
                            "modules must be signed",
                            "use the driver, or switch secure boot off"});
    const bool relaxed =
        read_line(machine.at("proc/cmdline")).find("iomem=relaxed") != std::string::npos;
    if (kernel_has(machine, "CONFIG_IO_STRICT_DEVMEM") && !relaxed)
        machine.add({verdict::ok, "kernel", "",
                     "IO_STRICT_DEVMEM: --crate sysfs reaches boards that no driver holds", ""});
}

} // namespace cli
