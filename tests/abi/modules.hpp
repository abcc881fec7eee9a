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

// Gives a board to another driver, and back in the end.
class lent {
  public:
    lent(const board& which, const std::string& driver) : taken_{which}, which_{which} {
        write_file(override_, driver);
        write_file("/sys/bus/pci/drivers_probe", which.address);
    }
    ~lent() {
        if (!driver_of(which_).empty())
            write_file("/sys/bus/pci/devices/" + which_.address + "/driver/unbind", which_.address);
        write_file(override_, former_);
    }
    lent(const lent&) = delete;
    lent& operator=(const lent&) = delete;

  private:
    std::string read_override() const {
        const auto text = read_file(override_);
        return text == "(null)\n" ? "\n" : text;
    }
    unbound taken_;
    const board& which_;
    std::string override_ = "/sys/bus/pci/devices/" + which_.address + "/driver_override";
    std::string former_ = read_override();
};

// Has this kernel an opinion on peers of its own (PCI_P2PDMA)? 6.1 and 6.12 of Debian have not.
bool kernel_judges();

} // namespace raw
