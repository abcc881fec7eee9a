// SPDX-License-Identifier: BSD-3-Clause
#include "base/number_text.hpp"

#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace upciedev::inline v1::detail {
namespace {

__extension__ using wide = unsigned __int128;

constexpr std::size_t most_fraction_digits = 18; // so that the product with any unit fits

constexpr std::uint64_t KiB = 1ULL << 10U, MiB = 1ULL << 20U, GiB = 1ULL << 30U, TiB = 1ULL << 40U;
constexpr std::uint64_t thousand = 1000, million = 1'000'000, billion = 1'000'000'000;

constexpr std::array<number_unit, 3> file_units{{{"KiB", KiB}, {"MiB", MiB}, {"GiB", GiB}}};
constexpr std::array<number_unit, 9> size_units{{{"B", 1},
                                                 {"KiB", KiB},
                                                 {"MiB", MiB},
                                                 {"GiB", GiB},
                                                 {"TiB", TiB},
                                                 {"kB", thousand},
                                                 {"MB", million},
                                                 {"GB", billion},
                                                 {"TB", thousand* billion}}};
constexpr std::array<number_unit, 6> time_units{{{"ns", 1},
                                                 {"us", thousand},
                                                 {"ms", million},
                                                 {"s", billion},
                                                 {"min", 60 * billion},
                                                 {"h", 3600 * billion}}};
constexpr std::string_view plain_forms = "write it decimal (12) or hexadecimal (0x1f)";

[[noreturn]] void refuse(std::string_view text, const number_form& form) {
    throw error(errc::bad_value, {}, fmt::format("'{}' is not {}", text, form.noun),
                std::string(form.forms));
}

[[noreturn]] void refuse_large(std::string_view text) {
    throw error(errc::out_of_range, {}, fmt::format("'{}' needs more than 64 bits", text));
}

/// Takes the digits off the front.
std::string_view take_digits(std::string_view& text, bool hexadecimal) {
    const auto* const known = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    const auto digits = text.substr(0, std::min(text.find_first_not_of(known), text.size()));
    text.remove_prefix(digits.size());
    return digits;
}

std::uint64_t times_of(std::string_view unit, std::string_view text, const number_form& form) {
    if (unit.empty()) return form.plain;
    if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
    const auto found = std::ranges::find(form.units, unit, &number_unit::name);
    if (found == form.units.end()) refuse(text, form);
    return found->times;
}

std::uint64_t integer_of(std::string_view digits, bool hexadecimal, std::string_view text) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number,
                                      hexadecimal ? 16 : 10);
    if (read.ec == std::errc::result_out_of_range) refuse_large(text);
    return number;
}

/// What stands behind the point, in the unit of the result.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t times, std::string_view text,
                          const number_form& form) {
    while (digits.ends_with('0'))
        digits.remove_suffix(1);
    const bool cut = digits.size() > most_fraction_digits;
    digits = digits.substr(0, most_fraction_digits);
    wide product = digits.empty() ? 0 : wide{integer_of(digits, false, text)} * times;
    wide scale = 1;
    for (std::size_t i = 0; i < digits.size(); ++i)
        scale *= 10;
    const bool whole = !cut && product % scale == 0;
    if (!whole && !form.rounds_up)
        throw error(errc::bad_value, {},
                    fmt::format("'{}' is not a whole number of {}", text, form.base),
                    std::string(form.forms));
    return static_cast<std::uint64_t>(product / scale) + (whole ? 0 : 1);
}

} // namespace

const number_form count_form{.noun = "an integer from 0 up", .forms = plain_forms};

const number_form file_size_form{.noun = "a size",
                                 .forms = "write bytes (4096, 0x1000) or 64 KiB, 1 MiB, 2 GiB",
                                 .units = file_units,
                                 .base = "bytes"};

const number_form size_form{.noun = "a size",
                            .forms = "write bytes (4096, 0x1000), or a number with B, KiB, MiB, "
                                     "GiB, TiB (by 1024), kB, MB, GB, TB (by 1000)",
                            .units = size_units,
                            .fractions = true,
                            .base = "bytes"};

const number_form seconds_form{.noun = "a time",
                               .forms = "write seconds (5, 0.2), or a number with ns, us, ms, s, "
                                        "min, h",
                               .units = time_units,
                               .plain = billion,
                               .fractions = true,
                               .rounds_up = true};

const number_form milliseconds_form{.noun = "a time",
                                    .forms = "write milliseconds (500), or a number with ns, us, "
                                             "ms, s, min, h",
                                    .units = time_units,
                                    .plain = million,
                                    .fractions = true,
                                    .rounds_up = true};

std::uint64_t parse_number(std::string_view text, const number_form& form) {
    auto rest = text;
    const bool hexadecimal = rest.starts_with("0x");
    if (hexadecimal) rest.remove_prefix(2);
    const auto digits = take_digits(rest, hexadecimal);
    std::string_view fraction;
    if (!hexadecimal && form.fractions && rest.starts_with('.')) {
        rest.remove_prefix(1);
        fraction = take_digits(rest, false);
        if (fraction.empty()) refuse(text, form);
    }
    if (digits.empty()) refuse(text, form);
    const auto times = times_of(rest, text, form);
    if (!hexadecimal && digits.size() > 1 && digits.front() == '0')
        throw error(errc::bad_value, {}, fmt::format("'{}' begins with a zero", text),
                    "write it decimal without zeros in front, or hexadecimal with 0x");
    const auto whole = wide{integer_of(digits, hexadecimal, text)} * times;
    const auto sum = whole + fraction_of(fraction, times, text, form);
    if (sum >> 64U != 0) refuse_large(text);
    return static_cast<std::uint64_t>(sum);
}

} // namespace upciedev::inline v1::detail
