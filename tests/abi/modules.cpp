// SPDX-License-Identifier: BSD-3-Clause
#include "modules.hpp"

#include <cstdlib>

#include <sys/syscall.h>
#include <unistd.h>

namespace raw {

int load_module(const std::string& name, const std::string& parameters) {
    const char* out = std::getenv("UPCIEDEV_OUT"); // set by ./dev guest
    const auto object =
        open_node(std::string{out ? out : "."} + "/modules/" + name + ".ko", O_RDONLY);
    return ::syscall(SYS_finit_module, object.get(), parameters.c_str(), 0) < 0 ? errno : 0;
}

int unload_module(const char* name) {
    return ::syscall(SYS_delete_module, name, O_NONBLOCK) < 0 ? errno : 0;
}

std::string parameter(const std::string& module, const std::string& name) {
    return "/sys/module/" + module + "/parameters/" + name;
}

void set_parameter(const std::string& module, const std::string& name, bool on) {
    write_file(parameter(module, name), on ? "Y" : "N");
}

bool kernel_judges() {
    return read_file("/proc/kallsyms").find(" pci_p2pdma_distance_many\n") != std::string::npos;
}

} // namespace raw
