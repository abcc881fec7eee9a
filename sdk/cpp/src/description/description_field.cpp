// SPDX-License-Identifier: BSD-3-Clause
// Apart from description.cpp, where find_register() then stays one piece that the compiler inlines.
#include "description/register_path.hpp"

#include <upciedev/description.hpp>

namespace upciedev {
inline namespace v1 {

const field_description* board_description::find_field(std::string_view path) const noexcept {
    const auto point = path.rfind('.');
    if (point == std::string_view::npos) return nullptr;
    const detail::register_path owner(path.substr(0, point));
    const auto* found = owner.valid() ? find_canonical(owner.canonical(), owner.hash()) : nullptr;
    return found == nullptr ? nullptr : found->find_field(path.substr(point + 1));
}

} // namespace v1
} // namespace upciedev
