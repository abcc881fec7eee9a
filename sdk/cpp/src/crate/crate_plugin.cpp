// SPDX-License-Identifier: BSD-3-Clause
// Crates whose boards a transport plugin finds and opens.
#include "base/joined.hpp"
#include "crate/crate_machine.hpp"
#include "plugins/plugin_loader.hpp"
#include "transport/builtin_transports.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev {
inline namespace v1 {
namespace {

class plugin_source final : public detail::machine_source {
  public:
    plugin_source(const std::string& uri, const detail::plugin_file& what, std::string where,
                  const crate_options& options)
        : machine_source(uri, options), scheme_(what.scheme), where_(std::move(where)),
          plugin_(detail::load_plugin(what)) {}

    std::vector<crate_entry> list(bool) override {
        std::vector<crate_entry> entries;
        for (const auto& found : plugin_.list(where_))
            entries.push_back(entry_of(found));
        return entries;
    }

    upciedev::board open(const crate_entry& what) override {
        return make_board_of(what, plugin_.open(where_, find(what)));
    }

  private:
    crate_entry entry_of(const found_board& found);
    found_board find(const crate_entry& what);

    std::string scheme_;
    std::string where_;
    transport_plugin& plugin_; // never unloaded
};

crate_entry plugin_source::entry_of(const found_board& found) {
    crate_entry entry;
    entry.slot = found.slot;
    entry.ids = found.ids;
    entry.pci_address = found.address;
    const auto open = [&] { return plugin_.open(where_, found); };
    const bool may_open = found.remark.empty();
    entry = describe(std::move(entry), may_open ? detail::way_opener(open) : nullptr);
    if (may_open)
        entry.transport = scheme_;
    else
        entry.remark = found.remark;
    return entry;
}

/// Anew: it may have left meanwhile.
found_board plugin_source::find(const crate_entry& what) {
    for (auto& found : plugin_.list(where_))
        if (found.address == what.pci_address && found.slot == what.slot) return std::move(found);
    throw error(errc::no_such_board, detail::describe(what), "has gone since it was listed");
}

transport_info info_of(const detail::plugin_file& what) {
    transport_info info{what.scheme, what.scheme, "", {}, what.file, ""};
    try {
        const auto& plugin = detail::load_plugin(what);
        info.usage = plugin.usage();
        info.title = plugin.title();
        info.can = plugin.capabilities();
    } catch (const error& refused) {
        info.problem = refused.what();
    }
    return info;
}

std::string names_of(const std::vector<detail::plugin_file>& files) {
    if (files.empty()) return "none";
    return fmt::format("'{}'", detail::joined(files, &detail::plugin_file::scheme, "', '"));
}

[[noreturn]] void refuse_uri(const std::string& uri,
                             const std::vector<detail::plugin_file>& files) {
    std::vector<std::string> folders;
    for (const auto& folder : detail::plugin_folders())
        folders.push_back(folder.string());
    throw error(errc::bad_value, {}, fmt::format("no crate is called '{}'", uri),
                fmt::format("crates are 'local' (boards of the upciedev driver), 'sim:FILE' "
                            "(simulated ones), 'crate:NAME' (of upciedev sim up), and those of the "
                            "transport plugins in {}: {}",
                            fmt::join(folders, " and "), names_of(files)));
}

} // namespace

namespace detail {

std::shared_ptr<crate::source> make_plugin_source(const std::string& uri,
                                                  const crate_options& options) {
    const auto scheme = uri.substr(0, uri.find(':'));
    const auto files = plugin_files();
    const auto found = std::ranges::find(files, scheme, &plugin_file::scheme);
    if (found == files.end()) refuse_uri(uri, files);
    auto where = scheme.size() < uri.size() ? uri.substr(scheme.size() + 1) : "";
    return std::make_shared<plugin_source>(uri, *found, std::move(where), options);
}

} // namespace detail

std::vector<transport_info> transports() {
    std::vector<transport_info> all{
        {"local",
         "local",
         "boards of this machine, through the driver",
         detail::chardev_can,
         {},
         {}},
        {"sim", "sim:FILE", "simulated boards, private to the process", detail::sim_can, {}, {}},
        {"crate",
         "crate:NAME",
         "simulated boards that programs share, see: upciedev sim",
         detail::crate_can,
         {},
         {}}};
    for (const auto& file : detail::plugin_files())
        all.push_back(info_of(file));
    return all;
}

} // namespace v1
} // namespace upciedev
