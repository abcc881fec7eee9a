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

/// One register of a map, as the map says it.
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

/// \throws upciedev::error bad_board_file, where() = "file:line:column"
map_document read_map(std::string_view text, const std::string& file);

/// The board file that says the same; what it cannot say is added to \p losses.
std::string board_file_of(const map_document& map, const board_wishes& wishes,
                          std::vector<lost>& losses);

/// The map that says the same; what it cannot say is added to \p losses.
std::string map_of(const upciedev::board_description& board, std::vector<lost>& losses);

} // namespace cli
