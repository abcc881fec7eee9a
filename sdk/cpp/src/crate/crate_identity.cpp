// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_identity.hpp"
#include "base/bits.hpp"
#include "description/ids_text.hpp"

#include <upciedev/board.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace upciedev::inline v1::detail {
namespace {

/// What the registers of a board say about one match.
struct verdict {
    bool fits = true;
    std::vector<std::string> facts; ///< "ID.MODULE is 0x8300"; of no fit only the one that decides
};

std::string expected(const identity_check& check, std::uint64_t all) {
    auto text = fmt::format("{:#x}", check.bits);
    return check.mask == all ? text : fmt::format("{} in the bits {:#x}", text, check.mask);
}

std::string expected(const firmware_range& range, std::uint64_t all) {
    if (range.greatest == all) return fmt::format("{:#x} or more", range.least);
    if (range.least == 0) return fmt::format("{:#x} or less", range.greatest);
    return fmt::format("{:#x} to {:#x}", range.least, range.greatest);
}

bool holds(const identity_check& check, std::uint64_t bits) {
    return (bits & check.mask) == check.bits;
}

bool holds(const firmware_range& range, std::uint64_t bits) {
    return bits >= range.least && bits <= range.greatest;
}

/// Reads the identity of one board, each register anew: files differ in what they call it.
class identity_reader {
  public:
    identity_reader(transport_ptr way, const board_description_ptr& file)
        : board_(std::move(way), file) {}

    verdict judge(const match_description& match) {
        verdict all;
        for (const auto& check : match.registers)
            if (!add(check, all)) return all;
        if (match.firmware) add(*match.firmware, all);
        return all;
    }

  private:
    template <class Condition>
    bool add(const Condition& condition, verdict& all) {
        const auto& [path, field] = condition.where;
        const auto name = field.empty() ? path : path + "." + field;
        try {
            const auto reg = board_.reg(path);
            const auto word = raw(reg);
            const auto* part = field.empty() ? nullptr : reg.description().find_field(field);
            const auto bits = part == nullptr ? word : (word & part->mask()) >> part->lsb;
            const auto most = low_bits(part == nullptr ? reg.description().width : part->width);
            if (holds(condition, bits)) {
                all.facts.push_back(fmt::format("{} is {:#x}", name, bits));
                return true;
            }
            const bool silent = word == low_bits(reg.description().width);
            all = {false,
                   {fmt::format("{} is {:#x}, expected {}{}", name, bits, expected(condition, most),
                                silent ? " (all ones: it may not answer)" : "")}};
        } catch (const error& unreadable) {
            if (unreadable.kind() == errc::board_gone) throw;
            all = {false, {fmt::format("{} cannot be read: {}", name, unreadable.reason())}};
        }
        return false;
    }

    /// All ones may be data or the answer of an empty slot.
    std::uint64_t raw(const basic_reg& reg) {
        const auto word = reg.raw();
        if (word == low_bits(reg.description().width) && board_.gone())
            throw error(errc::board_gone, reg.where(), "the board has left its slot");
        return word;
    }

    upciedev::board board_;
};

std::string fits_text(const board_ids& ids, const verdict& registers) {
    auto text = "its match fits " + all_ids_text(ids);
    for (const auto& fact : registers.facts)
        text += "; " + fact;
    return text;
}

} // namespace

chosen_file find_file(board_library& library, const board_ids& ids, const way_opener& open) {
    transport_ptr way;
    std::vector<std::string> failed;
    std::map<const match_description*, verdict> verdicts;
    const auto fits = [&](const board_description_ptr& file, const match_description& match) {
        if (!open)
            throw error(
                errc::not_permitted, {},
                fmt::format("{} fits its ids, but its registers must be read, too", file->file),
                "they are when the board can be opened");
        if (!way) way = open();
        const auto found = identity_reader(way, file).judge(match);
        if (!found.fits) failed.push_back(fmt::format("{}: {}", file->file, found.facts[0]));
        verdicts[&match] = found;
        return found.fits;
    };
    const auto choice = library.choose(ids, fits);
    if (choice.file) return {choice.file, fits_text(ids, verdicts[choice.match])};
    return {nullptr, failed.empty() ? "" : fmt::format("{}", fmt::join(failed, "; "))};
}

chosen_file check_named_file(board_description_ptr file, const board_ids& ids,
                             const way_opener& open) {
    static const std::string named = "named by the crate file";
    if (file->matches.empty()) return {std::move(file), named};
    std::string failed = fmt::format("it is {}", all_ids_text(ids));
    for (const auto& match : file->matches) {
        if (!match.fits(ids)) continue;
        if (!match.needs_reading() || !open) return {std::move(file), named};
        const auto found = identity_reader(open(), file).judge(match);
        if (found.fits)
            return {std::move(file), fmt::format("{}; {}", named, fmt::join(found.facts, "; "))};
        failed = found.facts[0];
    }
    return {nullptr, fmt::format("the crate file names {}, which is for other boards: {}",
                                 file->file, failed)};
}

} // namespace upciedev::inline v1::detail
