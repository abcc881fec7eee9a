// SPDX-License-Identifier: BSD-3-Clause
// Meaning: fields, names, engineering units.
#include "stand.hpp"

#include <algorithm>

namespace value_rows {

using namespace behaviour;
using upciedev::errc;
using upciedev::field_description;
using upciedev::register_description;
using upciedev::value;

class value_row : public row {};

using field_wish = bool (*)(const field_description&);

/// A field that may be written at will, found in a register whose other fields do nothing either.
const field_description* field_for(const register_description& what, field_wish wanted) {
    if (!is_plain(what)) return nullptr;
    const auto found = std::ranges::find_if(what.fields, wanted);
    return found == what.fields.end() ? nullptr : &*found;
}

auto registers_with_field(field_wish wanted) {
    return find_registers([=](const auto& what) { return field_for(what, wanted) != nullptr; });
}

bool is_number(const field_description& field) {
    return field.values.empty() && !field.range && field.convert.is_identity();
}

bool is_named(const field_description& field) {
    return field.values.size() > 1;
}

bool is_scaled(const register_description& what) {
    return is_plain(what) && !what.convert.is_identity() &&
           what.convert.type.what != upciedev::value_type::kind::floating;
}

bool is_float(const register_description& what) {
    return is_plain(what) && !what.range &&
           what.convert.type.what == upciedev::value_type::kind::floating;
}

TEST_F(value_row, field_write_leaves_its_neighbours) {
    NEED(found, registers_with_field(is_number), "no plain register with fields");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto* about = field_for(*each.about, is_number);
        const auto field = reg.field(about->name);
        const auto others = reg.raw() & ~about->mask();
        for (const auto bits : patterns(about->width)) {
            field.write_raw(bits);
            EXPECT_EQ(field.raw(), bits);
            EXPECT_EQ(reg.raw(), others | (bits << about->lsb));
        }
    }
}

TEST_F(value_row, field_refuses_what_does_not_fit) {
    NEED(found, registers_with_field(is_number), "no plain register with fields");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const auto before = reg.raw();
        const auto* about = field_for(*each.about, is_number);
        const auto field = reg.field(about->name);
        expect_error(errc::out_of_range, [&] { field.write_raw(std::uint64_t{1} << about->width); },
                     {about->name});
        expect_error(errc::out_of_range, [&] { field.write(std::uint64_t{1} << about->width); });
        EXPECT_EQ(reg.raw(), before);
        expect_error(errc::no_such_register, [&] { std::ignore = reg.field("NO_SUCH_FIELD"); },
                     {"NO_SUCH_FIELD"});
    }
}

TEST_F(value_row, enumeration_is_written_and_read_by_name) {
    NEED(found, registers_with_field(is_named), "no plain field with names");
    FOR_EACH(each, found) {
        const restore afterwards(each.reg());
        const auto* about = field_for(*each.about, is_named);
        const auto field = each.reg().field(about->name);
        for (const auto& [name, number] : about->values) {
            field.write(name);
            EXPECT_EQ(field.raw(), number);
            EXPECT_EQ(field.read_name(), name);
        }
        const auto before = field.raw();
        expect_error(errc::bad_value, [&] { field.write("no-such-name"); },
                     {"no-such-name", about->values.front().first});
        EXPECT_EQ(field.raw(), before);
    }
}

TEST_F(value_row, engineering_value_is_what_the_bits_say) {
    NEED(found, find_registers(is_scaled), "no scaled or fixed-point register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        for (const auto& wanted : exact_values(*each.about)) {
            reg.write(wanted);
            EXPECT_EQ(reg.raw(), encode(each.about->convert, wanted));
            EXPECT_EQ(reg.read(), wanted);
        }
    }
}

TEST_F(value_row, engineering_value_has_limits) {
    NEED(found, find_registers([](const auto& what) { return is_plain(what) && what.range; }),
         "no register with a range");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto [least, most] = *each.about->range;
        EXPECT_NO_THROW(reg.write(least));
        EXPECT_NEAR(reg.read().to_double(), least, 0.5 * (most - least) / 16);
        const auto before = reg.raw();
        expect_error(errc::out_of_range, [&] { reg.write(most + 1 + (most - least)); },
                     {each.path});
        expect_error(errc::out_of_range, [&] { reg.write(least - 1 - (most - least)); });
        EXPECT_EQ(reg.raw(), before);
    }
}

TEST_F(value_row, float_register_holds_a_float) {
    NEED(found, find_registers(is_float), "no floating-point register");
    FOR_EACH(each, found) {
        const auto reg = each.board.reg<float>(each.path);
        const restore afterwards(reg);
        for (const float number : {0.5F, -1.25F}) {
            reg.write(number);
            EXPECT_EQ(reg.read(), number);
            EXPECT_EQ(reg.raw(), encode(each.about->convert, number));
        }
    }
}

} // namespace value_rows
