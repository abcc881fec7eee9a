// SPDX-License-Identifier: BSD-3-Clause
#include "board_state.hpp"

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

} // namespace

/// Calls act with the field or register of that path.
template <class Act>
auto board::with_part(std::string_view path, const Act& act) const {
    if (description() && description()->find_field(path) != nullptr) return act(field(path));
    return act(upciedev::reg<value>(find_reg(path)));
}

field board::field(std::string_view path) const {
    const bool known = description() && description()->find_field(path) != nullptr;
    if (!known) refuse_whole(find_reg(path)); // which throws where there is no such register
    const auto point = path.rfind('.');
    return find_reg(path.substr(0, point)).field(path.substr(point + 1));
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
