// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/generations.hpp"

#include <fstream>
#include <string>

namespace upciedev::slot {

generations::generations(const std::filesystem::path& folder, unsigned slot)
    : file_(folder / ("slot" + std::to_string(slot) + ".generation")) {
    std::ifstream(file_) >> before_; // where there is none yet, it stays 0
}

void generations::note(std::uint64_t last) const {
    std::ofstream(file_) << last << '\n';
}

} // namespace upciedev::slot
