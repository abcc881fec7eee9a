// SPDX-License-Identifier: BSD-3-Clause
// Kernel modules of the tests, and boards lent to them.
#pragma once

#include "harness.hpp"

namespace raw {

// Each returns 0, or the errno of the call.
int load_module(const std::string& name, const std::string& parameters = "");
int unload_module(const char* name);

std::string parameter(const std::string& module, const std::string& name); // its file
void set_parameter(const std::string& module, const std::string& name, bool on);

} // namespace raw
