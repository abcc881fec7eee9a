// SPDX-License-Identifier: BSD-3-Clause
#include "base/suggest.hpp"
#include "description/lookup_error.hpp"
#include "description/register_path.hpp"
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

namespace {

const register_description* find_owner(const board_draft& draft, std::string_view path) {
    const register_path wanted(path);
    if (!wanted.valid()) return nullptr;
    const auto& registers = draft.board.registers;
    const auto found = std::find_if(registers.begin(), registers.end(), [&](const auto& what) {
        return what.path == wanted.canonical();
    });
    return found == registers.end() ? nullptr : &*found;
}

void check_indices(const board_draft& draft, const register_description& owner,
                   std::string_view path) {
    const register_path wanted(path);
    for (std::size_t level = 0; level < owner.repeats.size(); ++level)
        if (wanted.indices().at(level) >= owner.repeats[level].count)
            refuse_index(draft.board, owner, path, level);
}

void refuse_field(const register_description& owner, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& field : owner.fields)
        names.push_back(field.name);
    const auto near = did_you_mean(name, names);
    throw error(errc::no_such_register, {}, fmt::format("no field '{}' in {}", name, owner.path),
                !near.empty()   ? near
                : names.empty() ? "it has no fields"
                                : fmt::format("it has {}", any_of(names)));
}

/// The register by its path, or a field of it. \throws error
register_part split(const std::string& path, const board_draft& draft) {
    if (const auto* owner = find_owner(draft, path)) {
        check_indices(draft, *owner, path);
        return {path, {}};
    }
    const auto point = path.rfind('.');
    const auto* owner =
        point == std::string::npos ? nullptr : find_owner(draft, path.substr(0, point));
    if (owner == nullptr) refuse_register(draft.board, path);
    register_part part{path.substr(0, point), path.substr(point + 1)};
    check_indices(draft, *owner, part.path);
    if (owner->find_field(part.field) == nullptr) refuse_field(*owner, part.field);
    return part;
}

void check_use(const known_part& what, text_mark at, const std::string& path, part_use use,
               diagnostics& sink) {
    const auto access = what.field == nullptr ? what.owner->access : what.field->access;
    if (use == part_use::read && access == access::wo)
        sink.report(at, fmt::format("{} can only be written", path), "here it is to be read");
    if (use != part_use::read && access == access::ro)
        sink.report(at, fmt::format("{} can only be read", path), "here it is to be written");
    else if (use == part_use::write_guarded && !what.owner->guard)
        sink.report(at, fmt::format("{} is not guarded", path),
                    "whoever writes it sets a bus address or starts an engine: give that register "
                    "'guard: true'");
}

} // namespace

known_part look_up(const register_part& part, const board_draft& draft) {
    const auto* owner = find_owner(draft, part.path);
    if (owner == nullptr) refuse_register(draft.board, part.path);
    return {owner, part.field.empty() ? nullptr : owner->find_field(part.field)};
}

register_part find_part(const std::string& path, text_mark at, const board_draft& draft,
                        part_use use) {
    try {
        auto part = split(path, draft);
        check_use(look_up(part, draft), at, path, use, draft.sink);
        return part;
    } catch (const error& problem) {
        draft.sink.report(at, problem.reason(), problem.remedy());
        return {};
    }
}

register_part read_part(const yaml_node* node, const board_draft& draft, part_use use) {
    const auto path = read_text(node, draft.sink);
    return path ? find_part(*path, node->mark, draft, use) : register_part{};
}

void read_scratch(const yaml_node* node, board_draft& draft) {
    const auto part = read_part(node, draft, part_use::write);
    if (part.path.empty()) return;
    const auto what = look_up(part, draft);
    const auto& owner = *what.owner;
    const auto acts = [](const auto& each) {
        return each.access != access::rw || each.on_write != write_effect::none ||
               each.on_read != read_effect::none;
    };
    if (what.field != nullptr || owner.guard || acts(owner) ||
        std::any_of(owner.fields.begin(), owner.fields.end(), acts))
        draft.sink.report(node->mark,
                          fmt::format("{} cannot be read and written freely", node->text),
                          "name a whole register that is rw, has no effects and no guard");
    draft.board.scratch = node->text;
}

} // namespace upciedev::inline v1::detail
