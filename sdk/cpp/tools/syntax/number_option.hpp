// SPDX-License-Identifier: BSD-3-Clause
// Options and arguments that are numbers. All are read by the library's parser (number_text.hpp);
// an error names the option, the text and what is accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace cli {

struct number_range {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

/// Of a slot; the largest number that a port can have is less.
inline constexpr number_range any_slot{0, 0xffffffff};

/// From, and up to, so many seconds.
struct time_range {
    double least = 0.001, most = 1e9;
};

/// Bytes: 64, 0x40, 4KiB, 1.5MiB, 4kB.
CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& to,
                      const std::string& help);

/// An integer from 0 up, decimal or 0x.
CLI::Option* add_count(CLI::App& command, const std::string& name,
                       std::function<void(std::uint64_t)> take, const std::string& help,
                       number_range range);
template <class T>
CLI::Option* add_count(CLI::App& command, const std::string& name, T& to, const std::string& help,
                       number_range range = {}) {
    return add_count(
        command, name, [&to](std::uint64_t number) { to = static_cast<T>(number); }, help, range);
}

/// A time: seconds, or a number with a unit: 500ms, 2min. A \p seconds that is not 0 is shown as
/// the default.
CLI::Option* add_seconds(CLI::App& command, const std::string& name, double& seconds,
                         const std::string& help, time_range range = {});
/// As above, in milliseconds.
CLI::Option* add_milliseconds(CLI::App& command, const std::string& name, unsigned& milliseconds,
                              const std::string& help, number_range range);

} // namespace cli
