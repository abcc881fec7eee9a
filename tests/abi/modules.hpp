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

// A parameter of the base driver, for the length of a test.
class policy {
  public:
    explicit policy(std::string name, bool on = true) : name_{std::move(name)} {
        set_parameter("upciedev", name_, on);
    }
    ~policy() { set_parameter("upciedev", name_, false); }
    policy(const policy&) = delete;
    policy& operator=(const policy&) = delete;

  private:
    std::string name_;
};

// Has this kernel an opinion on peers of its own (PCI_P2PDMA)? 6.1 and 6.12 of Debian have not.
bool kernel_judges();

} // namespace raw
