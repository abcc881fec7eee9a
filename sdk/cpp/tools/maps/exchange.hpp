// SPDX-License-Identifier: BSD-3-Clause
// Board files from and to the register maps of ChimeraTK, see docs/chimeratk.md.
#pragma once

#include <upciedev/description.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class map_kind : std::uint8_t { number, floating, text, none };

/// Something that the other format cannot say.
struct lost {
    std::string place; ///< "file:line:column", or a path of a board file
    std::string what;
};

inline constexpr std::string_view old_multiplexed = "AREA_MULTIPLEXED_SEQUENCE_";
inline constexpr std::string_view multiplexed = "MEM_MULTIPLEXED_";

/// One register of a map, as the map says it. Of a multiplexed area "MEM_MULTIPLEXED_X" each
/// channel is one, too, at its first element: "MEM_MULTIPLEXED_X.CHANNEL".
struct map_entry {
    std::string path; ///< names joined with points
    std::string place;
    std::uint64_t elements = 0, address = 0, bytes = 0, bar = 0;
    unsigned width = 32; ///< bits that count; 0: no data
    int fraction = 0;
    bool is_signed = true;
    map_kind kind = map_kind::number;
    upciedev::access access = upciedev::access::rw;
    std::vector<unsigned> interrupts; ///< number, then those of handlers below; empty: polled
    std::string unit, text;           ///< of the JSON form only
    std::uint64_t frame = 0;          ///< bytes, of a multiplexed area; 0: those of its channels

    [[nodiscard]] std::uint64_t element_size() const { return elements ? bytes / elements : 0; }
    [[nodiscard]] std::string name() const { return path.substr(path.rfind('.') + 1); }
};

struct map_document {
    std::vector<map_entry> entries; ///< in the order of the file
    std::vector<lost> losses;
};

/// What a map does not say of its board.
struct board_wishes {
    std::string name;
    std::optional<upciedev::board_ids> ids; ///< vendor and device
};

/// Either form of a map, told apart by their first letter.
/// \throws upciedev::error bad_board_file, where() = "file:line:column"
map_document read_map(std::string_view text, const std::string& file);
/// The JSON form.
map_document read_json_map(std::string_view text, const std::string& file);
/// Decimal, 0x hexadecimal, or octal where it begins with 0, as ChimeraTK reads them.
std::optional<std::uint64_t> map_number_of(std::string_view text);
/// "A/B..C" as "A.B.C".
std::string map_path_of(std::string_view name);

/// The board file that says the same; what it cannot say is added to \p losses.
std::string board_file_of(const map_document& map, const board_wishes& wishes,
                          std::vector<lost>& losses);

enum class map_form : std::uint8_t { lines, json };

/// The entries that say the same; what \p form cannot say is told in `losses`.
map_document map_of(const upciedev::board_description& board, map_form form);
std::string map_text(const map_document& map, const std::string& board, map_form form);

} // namespace cli
