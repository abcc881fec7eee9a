// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <cstddef>
#include <string_view>

namespace upciedev::inline v1::detail {

// Why a look-up found nothing, and what the user may have meant: all throw.

[[noreturn]] void refuse_register(const board_description& board, std::string_view path);
[[noreturn]] void refuse_index(const board_description& board, const register_description& what,
                               std::string_view path, std::size_t level);
[[noreturn]] void refuse_area(const board_description& board, std::string_view path);
[[noreturn]] void refuse_irq(const board_description& board, std::string_view name);
[[noreturn]] void refuse_dma(const board_description& board, std::string_view name);
[[noreturn]] void refuse_bar(const board_description& board, std::string_view name);

} // namespace upciedev::inline v1::detail
