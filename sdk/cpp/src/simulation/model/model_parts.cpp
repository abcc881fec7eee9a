// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_parts.hpp"
#include "description/reg_effects.hpp"

namespace upciedev::inline v1::detail {
namespace {

/// Between a register's bits and those in memory, either way.
std::uint64_t in_order(const register_description& what, std::uint64_t bits) noexcept {
    return swap_if(what.order, what.width, bits);
}

/// "register.field", or nothing.
std::optional<model_place> find_field(const board_description& board, std::string_view path) {
    const auto point = path.rfind('.');
    if (point == std::string_view::npos) return {};
    try {
        const auto where = board.find_register(path.substr(0, point));
        const auto* field = where.description->find_field(path.substr(point + 1));
        if (field != nullptr) return model_place{where, field};
    } catch (const error&) { // the whole path may still be a register's
        return {};
    }
    return {};
}

} // namespace

std::uint64_t model_place::get(const model_memories& board) const noexcept {
    const auto bits = in_order(reg(), board[reg().bar].load(where.offset, reg().width));
    return (bits & mask()) >> shift();
}

void model_place::set(model_memories& board, std::uint64_t bits) const noexcept {
    auto& memory = board[reg().bar];
    const auto old = in_order(reg(), memory.load(where.offset, reg().width));
    const auto all = (old & ~mask()) | ((bits << shift()) & mask());
    memory.store(where.offset, reg().width, in_order(reg(), all));
}

model_place find_place(const board_description& board, std::string_view path) {
    if (const auto field = find_field(board, path)) return *field;
    return {board.find_register(path), nullptr};
}

std::optional<model_place> find_place(const board_description& board, const register_part& part) {
    if (part.path.empty()) return {};
    model_place place{board.find_register(part.path), nullptr};
    if (!part.field.empty()) place.field = place.reg().find_field(part.field);
    return place;
}

} // namespace upciedev::inline v1::detail
