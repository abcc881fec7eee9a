// SPDX-License-Identifier: BSD-3-Clause
#include "output/naming.hpp"
#include "description/ids_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace cli {

using upciedev::detail::ids_text;

std::string key_of(const upciedev::crate_entry& what) {
    if (!what.pci_address.empty()) return "pci:" + what.pci_address;
    const auto crate = what.crate.empty() ? "" : what.crate + "/";
    return fmt::format("{}slot:{}", crate, what.slot.value_or(0));
}

std::string entry_text(const upciedev::crate_entry& what) {
    auto text = what.slot ? fmt::format("slot {}", *what.slot) : "no slot";
    if (!what.crate.empty()) text = what.crate + " " + text;
    text += what.name.empty() ? fmt::format(" {}", ids_text(what.ids)) : " " + what.name;
    return what.pci_address.empty() ? text : fmt::format("{} ({})", text, what.pci_address);
}

std::string slot_text(const upciedev::crate_entry& what, bool with_crate) {
    if (!what.slot) return "-";
    const auto slot = std::to_string(*what.slot);
    return with_crate && !what.crate.empty() ? what.crate + "/slot:" + slot : slot;
}

nlohmann::ordered_json entry_json(const upciedev::crate_entry& what) {
    nlohmann::ordered_json result;
    const auto expected = upciedev::word_of(what.expected);
    result["crate"] = what.crate;
    result["slot"] = what.slot ? nlohmann::ordered_json(*what.slot) : nullptr;
    result["board"] = what.name;
    result["alias"] = what.alias;
    result["title"] = what.title;
    result["address"] = what.pci_address;
    result["ids"] = ids_text(what.ids);
    result["transport"] = what.transport;
    result["expected"] = expected.empty() ? nullptr : nlohmann::ordered_json(expected);
    result["remark"] = what.remark;
    return result;
}

nlohmann::ordered_json claimed_json(const std::optional<upciedev::claimant>& who) {
    if (!who) return nullptr;
    return {{"process", who->process}, {"program", who->program}};
}

std::string utc_now() {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       now.time_since_epoch().count() % 1000);
}

} // namespace cli
