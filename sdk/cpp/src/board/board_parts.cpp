// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"

#include <upciedev/board.hpp>

namespace upciedev {
inline namespace v1 {
namespace {

[[noreturn]] void refuse_whole(const basic_reg& what) {
    std::string names;
    for (const auto& part : what.description().fields)
        names += (names.empty() ? "it has " : ", ") + part.name;
    throw error(errc::no_such_register, what.where(), "is a register, not a field",
                names.empty() ? "open it as a register" : names);
}

bool is_field(const board_description_ptr& kind, std::string_view path) {
    return kind && kind->find_field(path) != nullptr;
}

/// "CTRL" and "MODE" of "CTRL.MODE".
std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const auto point = path.rfind('.');
    return {path.substr(0, point), path.substr(point + 1)};
}

} // namespace

/// Calls act with the field or register of that path.
template <class Act>
auto board::with_part(std::string_view path, const Act& act) const {
    if (!is_field(description(), path)) return act(upciedev::reg<value>(find_reg(path)));
    const auto [whole, part] = split(path);
    return act(find_reg(whole).field(part));
}

field board::field(std::string_view path) const {
    if (!is_field(description(), path))
        refuse_whole(find_reg(path)); // which throws where there is no such register
    const auto [whole, part] = split(path);
    return find_reg(whole).field(part);
}

value board::read(std::string_view path) const {
    return with_part(path, [](const auto& what) { return what.read(); });
}

void board::write(std::string_view path, const value& number) const {
    with_part(path, [&](const auto& what) { what.write(number); });
}

void board::write(std::string_view path, std::string_view name) const {
    with_part(path, [&](const auto& what) { what.write(name); });
}

} // namespace v1
} // namespace upciedev
