// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/model/model_memory.hpp"

#include <upciedev/extend/model.hpp>

namespace upciedev::inline v1::detail {

/// A register, or one of its fields, of a model: where its bits stand.
struct model_place {
    register_location where;
    const field_description* field = nullptr; ///< nullptr: the whole register

    [[nodiscard]] const register_description& reg() const noexcept { return *where.description; }
    [[nodiscard]] unsigned bytes() const noexcept { return reg().width / 8; }
    [[nodiscard]] unsigned shift() const noexcept { return field != nullptr ? field->lsb : 0; }
    /// In the register.
    [[nodiscard]] std::uint64_t mask() const noexcept {
        return field != nullptr ? field->mask() : low_bits(reg().width);
    }
    [[nodiscard]] const conversion& convert() const noexcept {
        return field != nullptr ? field->convert : reg().convert;
    }

    /// An access reaches its register.
    [[nodiscard]] bool touched_by(unsigned bar, std::uint64_t offset,
                                  unsigned size) const noexcept {
        return reg().bar == bar && where.offset < offset + size && offset < where.offset + bytes();
    }

    /// The bits, in the lowest.
    [[nodiscard]] std::uint64_t get(const model_memories& board) const noexcept;
    void set(model_memories& board, std::uint64_t bits) const noexcept;
};

/// \throws error no_such_register
model_place find_place(const board_description& board, std::string_view path);
/// Of a board file's `irqs` or `dma`. \returns nothing if it names none
std::optional<model_place> find_place(const board_description& board, const register_part& part);

} // namespace upciedev::inline v1::detail
