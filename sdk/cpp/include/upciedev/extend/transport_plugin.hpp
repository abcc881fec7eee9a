// SPDX-License-Identifier: BSD-3-Clause
// For those who write a way to boards of their own; see docs/transports.md.
#pragma once

#include <upciedev/extend/transport.hpp>

#include <filesystem>

namespace upciedev {
inline namespace v1 {

/// A board that a plugin has found.
struct found_board {
    std::optional<unsigned> slot;
    std::string address; ///< by which open() finds it; of PCI devices "0000:03:00.0"
    board_ids ids;       ///< choose the board file
    std::string remark;  ///< why it cannot be opened, and the remedy; empty: it can
};

/// One kind of way to boards: all crates whose URI is "SCHEME" or "SCHEME:...". Thread-safe.
class UPCIEDEV_API transport_plugin {
  public:
    transport_plugin() = default;
    transport_plugin(const transport_plugin&) = delete;
    transport_plugin& operator=(const transport_plugin&) = delete;
    virtual ~transport_plugin() = default;

    /// How a URI is written: "sysfs", "image:FOLDER".
    [[nodiscard]] virtual std::string usage() const = 0;
    /// Which boards these are, in some words.
    [[nodiscard]] virtual std::string title() const = 0;
    /// What its boards can do at best.
    [[nodiscard]] virtual capability_set capabilities() const noexcept = 0;
    /// \param where what stands behind "SCHEME:" in the URI \throws error
    [[nodiscard]] virtual std::vector<found_board> list(const std::string& where) = 0;
    /// \param what one that list() gave \throws error: why it cannot be opened
    [[nodiscard]] virtual transport_ptr open(const std::string& where, const found_board& what) = 0;
};

/// Raised whenever `transport` or `transport_plugin` changes for those who implement it.
inline constexpr std::uint32_t transport_abi = 4;

/// What a plugin and the library both lay out in memory.
struct plugin_layout {
    std::uint32_t string = sizeof(std::string);
    std::uint32_t new_strings = _GLIBCXX_USE_CXX11_ABI;
    std::uint32_t path = sizeof(std::filesystem::path);
    std::uint32_t operation = sizeof(upciedev::operation);
    std::uint32_t outcome = sizeof(upciedev::outcome);
    std::uint32_t bar_facts = sizeof(upciedev::bar_facts);
    std::uint32_t board_identity = sizeof(upciedev::board_identity);
    std::uint32_t found_board = sizeof(upciedev::found_board);
    std::uint32_t capability_set = sizeof(upciedev::capability_set);
};

/// What the library looks at before it calls anything in a plugin. Its first three members never
/// change.
struct plugin_tag {
    std::uint32_t magic = 0x70637075; ///< "upcp"
    std::uint32_t size = sizeof(plugin_tag);
    std::uint32_t abi = transport_abi;
    plugin_layout layout{};
    const char* scheme = nullptr; ///< letters, digits and '-'; as in the file's name
    transport_plugin& (*instance)() = nullptr;
};

/// The one object of a plugin's class.
template <class Plugin>
transport_plugin& only_plugin() {
    static Plugin only;
    return only;
}

/// A transport that crate::open() knows.
struct transport_info {
    std::string scheme;         ///< "sysfs"
    std::string usage;          ///< how a URI is written
    std::string title;          ///< which boards these are
    capability_set can;         ///< what its boards can do at best
    std::filesystem::path file; ///< of the plugin; empty: part of the library
    std::string problem;        ///< why the plugin is refused, and the remedy; empty: it is not
};

/// Those of the library, then those of the plugins in $UPCIEDEV_TRANSPORTS (folders, with ':'
/// between them) and in the folder `upciedev` beside the library; loads them all.
UPCIEDEV_API std::vector<transport_info> transports();

} // namespace v1
} // namespace upciedev

/// Once in a plugin, outside of all namespaces; the library's file is
/// libupciedev-transport-SCHEME.so. Its only object of \p plugin_class is made when first used.
#define UPCIEDEV_TRANSPORT_PLUGIN(scheme_name, plugin_class)                                       \
    extern "C" UPCIEDEV_API const ::upciedev::plugin_tag upciedev_transport_plugin;                \
    const ::upciedev::plugin_tag upciedev_transport_plugin {                                       \
        .scheme = (scheme_name), .instance = &::upciedev::only_plugin<plugin_class>                \
    }
