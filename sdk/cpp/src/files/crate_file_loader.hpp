// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "files/yaml_reader.hpp"

#include <upciedev/crate_file.hpp>

namespace upciedev::inline v1::detail {

/// A whole crate file; the board files that it names are not looked at.
void read_crate(const yaml_node& root, crate_file& crate, diagnostics& sink);

/// The key `model` of a slot: an absolute path, or a name; empty without it.
std::string read_model(const yaml_node* node, diagnostics& sink);

/// The keys `vendor`, `device`, `subvendor`, `subdevice` alone.
match_description read_ids(const yaml_node& node, diagnostics& sink);

} // namespace upciedev::inline v1::detail
