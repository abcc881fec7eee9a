// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"
#include "base/suggest.hpp"
#include "crate/crate_expected.hpp"
#include "crate/crate_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <tuple>

namespace upciedev {
inline namespace v1 {
namespace {

using entries = std::vector<crate_entry>;

/// "3, 7 and 8"
std::string enumerate(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
        text += words[i];
    }
    return text;
}

std::string occupied_slots(const entries& all) {
    std::set<unsigned> slots;
    for (const auto& one : all)
        if (one.slot && one.expected != expectation::missing) slots.insert(*one.slot);
    std::vector<std::string> words;
    words.reserve(slots.size());
    for (const unsigned slot : slots)
        words.push_back(std::to_string(slot));
    if (words.empty()) return "there are no boards in slots";
    return words.size() == 1 ? "the only board is in slot " + words[0]
                             : "boards are in slots " + enumerate(words);
}

std::optional<unsigned> parse_slot(std::string_view text) {
    unsigned slot = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, slot);
    if (problem != std::errc() || stop != end) return std::nullopt;
    return slot;
}

[[noreturn]] void refuse_slot(const entries& all, unsigned slot) {
    auto text = fmt::format("slot {} is empty", slot);
    for (const auto& one : all)
        if (one.slot == slot && !one.remark.empty()) text += "; " + one.remark;
    throw error(errc::no_such_board, {}, text, occupied_slots(all));
}

[[noreturn]] void refuse_crate(const entries& all, std::string_view crate) {
    std::set<std::string> names;
    for (const auto& one : all)
        if (!one.crate.empty()) names.insert(one.crate);
    throw error(errc::no_such_board, {}, fmt::format("no board is in a crate '{}'", crate),
                names.empty() ? "the crate file names no crate"
                              : "there are boards in " + enumerate({names.begin(), names.end()}));
}

[[noreturn]] void refuse_name(const entries& all, std::string_view name) {
    std::vector<std::string> names;
    std::vector<std::string> present;
    for (const auto& one : all) {
        if (one.expected == expectation::missing) continue;
        for (const auto* word : {&one.alias, &one.name, &one.pci_address})
            if (!word->empty()) names.push_back(*word);
        present.push_back(detail::describe(one));
    }
    std::string remedy = detail::did_you_mean(name, names);
    if (!remedy.empty()) remedy += "; ";
    remedy += present.empty() ? "the crate is empty" : "there are " + enumerate(present);
    auto text = fmt::format("no board is called '{}'", name);
    for (const auto& one : all)
        if (one.expected == expectation::missing && one.alias == name)
            text += fmt::format("; slot {} is empty; {}", *one.slot, one.remark);
    throw error(errc::no_such_board, {}, text, remedy);
}

[[noreturn]] void refuse_ambiguous(const entries& found, std::string_view name) {
    std::vector<std::string> present;
    const bool crates_differ = std::ranges::any_of(
        found, [&](const auto& one) { return one.crate != found.front().crate; });
    for (const auto& one : found)
        present.push_back(detail::describe(one, crates_differ));
    throw error(errc::no_such_board, {}, fmt::format("'{}' is ambiguous", name),
                "it may be " + enumerate(present));
}

template <class Wanted>
entries select(const entries& all, const Wanted& wanted) {
    entries found;
    std::ranges::copy_if(all, std::back_inserter(found), wanted);
    return found;
}

/// The one board among those found; a function nobody can open does not count beside one that can.
crate_entry only_one(const entries& found, std::string_view name) {
    if (found.size() == 1) return found.front();
    const auto usable = select(found, [](const auto& one) { return !one.transport.empty(); });
    if (usable.size() == 1) return usable.front();
    refuse_ambiguous(usable.empty() ? found : usable, name);
}

entries in_slot(const entries& all, unsigned slot) {
    return select(all, [&](const auto& one) { return one.slot == slot; });
}

/// By PCI address, else by alias, else by the name of the board file.
entries called(const entries& all, std::string_view name) {
    if (name.empty()) return {};
    std::string_view address = name;
    if (name.starts_with("pci:")) address.remove_prefix(4);
    for (const auto member : {&crate_entry::pci_address, &crate_entry::alias, &crate_entry::name}) {
        const auto wanted = member == &crate_entry::pci_address ? address : name;
        auto found =
            select(all, [&](const auto& one) { return !wanted.empty() && one.*member == wanted; });
        if (!found.empty()) return found;
    }
    return {};
}

/// First among the boards that are quickly found, then among all.
template <class Find>
entries look_up(crate::source& from, const Find& find) {
    auto found = find(from.list(false));
    return found.empty() ? find(from.list(true)) : found;
}

board open_and_tell(crate::source& from, const crate_entry& what) {
    auto opened = from.open(what);
    const auto& file = opened.description();
    detail::log_line(log_level::info,
                     fmt::format("{}: opened by {}, described by {}", opened.label(),
                                 opened.way().name(), file ? file->file : "no board file"));
    return opened;
}

std::string default_uri() {
    const char* uri = std::getenv("UPCIEDEV_CRATE"); // NOLINT(concurrency-mt-unsafe)
    return uri == nullptr || *uri == '\0' ? "local" : uri;
}

std::shared_ptr<crate::source> make_source(const std::string& uri, const crate_options& options) {
    if (uri == "local") return detail::make_local_source(options);
    if (uri.starts_with("sim:")) return detail::make_sim_source(uri, uri.substr(4), options);
    if (uri.starts_with("crate:")) return detail::make_running_source(uri, uri.substr(6), options);
    return detail::make_plugin_source(uri, options);
}

} // namespace

namespace detail {

std::string describe(const crate_entry& what, bool with_crate) {
    std::string text = !what.slot   ? what.pci_address
                       : with_crate ? fmt::format("{}/slot:{}", what.crate, *what.slot)
                                    : fmt::format("slot {}", *what.slot);
    std::vector<std::string> more;
    if (!what.alias.empty()) more.push_back(what.alias);
    if (!what.name.empty()) more.push_back(what.name);
    if (what.slot && !what.pci_address.empty()) more.push_back(what.pci_address);
    return more.empty() ? text : fmt::format("{} ({})", text, fmt::join(more, ", "));
}

void refuse_entry(const crate_entry& what) {
    throw error(errc::no_such_board, describe(what), "cannot be opened", what.remark);
}

} // namespace detail

crate::crate(std::shared_ptr<source> from) : source_(std::move(from)) {}

crate crate::open(const std::string& uri, const crate_options& options) {
    return crate(make_source(uri.empty() ? default_uri() : uri, options));
}

std::vector<crate_entry> crate::list() const {
    static constexpr unsigned behind_all = ~0U;
    auto all = source_->list(true);
    if (const auto* file = source_->file()) detail::compare_with_expected(*file, all);
    std::ranges::sort(all, {}, [](const auto& one) {
        return std::tuple(one.crate.empty(), one.crate, one.slot.value_or(behind_all),
                          one.pci_address);
    });
    return all;
}

board crate::board(unsigned slot) const {
    return board("slot:" + std::to_string(slot));
}

board crate::board(std::string_view name) const {
    const auto bar = name.find('/');
    const auto crate =
        bar == std::string_view::npos ? std::nullopt : std::optional(name.substr(0, bar));
    const auto rest = name.substr(crate ? bar + 1 : 0);
    const auto slot = rest.starts_with("slot:") ? parse_slot(rest.substr(5)) : std::nullopt;
    const auto mine = [&](const entries& all) {
        return select(all, [&](const auto& one) { return !crate || one.crate == *crate; });
    };
    const auto found = look_up(*source_, [&](const auto& all) {
        return slot ? in_slot(mine(all), *slot) : called(mine(all), rest);
    });
    if (!found.empty()) return open_and_tell(*source_, only_one(found, name));
    const auto all = list();
    if (crate && mine(all).empty()) refuse_crate(all, *crate);
    if (slot) refuse_slot(mine(all), *slot);
    refuse_name(all, name);
}

void crate::rescan() const {
    source_->rescan(std::nullopt);
}

void crate::rescan(unsigned slot) const {
    source_->rescan(slot);
}

std::string crate::uri() const {
    return source_->uri();
}

std::string crate::title() const {
    return source_->title();
}

std::string_view word_of(expectation what) noexcept {
    switch (what) {
    case expectation::met:
        return "met";
    case expectation::missing:
        return "missing";
    case expectation::wrong:
        return "wrong";
    case expectation::unexpected:
        return "unexpected";
    default:
        return "";
    }
}

} // namespace v1
} // namespace upciedev
