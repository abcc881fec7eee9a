// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/bits.hpp"
#include "files/yaml_reader.hpp"

#include <upciedev/description.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace upciedev::inline v1::detail {

/// BAR number of a place that could not be read.
inline constexpr unsigned unknown_bar = ~0U;

/// A description that grows, with the places in the file for checks that need the whole.
struct board_draft {
    explicit board_draft(diagnostics& where_to_report) : sink(where_to_report) {}

    diagnostics& sink;
    board_description board;
    byte_order order = byte_order::little;
    bool bars_are_sound = false;               ///< so that places can be checked against them
    std::vector<text_mark> register_marks;     ///< of board.registers
    std::vector<text_mark> area_marks;         ///< of board.areas
    std::map<unsigned, text_mark> guard_marks; ///< of `every` or `rest`, by BAR

    [[nodiscard]] const bar_description* bar(unsigned index) const noexcept;
};

/// Where something stands: a BAR by index, and bytes into it. Errors leave the unknown BAR.
struct bar_place {
    unsigned bar = unknown_bar;
    std::uint64_t offset = 0;
};

/// "regs+0x20".
bar_place read_place(const yaml_node* node, const board_draft& draft);
std::optional<byte_order> read_order(const yaml_node* node, diagnostics& sink);
byte_order order_in_bar(const board_draft& draft, unsigned bar);

std::optional<access> read_access(const yaml_node* node, diagnostics& sink);
/// The map `{count, stride}` of a `repeat`; a wrong count is 1.
repeat read_copies(const yaml_node& node, diagnostics& sink);
std::optional<value_type> read_type(const yaml_node* node, diagnostics& sink);
void read_scaling(map_reader& keys, conversion& convert);
/// The keys that mean the same for a register and for a field. The type is known already, and
/// what a field inherits from its register is set.
template <class T>
void read_meaning(map_reader& keys, T& what);
extern template void read_meaning(map_reader& keys, register_description& what);
extern template void read_meaning(map_reader& keys, field_description& what);
/// The fields of a register; their reset values make up its own.
void read_fields(const yaml_node* node, register_description& owner, diagnostics& sink);

/// A whole board file.
void read_board(const yaml_node& root, board_draft& draft);

// The parts of a board file, in the order in which they need each other.
void read_bars(const yaml_node* node, board_draft& draft);
/// The key `guards` of a BAR whose index is known.
void read_guards(const yaml_node* node, bar_description& bar, board_draft& draft);
void read_registers(const yaml_node* node, board_draft& draft);
void read_areas(const yaml_node* node, board_draft& draft);
/// Multiplexed channels, the key `layout` of an area whose other keys are read.
void read_layout(const yaml_node* node, area_description& area, diagnostics& sink);
/// Once registers and areas are known.
void read_irqs(const yaml_node* node, board_draft& draft);
void read_dma(const yaml_node* node, board_draft& draft); ///< once irqs are known, too
void read_scratch(const yaml_node* node, board_draft& draft);

/// What must be possible with a register or field that another section names.
enum class part_use : std::uint8_t { read, write, write_guarded };
/// "CTRL", "ch[3].CTRL", "CTRL.ENABLE"; empty where there is none or it does not fit.
register_part read_part(const yaml_node* node, const board_draft& draft, part_use use);
/// The same for a text that stands at a mark.
register_part find_part(const std::string& path, text_mark at, const board_draft& draft,
                        part_use use);
/// What a part found by find_part() is: its register, and its field if it names one.
struct known_part {
    const register_description* owner = nullptr;
    const field_description* field = nullptr;
    [[nodiscard]] unsigned width() const { return field == nullptr ? owner->width : field->width; }
};
known_part look_up(const register_part& part, const board_draft& draft);

/// BAR bounds, alignment, overlaps of what stands in a known BAR.
void check_layout(const board_draft& draft);
/// Whether guards can repeat so in the BARs; of a file without other errors.
void check_guards(const board_draft& draft);
/// \param draft whose registers are known; nullptr: nobody looks whether the registers exist
std::vector<match_description> read_matches(const yaml_node* node, diagnostics& sink,
                                            const board_draft* draft);

} // namespace upciedev::inline v1::detail
