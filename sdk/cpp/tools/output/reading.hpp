// SPDX-License-Identifier: BSD-3-Clause
// What was read, and how it is shown to people and to programs.
#pragma once

#include <upciedev/board.hpp>

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cli {

/// One register or field.
struct reading {
    std::string name;
    unsigned width = 32; ///< bits
    std::uint64_t raw = 0;
    upciedev::value number;
    std::string unit;
    std::optional<std::string> label; ///< the enumeration's name of the value
    int digits = 10;                  ///< that mean something to a person
    bool is_bits = false;             ///< nothing but fields: as a number it says nothing
    std::vector<reading> fields;
};

/// Elements of an area, or words of a BAR.
struct block_reading {
    std::string name;
    std::uint64_t first = 0; ///< element, or byte offset into the BAR
    std::uint64_t step = 1;  ///< what `first` grows by from element to element
    unsigned width = 32;     ///< bits of an element
    std::vector<upciedev::value> numbers;
    std::vector<std::uint64_t> raw;
    std::string unit;
    int digits = 10;
    bool bits_only = false; ///< a BAR: nobody knows more than the bits
};

using anything = std::variant<reading, block_reading>;

reading read_as(const upciedev::register_description& what, std::string name, std::uint64_t raw);
/// \p raw: bits of the whole register.
reading read_as(const upciedev::field_description& what, std::string name, std::uint64_t raw);

/// How many digits of a value mean something.
int digits_of(const upciedev::conversion& convert);
/// "0x0000e800", as many digits as the register has.
std::string hex(std::uint64_t bits, unsigned width);
/// "-1.5 dB", "external", "42"; empty where only the fields mean something
std::string engineering(const reading& what);
/// "ENABLE=1 MODE=external"
std::string fields_text(const reading& what);
/// What `--value` prints: nothing a script has to strip.
std::string bare(const reading& what, bool as_hex);

nlohmann::ordered_json to_json(const reading& what);
nlohmann::ordered_json to_json(const block_reading& what);

/// Eight elements a line, the index in front.
void print_block(const block_reading& what, bool as_hex);

} // namespace cli
