// SPDX-License-Identifier: BSD-3-Clause
// Every value type against a model in wider arithmetic: all codes of small types, random ones of
// large types. UPCIEDEV_SEED=N repeats a run.
#include "test_board.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>

namespace value_property_test {

using namespace test;
using kind = value_type::kind;

static_assert(std::numeric_limits<long double>::digits >= 64, "the model needs 64 bits");

constexpr unsigned small_width = 9; // bits; types up to it are tried with all codes

std::uint64_t ones(unsigned bits) {
    return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

std::uint64_t the_seed() {
    static const std::uint64_t seed = [] {
        const char* wish = std::getenv("UPCIEDEV_SEED"); // NOLINT(concurrency-mt-unsafe)
        const auto chosen =
            wish != nullptr ? std::strtoull(wish, nullptr, 0) : std::random_device{}();
        std::cout << "UPCIEDEV_SEED=" << chosen << '\n';
        return chosen;
    }();
    return seed;
}

struct limits {
    long double least = 0, greatest = 0; // codes
};

limits limits_of(const value_type& type) {
    if (type.what == kind::unsigned_integer) return {0, std::ldexp(1.0L, type.bits) - 1};
    const auto half = std::ldexp(1.0L, type.bits - 1);
    return {-half, half - 1};
}

/// The number that the bits stand for, exactly.
long double model_decode(const value_type& type, std::uint64_t bits) {
    auto code = static_cast<long double>(bits);
    const bool negative = type.what == kind::signed_integer && (bits >> (type.bits - 1U)) != 0;
    if (negative) code -= std::ldexp(1.0L, type.bits);
    return std::ldexp(code, -type.fraction_bits);
}

std::uint64_t bits_of_code(const value_type& type, long double code) {
    if (code < 0) code += std::ldexp(1.0L, type.bits);
    return static_cast<std::uint64_t>(code);
}

/// The next code to a number, ties to even.
long double nearest_code(const value_type& type, double number) {
    const auto exact = std::ldexp(static_cast<long double>(number), type.fraction_bits);
    const auto below = std::floor(exact);
    const auto rest = exact - below;
    const bool is_odd = std::fmod(below, 2.0L) != 0;
    return rest > 0.5L || (rest == 0.5L && is_odd) ? below + 1 : below;
}

struct value_properties : testing::Test {
    std::mt19937_64 random{the_seed()};
    testing::ScopedTrace trace{__FILE__, __LINE__,
                               "repeat with UPCIEDEV_SEED=" + std::to_string(the_seed())};

    /// Integers and fixed point of every width, with fractions below, within and above it.
    template <class F>
    void for_types(F check) {
        for (const auto what : {kind::unsigned_integer, kind::signed_integer})
            for (unsigned bits = 1; bits <= 64; ++bits)
                for (const int fraction : {0, 1, static_cast<int>(bits), 70, -5, any_fraction()})
                    check(value_type{what, static_cast<std::uint8_t>(bits),
                                     static_cast<std::int8_t>(fraction)});
    }
    template <class F>
    void for_codes(unsigned bits, F check) {
        if (bits <= small_width) {
            for (std::uint64_t code = 0; code <= ones(bits); ++code)
                check(code);
            return;
        }
        const auto top = std::uint64_t{1} << (bits - 1);
        for (const auto code : {std::uint64_t{0}, top - 1, top, ones(bits)})
            check(code);
        for (int i = 0; i < 40; ++i)
            check(random() & ones(bits));
    }
    int any_fraction() { return static_cast<int>(random() % 100) - 20; }
    double fraction() { return std::ldexp(static_cast<double>(random() >> 11U), -53); }
};

void expect_encoding(const value_type& type, double number) {
    const conversion how{.type = type};
    const auto code = nearest_code(type, number);
    const auto [least, greatest] = limits_of(type);
    if (code >= least && code <= greatest) {
        ASSERT_EQ(encode(how, number), bits_of_code(type, code)) << type.name() << ' ' << number;
    } else {
        ASSERT_EQ(thrown_by([&] { encode(how, number); }).kind(), errc::out_of_range)
            << type.name() << ' ' << number;
    }
}

TEST_F(value_properties, decoding_is_that_of_the_model) {
    for_types([&](const value_type& type) {
        for_codes(type.bits, [&](std::uint64_t code) {
            const auto model = model_decode(type, code);
            const auto number = decode({.type = type}, code);
            ASSERT_EQ(number.to_double(), static_cast<double>(model)) << type.name() << ' ' << code;
            ASSERT_EQ(decode({.type = type}, code | ~ones(type.bits)), number) << type.name();
            if (!number.is_floating() || type.bits <= 53) {
                ASSERT_EQ(encode({.type = type}, number), code) << type.name();
            }
        });
    });
}

TEST_F(value_properties, encoding_rounds_to_the_nearest_and_refuses_what_does_not_fit) {
    for_types([&](const value_type& type) {
        if (type.bits > 53) return; // beyond, a double names no code
        const auto [least, greatest] = limits_of(type);
        const auto number = [&](long double code) {
            return static_cast<double>(std::ldexp(code, -type.fraction_bits));
        };
        for (const auto code : {least, greatest})
            for (const auto beside : {-1.0L, -0.5L, -0.25L, 0.0L, 0.25L, 0.5L, 1.0L})
                expect_encoding(type, number(code + beside));
        for (int i = 0; i < 40; ++i) {
            const auto code = least + (greatest - least) * static_cast<long double>(fraction());
            expect_encoding(type, number(code));
            expect_encoding(type, number(std::floor(code) + 0.5L));
        }
    });
}

TEST_F(value_properties, greater_codes_are_greater_numbers) {
    for_types([&](const value_type& type) {
        if (type.bits > 53 || type.bits < 2) return;
        const auto [least, greatest] = limits_of(type);
        for (int i = 0; i < 40; ++i) {
            const auto code =
                std::floor(least + (greatest - least) * static_cast<long double>(fraction()));
            const auto a = decode({.type = type}, bits_of_code(type, code)).to_double();
            const auto b = decode({.type = type}, bits_of_code(type, code + 1)).to_double();
            ASSERT_LT(a, b) << type.name() << ' ' << static_cast<double>(code);
        }
    });
}

TEST_F(value_properties, nothing_but_floats_takes_nan_and_infinity) {
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    for_types([&](const value_type& type) {
        const conversion how{.type = type};
        ASSERT_EQ(thrown_by([&] { encode(how, std::nan("")); }).kind(), errc::bad_value);
        ASSERT_EQ(thrown_by([&] { encode(how, infinity); }).kind(), errc::out_of_range);
        ASSERT_EQ(thrown_by([&] { encode(how, -infinity); }).kind(), errc::out_of_range);
    });
}

TEST_F(value_properties, floats_are_those_of_the_machine) {
    const conversion f32{.type = {kind::floating, 32, 0}}, f64{.type = {kind::floating, 64, 0}};
    for (int i = 0; i < 20000; ++i) {
        const auto bits = random();
        const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        const auto wide = std::bit_cast<double>(bits);
        if (!std::isnan(narrow)) {
            ASSERT_EQ(decode(f32, bits).to_double(), narrow);
            ASSERT_EQ(encode(f32, narrow), bits & ones(32));
        }
        if (!std::isnan(wide)) {
            ASSERT_EQ(decode(f64, bits).to_double(), wide);
            ASSERT_EQ(encode(f64, wide), bits);
        }
        const auto middle = std::ldexp(fraction(), static_cast<int>(random() % 80) - 40);
        ASSERT_EQ(encode(f32, middle), std::bit_cast<std::uint32_t>(static_cast<float>(middle)));
    }
}

TEST_F(value_properties, names_read_back) {
    for_types([](const value_type& type) { ASSERT_EQ(value_type::parse(type.name()), type); });
}

TEST_F(value_properties, a_field_write_keeps_its_neighbours_in_both_byte_orders) {
    for (const auto order : {byte_order::little, byte_order::big})
        for (const unsigned width : {8U, 16U, 32U, 64U})
            for (int i = 0; i < 60; ++i) {
                const auto lsb = static_cast<unsigned>(random() % width);
                const auto bits = 1 + static_cast<unsigned>(random() % (width - lsb));
                auto file = std::make_shared<board_description>();
                file->name = "fields";
                file->bars.resize(1);
                file->bars[0].size = 4096;
                file->registers.push_back(make_register("R", 0, 0, width));
                file->registers[0].order = order;
                file->registers[0].fields = {make_field("F", lsb, bits)};
                file->build_index();
                const auto sim = std::make_shared<sim_board>(file, 4);
                const board there(sim, file);
                const auto before = random() & ones(width);
                const auto wanted = random() & ones(bits);
                there.reg("R").write_raw(before);
                there.reg("R").field("F").write_raw(wanted);
                const auto mask = ones(bits) << lsb;
                ASSERT_EQ(there.reg("R").raw(), (before & ~mask) | (wanted << lsb))
                    << width << " bits, field at " << lsb << " of " << bits;
                ASSERT_EQ(there.reg("R").field("F").raw(), wanted);
            }
}

} // namespace value_property_test
