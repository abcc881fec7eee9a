// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/number_option.hpp"

#include "base/number_text.hpp"

#include <upciedev/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace cli {
namespace {

namespace detail = upciedev::detail;

constexpr std::uint64_t in_a_second = 1'000'000'000, in_a_millisecond = 1'000'000; // ns

/// \throws CLI::ValidationError naming the option
std::uint64_t number_in(const std::string& text, const std::string& name,
                        const detail::number_form& form) {
    try {
        return detail::parse_number(text, form);
    } catch (const upciedev::error& problem) {
        throw CLI::ValidationError(name, problem.what());
    }
}

void check(bool fits, const std::string& name, const std::string& text, const std::string& range) {
    if (!fits) throw CLI::ValidationError(name, fmt::format("'{}' is not {}", text, range));
}

CLI::Option* add(CLI::App& command, const std::string& name, const std::string& help,
                 const std::function<void(const std::string&)>& read) {
    return command.add_option_function<std::string>(name, read, help);
}

} // namespace

CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& to,
                      const std::string& help) {
    return add(command, name, help,
               [&to, name](const std::string& text) {
                   to = number_in(text, name, detail::size_form);
               })
        ->type_name("BYTES");
}

CLI::Option* add_count(CLI::App& command, const std::string& name,
                       std::function<void(std::uint64_t)> take, const std::string& help,
                       number_range range) {
    return add(command, name, help,
               [take = std::move(take), name, range](const std::string& text) {
                   const auto number = number_in(text, name, detail::count_form);
                   check(number >= range.least && number <= range.most, name, text,
                         fmt::format("from {} to {}", range.least, range.most));
                   take(number);
               })
        ->type_name("N");
}

CLI::Option* add_seconds(CLI::App& command, const std::string& name, double& seconds,
                         const std::string& help, time_range range) {
    auto* const option =
        add(command, name, help, [&seconds, name, range](const std::string& text) {
            const auto time = number_in(text, name, detail::seconds_form);
            seconds = static_cast<double>(time) / in_a_second;
            check(seconds >= range.least && seconds <= range.most, name, text,
                  fmt::format("from {:g} to {:.12g} seconds", range.least, range.most));
        })->type_name("SECONDS");
    return seconds == 0 ? option : option->default_str(fmt::format("{:g}", seconds));
}

CLI::Option* add_milliseconds(CLI::App& command, const std::string& name, unsigned& milliseconds,
                              const std::string& help, number_range range) {
    return add(command, name, help,
               [&milliseconds, name, range](const std::string& text) {
                   const auto time = number_in(text, name, detail::milliseconds_form);
                   check(time >= range.least * in_a_millisecond &&
                             time <= range.most * in_a_millisecond,
                         name, text,
                         fmt::format("from {} to {} milliseconds", range.least, range.most));
                   milliseconds =
                       static_cast<unsigned>((time + in_a_millisecond - 1) / in_a_millisecond);
               })
        ->type_name("MS")
        ->default_str(std::to_string(milliseconds));
}

} // namespace cli
