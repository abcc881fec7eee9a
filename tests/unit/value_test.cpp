// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace value_test {

using namespace upciedev;
using testing::HasSubstr;
using kind = value_type::kind;

constexpr auto i64_min = std::numeric_limits<std::int64_t>::min();
constexpr auto i64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto u64_max = std::numeric_limits<std::uint64_t>::max();
constexpr auto infinity = std::numeric_limits<double>::infinity();

std::uint64_t ones(unsigned bits) {
    return bits == 64 ? u64_max : (std::uint64_t{1} << bits) - 1;
}

/// All codes of small types; edges and a random sample of large ones.
template <class F>
void for_codes(unsigned bits, F check) {
    if (bits <= 12) {
        for (std::uint64_t code = 0; code <= ones(bits); ++code)
            check(code);
        return;
    }
    std::mt19937_64 random(bits);
    for (int i = 0; i < 2000; ++i)
        check(random() & ones(bits));
    const auto top = std::uint64_t{1} << (bits - 1);
    for (const auto code : {std::uint64_t{0}, std::uint64_t{1}, top - 1, top, top + 1, ones(bits)})
        check(code);
}

// ---- value ----

TEST(value, keeps_64_bit_integers_exact) {
    for (const auto number : {i64_min, i64_max, std::int64_t{-1}, std::int64_t{0}})
        EXPECT_EQ(value(number).as<std::int64_t>(), number);
    EXPECT_EQ(value(u64_max).as<std::uint64_t>(), u64_max);
    EXPECT_EQ(value(u64_max).to_string(), "18446744073709551615");
}

TEST(value, converts_to_what_can_hold_it) {
    EXPECT_EQ(value(255).as<std::uint8_t>(), 255);
    EXPECT_EQ(value(-128).as<std::int8_t>(), -128);
    EXPECT_EQ(value(-128.0).as<std::int8_t>(), -128);
    EXPECT_EQ(value(-9223372036854775808.0).as<std::int64_t>(), i64_min);
    EXPECT_EQ(value(1).as<bool>(), true);
    EXPECT_EQ(value(0.0).as<bool>(), false);
    EXPECT_EQ(value(0.1).as<float>(), 0.1F);
    EXPECT_EQ(value(16777217).as<float>(), 16777216.0F) << "floating types round";
    EXPECT_EQ(value(infinity).as<float>(), std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(value(std::nan("")).as<float>()));
}

TEST(value, refuses_what_a_type_cannot_hold) {
    const auto refuses = [](const value& number, auto type) {
        return thrown_by([&] { (void)number.as<decltype(type)>(); }).kind() == errc::out_of_range;
    };
    EXPECT_TRUE(refuses(256, std::uint8_t{}));
    EXPECT_TRUE(refuses(-1, std::uint8_t{}));
    EXPECT_TRUE(refuses(-1, std::uint64_t{}));
    EXPECT_TRUE(refuses(u64_max, std::int64_t{}));
    EXPECT_TRUE(refuses(2147483648, std::int32_t{}));
    EXPECT_TRUE(refuses(9223372036854775808.0, std::int64_t{}));
    EXPECT_TRUE(refuses(18446744073709551616.0, std::uint64_t{}));
    EXPECT_TRUE(refuses(0.5, int{}));
    EXPECT_TRUE(refuses(std::nan(""), int{}));
    EXPECT_TRUE(refuses(infinity, int{}));
    EXPECT_TRUE(refuses(2, bool{}));
    EXPECT_TRUE(refuses(1e39, float{}));
}

TEST(value, compares_as_a_number) {
    EXPECT_EQ(value(1), value(1U));
    EXPECT_EQ(value(1), value(1.0));
    EXPECT_EQ(value(u64_max), value(u64_max));
    EXPECT_FALSE(value(-1) == value(u64_max));
    EXPECT_FALSE(value(u64_max) == value(18446744073709551616.0)) << "2^64 is one more";
    EXPECT_FALSE(value(9007199254740993) == value(9007199254740992.0)) << "2^53 + 1";
    EXPECT_FALSE(value(9007199254740992.0) == value(9007199254740993));
    EXPECT_FALSE(value(0) == value(0.5));
    EXPECT_FALSE(value(std::nan("")) == value(std::nan("")));
}

TEST(value, text_reads_back_as_the_same_number) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(-300, 300);
    for (int i = 0; i < 5000; ++i) {
        const value integer = static_cast<std::int64_t>(random());
        const value floating = std::pow(10.0, exponent(random));
        EXPECT_EQ(value::parse(integer.to_string()), integer);
        EXPECT_EQ(value::parse(floating.to_string()), floating) << floating.to_string();
    }
    EXPECT_EQ(value(0.1).to_string(), "0.1");
    EXPECT_EQ(value(-0.0).to_string(), "-0");
    EXPECT_EQ(value(1.0).to_string(), "1");
}

TEST(value, parses_decimal_hexadecimal_and_floating) {
    EXPECT_EQ(value::parse("0"), value(0));
    EXPECT_EQ(value::parse("-12"), value(-12));
    EXPECT_EQ(value::parse("+12"), value(12));
    EXPECT_EQ(value::parse("0x1F"), value(31));
    EXPECT_EQ(value::parse("-0x10"), value(-16));
    EXPECT_EQ(value::parse("0xffffffffffffffff"), value(u64_max));
    EXPECT_EQ(value::parse("-9223372036854775808"), value(i64_min));
    EXPECT_EQ(value::parse("-1.5e-3"), value(-0.0015));
    EXPECT_EQ(value::parse(".5"), value(0.5));
    EXPECT_TRUE(value::parse("1.0").is_floating());
    EXPECT_FALSE(value::parse("1").is_floating());
    EXPECT_EQ(value::parse("-inf"), value(-infinity));
}

TEST(value, refuses_text_that_is_no_number) {
    for (const auto* text : {"",
                             " 1",
                             "1 ",
                             "x",
                             "0x",
                             "0xg",
                             "0X1f",
                             "0b11",
                             "1_000",
                             "0o17",
                             "1,5",
                             "--1",
                             "+-1",
                             "-",
                             "1e",
                             "1.5V",
                             "017",
                             "-01",
                             "0x10000000000000000",
                             "18446744073709551616",
                             "-9223372036854775809",
                             "1e999"})
        EXPECT_EQ(thrown_by([&] { value::parse(text); }).kind(), errc::bad_value) << text;
    EXPECT_STREQ(
        thrown_by([] { value::parse("017"); }).what(),
        "'017' begins with a zero; write it decimal without zeros in front, or hexadecimal "
        "with 0x");
}

// ---- value_type ----

TEST(value_type, names_read_back) {
    for (const auto* name : {"uint1", "uint32", "uint64", "int1", "int16", "int64", "ufix16.12",
                             "sfix18.17", "sfix16.20", "ufix8.-2", "float32", "float64"})
        EXPECT_EQ(value_type::parse(name).name(), name);
    EXPECT_EQ(value_type::parse("bool").name(), "uint1");
    EXPECT_EQ(value_type::parse("sfix16.0").name(), "int16");
}

TEST(value_type, refuses_unknown_names) {
    for (const auto* name :
         {"", "int", "uint0", "uint65", "int032", "int-1", "u32", "fix16.12", "float16", "ufix16",
          "ufix16.", "ufix.12", "ufix65.1", "sfix16.200", "Bool", "uint32 "})
        EXPECT_EQ(thrown_by([&] { value_type::parse(name); }).kind(), errc::bad_value) << name;
    EXPECT_STREQ(thrown_by([] { value_type::parse("u32"); }).what(),
                 "unknown type 'u32'; types are bool, uintN, intN, ufixN.F, sfixN.F (N from 1 to "
                 "64), float32, float64");
}

// ---- decode, encode ----

TEST(conversion, every_integer_type_is_exact) {
    for (const auto what : {kind::unsigned_integer, kind::signed_integer})
        for (unsigned bits = 1; bits <= 64; ++bits) {
            const conversion how{.type = {what, static_cast<std::uint8_t>(bits), 0}};
            for_codes(bits, [&](std::uint64_t code) {
                const auto number = decode(how, code);
                ASSERT_EQ(encode(how, number), code) << how.type.name();
                if (what == kind::unsigned_integer)
                    ASSERT_EQ(number.as<std::uint64_t>(), code);
                else
                    ASSERT_EQ(static_cast<std::uint64_t>(number.as<std::int64_t>()) & ones(bits),
                              code);
            });
        }
}

TEST(conversion, every_fixed_point_type_up_to_53_bits_is_exact) {
    for (const auto what : {kind::unsigned_integer, kind::signed_integer})
        for (unsigned bits = 1; bits <= 53; ++bits)
            for (const int fraction : {1, 12, 17, 60, -3}) {
                const conversion how{.type = {what, static_cast<std::uint8_t>(bits),
                                              static_cast<std::int8_t>(fraction)}};
                for_codes(bits, [&](std::uint64_t code) {
                    ASSERT_EQ(encode(how, decode(how, code)), code) << how.type.name();
                });
            }
}

TEST(conversion, scaling_reads_back) {
    for (const double scale : {0.01, -0.01, 30.517578125e-6, 8e-9, 1e6, 180.0})
        for (const double offset : {0.0, -20.0, 273.15})
            for (const auto* type : {"uint32", "int16", "sfix18.17", "ufix16.8"}) {
                const conversion how{value_type::parse(type), scale, offset};
                for_codes(how.type.bits, [&](std::uint64_t code) {
                    // The offset may swallow digits where the step is tiny beside it.
                    if (std::abs(scale) * std::ldexp(1.0, -how.type.fraction_bits) < 1e-11) return;
                    ASSERT_EQ(encode(how, decode(how, code)), code)
                        << type << " " << scale << " " << offset;
                });
            }
}

TEST(conversion, float_bits_pass_unharmed) {
    const conversion f32{value_type::parse("float32")};
    const conversion f64{value_type::parse("float64")};
    const auto check = [](const conversion& how, std::uint64_t code) {
        const auto number = decode(how, code);
        return std::isnan(number.to_double()) || encode(how, number) == code;
    };
    for_codes(32, [&](std::uint64_t code) { ASSERT_TRUE(check(f32, code)) << code; });
    for_codes(64, [&](std::uint64_t code) { ASSERT_TRUE(check(f64, code)) << code; });
    EXPECT_EQ(decode(f32, 0x3fc00000), value(1.5));
    EXPECT_EQ(encode(f32, 0.1), 0x3dcccccdU);
    EXPECT_EQ(encode(f32, -0.0), 0x80000000U);
    EXPECT_EQ(encode(f32, infinity), 0x7f800000U);
    EXPECT_TRUE(std::isnan(decode(f32, encode(f32, std::nan(""))).to_double()));
}

TEST(conversion, known_values) {
    const auto bits = [](const char* type, const value& number) {
        return encode({.type = value_type::parse(type)}, number);
    };
    EXPECT_EQ(bits("sfix16.12", -1.5), 0xe800U);
    EXPECT_EQ(bits("sfix18.17", -1), 0x20000U);
    EXPECT_EQ(bits("ufix16.8", 100), 0x6400U);
    EXPECT_EQ(bits("ufix8.-2", 8), 2U);
    EXPECT_EQ(bits("int16", -1), 0xffffU);
    EXPECT_EQ(bits("bool", true), 1U);
    EXPECT_EQ(encode({value_type::parse("int16"), 0.01, -20}, -20.5), 0xffceU);
    EXPECT_EQ(decode({value_type::parse("int16"), 0.01, -20}, 0x0fa0), value(20.0));
}

TEST(conversion, ignores_bits_above_the_type) {
    EXPECT_EQ(decode({.type = value_type::parse("int16")}, 0xabcd0001), value(1));
    EXPECT_EQ(decode({.type = value_type::parse("float32")}, 0xffffffff3fc00000), value(1.5));
}

TEST(conversion, rounds_to_nearest_and_ties_to_even) {
    const conversion how{.type = value_type::parse("int16")};
    EXPECT_EQ(encode(how, 2.5), 2U);
    EXPECT_EQ(encode(how, 3.5), 4U);
    EXPECT_EQ(encode(how, -0.5), 0U);
    EXPECT_EQ(encode(how, -1.5), 0xfffeU);
    EXPECT_EQ(encode(how, 32767.49), 32767U);
}

TEST(conversion, refuses_what_does_not_fit) {
    struct row {
        const char* type;
        value number;
        const char* text;
    };
    const std::array rows{
        row{"uint8", 256, "256 does not fit uint8; it takes 0 to 255"},
        row{"uint8", -1, "-1 does not fit uint8; it takes 0 to 255"},
        row{"int8", 128, "128 does not fit int8; it takes -128 to 127"},
        row{"int8", u64_max, "18446744073709551615 does not fit int8; it takes -128 to 127"},
        row{"int64", u64_max,
            "18446744073709551615 does not fit int64; it takes "
            "-9223372036854775808 to 9223372036854775807"},
        row{"uint64", -1, "-1 does not fit uint64; it takes 0 to 18446744073709551615"},
        row{"uint64", 18446744073709551616.0,
            "1.8446744073709552e+19 does not fit uint64; it takes 0 to 18446744073709551615"},
        row{"uint8", 255.5, "255.5 does not fit uint8; it takes 0 to 255"},
        row{"uint8", -0.51, "-0.51 does not fit uint8; it takes 0 to 255"},
        row{"uint8", infinity, "inf does not fit uint8; it takes 0 to 255"},
        row{"sfix16.12", 8, "8 does not fit sfix16.12; it takes -8 to 7.999755859375"},
        row{"bool", 2, "2 does not fit uint1; it takes 0 to 1"},
        row{"float32", 1e39, "1e+39 does not fit float32"},
    };
    for (const auto& [type, number, text] : rows) {
        const auto problem = thrown_by([&type = type, &number = number] {
            encode({.type = value_type::parse(type)}, number);
        });
        EXPECT_EQ(problem.kind(), errc::out_of_range);
        EXPECT_STREQ(problem.what(), text);
    }
}

TEST(conversion, limits_are_in_engineering_units) {
    const conversion how{value_type::parse("uint8"), -0.5, 10};
    EXPECT_STREQ(thrown_by([&] { encode(how, 11); }).what(),
                 "11 does not fit uint8; it takes -117.5 to 10");
}

TEST(conversion, refuses_nan_in_integers) {
    const auto problem =
        thrown_by([] { encode({.type = value_type::parse("int8")}, std::nan("")); });
    EXPECT_EQ(problem.kind(), errc::bad_value);
    EXPECT_THAT(problem.what(), HasSubstr("int8 has no NaN"));
}

// ---- error ----

TEST(error, says_where_what_and_how_to_go_on) {
    const error problem(errc::no_such_board, "crate demo", "slot 5 is empty", "boards in 3 and 7");
    EXPECT_STREQ(problem.what(), "crate demo: slot 5 is empty; boards in 3 and 7");
    EXPECT_EQ(problem.code(), errc::no_such_board);
    EXPECT_EQ(problem.code().category().name(), std::string("upciedev"));
    EXPECT_EQ(problem.code().message(), "no such board");
    EXPECT_STREQ(error(errc::timeout, "", "too late").what(), "too late");
}

TEST(error, gains_a_place_in_a_higher_floor) {
    const auto problem = error(errc::bad_value, "", "no", "yes").at("slot 4");
    EXPECT_STREQ(problem.what(), "slot 4: no; yes");
    EXPECT_EQ(problem.kind(), errc::bad_value);
    EXPECT_EQ(problem.where(), "slot 4");
}

TEST(error, every_code_has_a_message) {
    for (int code = 1; code <= static_cast<int>(errc::abi_mismatch); ++code)
        EXPECT_NE(error_category().message(code), "unknown error") << code;
    EXPECT_EQ(error_category().message(static_cast<int>(errc::abi_mismatch)), "ABI mismatch");
    EXPECT_EQ(error_category().message(0), "unknown error");
    EXPECT_EQ(error_category().message(99), "unknown error");
}

} // namespace value_test
