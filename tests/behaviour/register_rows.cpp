// SPDX-License-Identifier: BSD-3-Clause
// Bits: reading, writing, modifying, on every path there is.
#include "stand.hpp"

namespace register_rows {

using namespace behaviour;
using upciedev::access;
using upciedev::errc;
using upciedev::register_description;
using upciedev::write_effect;

class register_row : public row {};

/// Bytes of a value of \p width bits the other way round.
std::uint64_t swapped(std::uint64_t bits, unsigned width) {
    return __builtin_bswap64(bits) >> (64 - width);
}

std::uint64_t on_the_bus(const register_description& what, std::uint64_t bits) {
    return what.order == upciedev::byte_order::big ? swapped(bits, what.width) : bits;
}

auto scratch_of(unsigned width) {
    return find_registers(
        [=](const auto& what) { return is_scratch(what) && what.width == width; });
}

/// Through the simulated board's own side, or a register of the board for setting the same bits.
void set_some_bits(const found_register& what) {
    if (auto* sim = dynamic_cast<upciedev::sim_board*>(&what.board.way()))
        return sim->set(what.path, 0x7);
    for (const auto& [path, where] : what.board.description()->all_registers())
        if (where.description->on_write == write_effect::one_to_set)
            return what.board.reg(path).write_raw(0x7);
}

/// Guards come with a card's plugin; the generic one knows none. Administrators' are for root.
std::vector<found_register> guarded() {
    auto found = find_registers([](const auto& what) { return what.guard && !what.guard_admin; });
    std::erase_if(found,
                  [](const auto& each) { return each.board.identity().card != each.board.name(); });
    return found;
}

void check_patterns(const found_register& what) {
    const auto reg = what.reg();
    const restore afterwards(reg);
    for (const auto bits : patterns(what.about->convert.type.bits)) {
        reg.write_raw(bits);
        EXPECT_EQ(reg.raw(), what.answer(bits));
    }
}

TEST_F(register_row, keeps_what_is_written) {
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    FOR_EACH(each, found) check_patterns(each);
}

TEST_F(register_row, of_64_bit_keeps_what_is_written) {
    const auto wide = [](const register_description& what) {
        return is_plain(what) && what.width == 64 && what.fields.empty() && what.values.empty();
    };
    NEED(found, find_registers(wide), "no plain 64-bit register");
    FOR_EACH(each, found) {
        check_patterns(each);
    }
}

/// A clock moves on between two reads, and carries between its words once in 34 s: then once more.
static bool words_agree(const upciedev::basic_reg& reg, const upciedev::bar& bar) {
    const auto before = reg.raw();
    const auto low = bar.read(reg.offset());
    const auto words = low | bar.read(reg.offset() + 4) << 32;
    return before <= words && words <= reg.raw();
}

TEST_F(register_row, of_64_bit_reads_as_its_two_words) {
    NEED(found, find_registers([](const auto& what) {
             return reads_freely(what) && what.width == 64 && !what.guard &&
                    what.order == upciedev::byte_order::little;
         }),
         "no 64-bit register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        EXPECT_TRUE(words_agree(reg, each.bar()) || words_agree(reg, each.bar()));
    }
}

TEST_F(register_row, of_less_than_32_bit_is_part_of_its_word) {
    NEED(found,
         find_registers([](const auto& what) { return reads_freely(what) && what.width < 32; }),
         "no register of 8 or 16 bit");
    FOR_EACH(each, found) {
        const auto offset = each.reg().offset();
        const auto word = each.bar().read(offset & ~std::uint64_t{3});
        const auto part = (word >> (offset % 4 * 8)) & low_bits(each.about->width);
        EXPECT_EQ(on_the_bus(*each.about, each.reg().raw()), part);
    }
}

TEST_F(register_row, all_ones_are_data_while_the_board_is_there) {
    NEED(found, scratch_of(32), "no plain 32-bit register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        reg.write_raw(0xffffffff);
        EXPECT_EQ(reg.raw(), 0xffffffff);
        EXPECT_FALSE(each.board.gone());
    }
}

TEST_F(register_row, has_its_constant_after_reset) {
    const auto constant = [](const register_description& what) {
        return what.access == access::ro && what.reset.value_or(0) != 0 && reads_freely(what);
    };
    NEED(found, find_registers(constant), "no read-only register with a known value");
    FOR_EACH(each, found) {
        EXPECT_EQ(each.reg().raw(), *each.about->reset);
    }
}

TEST_F(register_row, reads_the_same_mapped_called_by_batch_and_by_bar) {
    NEED(found, find_registers([](const auto& what) { return reads_freely(what) && what.reset; }),
         "no register stands still");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        auto batch = each.board.batch();
        const auto called = batch.read(reg);
        batch.run();
        EXPECT_EQ(reg.raw(), called.raw());
        EXPECT_EQ(on_the_bus(*each.about, reg.raw()),
                  each.bar().read(reg.offset(), each.about->width));
    }
}

TEST_F(register_row, written_on_one_path_is_seen_on_the_others) {
    NEED(found, find_registers(is_answering), "no register without a meaning to write to");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto width = each.about->width;
        auto batch = each.board.batch();
        for (const auto bits : patterns(width)) {
            each.bar().write(reg.offset(), on_the_bus(*each.about, bits), width);
            EXPECT_EQ(reg.raw(), each.answer(bits)) << "written by BAR";
            const auto others = ~bits & low_bits(width);
            batch.clear();
            batch.write_raw(reg, others);
            batch.run();
            EXPECT_EQ(reg.raw(), each.answer(others)) << "written by batch";
        }
    }
}

TEST_F(register_row, big_endian_is_swapped_on_the_bus_only) {
    NEED(found, find_registers([](const auto& what) {
             return is_scratch(what) && what.order == upciedev::byte_order::big && what.width > 8;
         }),
         "no big-endian register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto bits = 0x0123456789abcdef & low_bits(each.about->width);
        reg.write_raw(bits);
        EXPECT_EQ(reg.raw(), bits);
        EXPECT_EQ(each.bar().read(reg.offset(), each.about->width),
                  swapped(bits, each.about->width));
        EXPECT_EQ(reg.modify_raw(0xff, 0x11), bits);
        EXPECT_EQ(reg.raw(), (bits & ~std::uint64_t{0xff}) | 0x11);
    }
}

TEST_F(register_row, modify_changes_only_the_masked_bits) {
    NEED(found, find_registers(is_scratch), "no register without a meaning to write to");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto before = 0xa5a5a5a5a5a5a5a5 & low_bits(each.about->width);
        reg.write_raw(before);
        EXPECT_EQ(reg.modify_raw(0x3c, 0x18), before) << "modify returns the bits before";
        EXPECT_EQ(reg.raw(), (before & ~std::uint64_t{0x3c}) | 0x18);
    }
}

TEST_F(register_row, refuses_more_bits_than_it_has) {
    NEED(found, find_registers([](const auto& what) { return is_plain(what) && what.width < 64; }),
         "no plain register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const auto before = reg.raw();
        expect_error(errc::out_of_range,
                     [&] { reg.write_raw(std::uint64_t{1} << each.about->width); }, {each.path});
        EXPECT_EQ(reg.raw(), before);
    }
}

TEST_F(register_row, read_only_refuses_to_be_written) {
    NEED(found, find_registers([](const auto& what) {
             return what.access == access::ro && reads_freely(what) && what.reset;
         }),
         "no read-only register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const auto before = reg.raw();
        expect_error(errc::read_only, [&] { reg.write_raw(~before & 1); }, {each.path});
        expect_error(errc::read_only, [&] { reg.modify_raw(1, 1); });
        expect_error(errc::read_only, [&] { each.board.batch().write_raw(reg, 0); });
        EXPECT_EQ(reg.raw(), before);
    }
}

TEST_F(register_row, write_only_refuses_to_be_read) {
    NEED(found, find_registers([](const auto& what) { return what.access == access::wo; }),
         "no write-only register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        expect_error(errc::write_only, [&] { std::ignore = reg.raw(); }, {each.path});
        expect_error(errc::write_only, [&] { std::ignore = reg.read(); });
        expect_error(errc::write_only, [&] { each.board.batch().read(reg); });
    }
}

TEST_F(register_row, one_to_clear_clears_only_the_ones_written) {
    NEED(found, find_registers([](const auto& what) {
             return what.on_write == write_effect::one_to_clear && reads_freely(what);
         }),
         "no register whose bits are cleared by ones");
    bool exercised = false;
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        set_some_bits(each);
        const auto before = reg.raw();
        if (before == 0) continue; // nobody here can make the board set one
        const auto lowest = before & (~before + 1);
        reg.write_raw(lowest);
        EXPECT_EQ(reg.raw(), before & ~lowest);
        reg.write_raw(before);
        EXPECT_EQ(reg.raw(), 0U);
        exercised = true;
    }
    if (!exercised) GTEST_SKIP() << "no bit was set, and nobody here can make the board set one";
}

TEST_F(register_row, guarded_refuses_writes_on_every_path) {
    if (transport_name() == "sysfs") GTEST_SKIP() << "guards are the driver's: sysfs is for root";
    NEED(found, guarded(), "no card has a guarded register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const auto readable = reads_freely(*each.about);
        const auto before = readable ? reg.raw() : 0;
        expect_error(errc::not_permitted, [&] { reg.write_raw(0x1000); }, {each.path});
        expect_error(errc::not_permitted,
                     [&] { each.bar().write(reg.offset(), 0x1000, each.about->width); });
        auto batch = each.board.batch();
        expect_error(errc::not_permitted, [&] {
            batch.write_raw(reg, 0x1000);
            batch.run();
        });
        if (readable) {
            EXPECT_EQ(reg.raw(), before);
        }
    }
}

TEST_F(register_row, has_a_name_that_errors_suggest) {
    NEED(found, find_registers([](const auto&) { return true; }), "no board file");
    FOR_EACH(each, found) {
        const auto misspelt = each.path + "X";
        expect_error(errc::no_such_register, [&] { std::ignore = each.board.reg(misspelt); },
                     {misspelt, each.path});
    }
}

TEST_F(register_row, array_checks_its_index) {
    NEED(found, find_registers([](const auto& what) { return what.repeats.size() == 1; }),
         "no array of registers");
    FOR_EACH(each, found) {
        const auto element = [&](std::uint32_t index) {
            auto path = each.about->path;
            return path.replace(path.find("[]"), 2, "[" + std::to_string(index) + "]");
        };
        const auto count = each.about->repeats[0].count;
        EXPECT_NO_THROW(std::ignore = each.board.reg(element(count - 1)));
        expect_error(errc::out_of_range, [&] { std::ignore = each.board.reg(element(count)); },
                     {std::to_string(count)});
    }
}

TEST_F(register_row, bar_checks_offset_width_and_alignment) {
    NEED(found, find_registers([](const auto&) { return true; }), "no board file");
    FOR_EACH(each, found) {
        const auto bar = each.bar();
        const auto size = bar.facts().size;
        expect_error(errc::out_of_range, [&] { std::ignore = bar.read(size); });
        expect_error(errc::out_of_range, [&] { std::ignore = bar.read(~std::uint64_t{3}); });
        expect_error(errc::out_of_range, [&] { bar.write(size, 0); });
        expect_error(errc::bad_value, [&] { std::ignore = bar.read(2, 32); });
        expect_error(errc::bad_value, [&] { std::ignore = bar.read(0, 24); });
    }
}

} // namespace register_rows
