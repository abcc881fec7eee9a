// SPDX-License-Identifier: BSD-3-Clause
#include "base/read_line.hpp"

#include <fstream>

namespace upciedev::inline v1::detail {

std::string read_line(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

} // namespace upciedev::inline v1::detail
