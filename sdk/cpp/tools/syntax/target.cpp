// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/target.hpp"

#include "base/number_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

/// "NAME[inside]" in two; `inside` is empty where there are no brackets at the end.
struct bracketed {
    std::string_view name;
    std::optional<std::string_view> inside;
};

bracketed split_brackets(std::string_view text) {
    const auto open = text.rfind('[');
    if (text.empty() || text.back() != ']' || open == std::string_view::npos)
        return {text, std::nullopt};
    return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

upciedev::bar find_bar(const upciedev::board& board, std::string_view name) {
    const bool is_index = name.size() == 1 && name[0] >= '0' && name[0] <= '9';
    return is_index ? board.bar(static_cast<unsigned>(name[0] - '0')) : board.bar(name);
}

target find_in_bar(const upciedev::board& board, std::string_view text) {
    const auto [address, inside] = split_brackets(text);
    const auto colon = address.find(':');
    const auto second = address.find(':', colon + 1);
    const auto offset = address.substr(colon + 1, second - colon - 1);
    bar_target found{
        find_bar(board, address.substr(0, colon)), parse_unsigned(offset, text), 32, {}};
    if (second != std::string_view::npos)
        found.width = static_cast<unsigned>(parse_unsigned(address.substr(second + 1), text));
    if (inside) found.count = parse_unsigned(*inside, text);
    if (inside && found.width != 32)
        throw error(errc::bad_value, std::string(text), "a block has words of 32 bit",
                    "leave the width out");
    return {std::string(text), std::move(found)};
}

bool has_area(const upciedev::board& board, std::string_view name) {
    const auto& description = board.description();
    return description &&
           std::ranges::find(description->areas, name, &upciedev::area_description::path) !=
               description->areas.end();
}

target find_area(const upciedev::board& board, const bracketed& named) {
    area_target found{board.area(named.name)};
    if (named.inside) {
        const auto colon = named.inside->find(':');
        found.whole = false;
        found.first = parse_unsigned(named.inside->substr(0, colon), named.name);
        if (colon != std::string_view::npos)
            found.count = parse_unsigned(named.inside->substr(colon + 1), named.name);
    }
    return {std::string(named.name), std::move(found)};
}

std::optional<upciedev::basic_reg> try_register(const upciedev::board& board,
                                                std::string_view path) {
    try {
        return board.reg(path);
    } catch (const error& failure) {
        if (failure.kind() != errc::no_such_register) throw;
        return std::nullopt;
    }
}

target find_register_or_field(const upciedev::board& board, std::string_view text) {
    if (auto whole = try_register(board, text)) {
        auto name = whole->path();
        return {std::move(name), register_target{std::move(*whole)}};
    }
    const auto dot = text.rfind('.');
    const auto owner =
        dot == std::string_view::npos ? std::nullopt : try_register(board, text.substr(0, dot));
    if (!owner) std::ignore = board.reg(text); // throws, with the names that come near
    auto field = owner->field(text.substr(dot + 1));
    auto name = field.path();
    return {std::move(name), field_target{*owner, std::move(field)}};
}

} // namespace

std::uint64_t parse_unsigned(std::string_view number, std::string_view where) {
    try {
        return upciedev::detail::parse_number(number, upciedev::detail::count_form);
    } catch (const error& problem) {
        throw problem.at(std::string(where));
    }
}

target find_target(const upciedev::board& board, std::string_view text) {
    const auto named = split_brackets(text);
    if (has_area(board, named.name)) return find_area(board, named);
    if (named.name.find(':') != std::string_view::npos) return find_in_bar(board, text);
    return find_register_or_field(board, text);
}

} // namespace cli
