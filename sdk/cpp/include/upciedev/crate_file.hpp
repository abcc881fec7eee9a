// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// How QEMU plugs a board that is one of its own devices.
struct qemu_device {
    std::string device;               ///< argument of -device, without bus and id
    std::vector<std::string> objects; ///< arguments of -object
};

/// The board that should sit in a slot.
struct expected_board {
    std::string name;      ///< of the board file; empty: the ids tell
    match_description ids; ///< without registers
};

/// One of the crates that a file is about.
struct crate_part {
    std::string name;
    std::string title;
    std::string port; ///< PCI address of the port above it; empty: all boards of the machine
    // Of a simulated crate, as the driver's parameters of that name:
    bool peer_reads = false;        ///< engines may read from other boards
    bool peer_root_complex = false; ///< the root complex passes requests between boards
};

/// One slot of a crate file.
struct crate_slot {
    std::string crate;           ///< name of its crate
    unsigned slot = 0;           ///< physical slot number
    std::filesystem::path board; ///< board file, resolved against the crate file; may be empty
    std::string alias;           ///< may be empty
    std::string model;           ///< library of the board's behaviour, a path or a name; or empty
    std::string model_where;     ///< "file:line:column" of it
    /// Register path ("adc.ch[0].GAIN", "CTRL.ENABLE") -> engineering value at power-on.
    std::map<std::string, double> simulate;
    std::optional<qemu_device> qemu;
    std::optional<expected_board> expected;
    std::string where; ///< "file:line:column", for errors that are found later
};

/// A crate file (YAML, format 1): which boards sit where. Used for simulated crates, guests and,
/// the simulation parts ignored, real crates. One crate, or several on one CPU.
struct UPCIEDEV_API crate_file {
    std::string name; ///< of several crates: all, with commas between
    std::string title;
    std::string file;
    std::vector<crate_part> crates; ///< at least one, in the order of the file
    std::vector<crate_slot> slots;  ///< by crate, then ascending slot

    /// \throws error bad_board_file, where() = "file:line:column"
    static crate_file load(const std::filesystem::path& file);
    static crate_file parse(std::string_view text, const std::string& name);
};

} // namespace v1
} // namespace upciedev
