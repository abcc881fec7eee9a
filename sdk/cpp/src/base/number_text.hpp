// SPDX-License-Identifier: BSD-3-Clause
// Numbers as people write them on the command line and in files. Every integer, size and duration
// is read here, so that one text means the same everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace upciedev::inline v1::detail {

struct number_unit {
    std::string_view name;
    std::uint64_t times = 1; ///< in the unit of the result
};

/// What a number may look like.
struct number_form {
    std::string_view noun;  ///< "a size"
    std::string_view forms; ///< what is accepted, for errors
    std::span<const number_unit> units = {};
    std::uint64_t plain = 1;    ///< times of a number without a unit
    bool fractions = false;     ///< 1.5 MiB; the result is a whole number all the same
    bool rounds_up = false;     ///< a fraction of the result's unit is rounded up, not refused
    std::string_view base = {}; ///< unit of the result, for errors: "bytes"
};

/// From 0 up, without a unit.
extern const number_form count_form;
/// Bytes as board files have them: a number, or one with KiB, MiB, GiB.
extern const number_form file_size_form;
/// Bytes as the command line has them: B, KiB to TiB by 1024, kB to TB by 1000.
extern const number_form size_form;
/// Nanoseconds; a number without a unit is in seconds, or in milliseconds.
extern const number_form seconds_form, milliseconds_form;

/// Decimal, or hexadecimal behind 0x; digits first, as many as there are: 0x10b is 267. Then a
/// unit, with or without one blank before it. Case counts. \throws error bad_value (not of that
/// form), out_of_range (more than 64 bits)
std::uint64_t parse_number(std::string_view text, const number_form& form);

} // namespace upciedev::inline v1::detail
