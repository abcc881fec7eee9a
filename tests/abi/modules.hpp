// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "harness.hpp"

namespace raw {

// Of the guest's own kernel. Each returns 0, or the errno of the call.
int load_module(const std::string& name, const std::string& parameters);
int unload_module(const char* name);

// A bool of a module.
void set_parameter(const std::string& module, const std::string& name, bool on);

} // namespace raw
