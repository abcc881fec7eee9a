// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/settings.hpp>

#include "board/settings_bits.hpp"
#include "files/yaml_tree.hpp"

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

board_description_ptr description_of(const board& from) {
    if (from.description()) return from.description();
    throw error(errc::not_supported, from.label(),
                "no board file tells which registers can be read and written back without harm",
                "name its folder with --devices or UPCIEDEV_DEVICES");
}

std::vector<setting_left_out> left_out_of(const board_description& board) {
    std::vector<setting_left_out> list;
    for (const auto& reg : board.registers) {
        const auto [mask, reason] = detail::settable_bits(reg);
        if (mask == 0) list.push_back({reg.path, reason});
        for (const auto& part : reg.fields)
            if (const auto why = detail::why_not_settable(reg, part); mask != 0 && !why.empty())
                list.push_back({reg.path + "." + part.name, why});
    }
    for (const auto& [path, where] : board.all_registers())
        if (const auto bits = detail::bits_of_driver(board, where))
            detail::add_bits_of_driver(list, board, where, bits);
    for (const auto& area : board.areas)
        list.push_back({area.path, "an area: memory, not a setting"});
    return list;
}

std::uint64_t mask_of(const board_description& board, const register_location& where) {
    return detail::settable_bits(*where.description).mask & ~detail::bits_of_driver(board, where);
}

/// The bits of each register, in one batch.
std::vector<std::uint64_t> read_all(const board& from, const std::vector<register_setting>& what) {
    auto batch = from.batch();
    std::vector<batch::result> answers;
    answers.reserve(what.size());
    for (const auto& each : what)
        answers.push_back(batch.read(from.reg(each.path)));
    batch.run();
    std::vector<std::uint64_t> bits;
    bits.reserve(what.size());
    for (std::size_t i = 0; i < what.size(); ++i)
        bits.push_back(answers[i].raw() & what[i].mask);
    return bits;
}

} // namespace

settings::settings(const upciedev::board& board)
    : description_(description_of(board)), label_(board.label()), ids_(board.identity().ids),
      time_(std::chrono::system_clock::now()) {}

settings settings::of(const upciedev::board& board) {
    settings result(board);
    for (const auto& [path, where] : result.description_->all_registers())
        if (const auto mask = mask_of(*result.description_, where))
            result.registers_.push_back({path, 0, mask});
    const auto bits = read_all(board, result.registers_);
    for (std::size_t i = 0; i < bits.size(); ++i)
        result.registers_[i].bits = bits[i];
    result.left_out_ = left_out_of(*result.description_);
    return result;
}

settings settings::parse(std::string_view text, const std::string& name,
                         const upciedev::board& board) {
    settings result(board);
    auto read = detail::read_settings(text, name, board);
    result.registers_ = std::move(read.registers);
    result.left_out_ = std::move(read.left_out);
    return result;
}

settings settings::load(const std::filesystem::path& file, const upciedev::board& board) {
    return parse(detail::read_text_file(file.string()), file.string(), board);
}

void settings::check_kind(const upciedev::board& board) const {
    if (description_of(board)->name == description_->name) return;
    throw error(errc::not_supported, board.label(),
                fmt::format("these are settings of a {}", description_->name),
                "settings fit boards of one kind");
}

void settings::restore(const upciedev::board& board) const {
    check_kind(board);
    auto batch = board.batch();
    for (const auto& each : registers_)
        batch.modify_raw(board.reg(each.path), each.mask, each.bits);
    batch.run();
}

std::vector<setting_difference> settings::diff(const upciedev::board& board) const {
    check_kind(board);
    const auto present = read_all(board, registers_);
    std::vector<setting_difference> found;
    for (std::size_t i = 0; i < present.size(); ++i) {
        const auto& [path, bits, mask] = registers_[i];
        if (present[i] != bits) found.push_back({path, mask, bits, present[i]});
    }
    return found;
}

} // namespace v1
} // namespace upciedev
