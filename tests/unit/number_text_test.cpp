// SPDX-License-Identifier: BSD-3-Clause
#include "base/number_text.hpp"

#include <upciedev/error.hpp>

#include <gmock/gmock.h>

namespace number_text_test {

using namespace upciedev;
using namespace upciedev::detail;
using testing::HasSubstr;

constexpr auto most = ~std::uint64_t{0};

error refused(std::string_view text, const number_form& form) {
    try {
        const auto number = parse_number(text, form);
        ADD_FAILURE() << "'" << text << "' was taken for " << number;
    } catch (const error& reason) {
        return reason;
    }
    return {errc::io_error, {}, "nothing was thrown"};
}

TEST(number_text, hexadecimal_digits_come_before_units) {
    EXPECT_EQ(parse_number("0x10b", size_form), 267U);
    EXPECT_EQ(parse_number("0x1c", size_form), 28U);
    EXPECT_EQ(parse_number("0x1e", size_form), 30U);
    EXPECT_EQ(parse_number("0x10B", size_form), 267U);
    EXPECT_EQ(parse_number("0xABC", size_form), 0xabcU);
    EXPECT_EQ(parse_number("0x10 B", size_form), 16U);
    EXPECT_EQ(parse_number("0x10KiB", size_form), 16384U);
    EXPECT_EQ(parse_number("0xffffffffffffffff", count_form), most);
}

TEST(number_text, sizes_have_units) {
    EXPECT_EQ(parse_number("0", size_form), 0U);
    EXPECT_EQ(parse_number("4096", size_form), 4096U);
    EXPECT_EQ(parse_number("12B", size_form), 12U);
    EXPECT_EQ(parse_number("4KiB", size_form), 4096U);
    EXPECT_EQ(parse_number("4 MiB", size_form), 4U << 20U);
    EXPECT_EQ(parse_number("3GiB", size_form), std::uint64_t{3} << 30U);
    EXPECT_EQ(parse_number("2TiB", size_form), std::uint64_t{2} << 40U);
    EXPECT_EQ(parse_number("4kB", size_form), 4000U);
    EXPECT_EQ(parse_number("4MB", size_form), 4'000'000U);
    EXPECT_EQ(parse_number("4GB", size_form), 4'000'000'000U);
    EXPECT_EQ(parse_number("4TB", size_form), 4'000'000'000'000U);
    EXPECT_EQ(parse_number("64 KiB", file_size_form), 65536U);
    EXPECT_EQ(parse_number("18446744073709551615", size_form), most);
}

TEST(number_text, a_fraction_of_a_size_is_whole_bytes) {
    EXPECT_EQ(parse_number("1.5MiB", size_form), 3U << 19U);
    EXPECT_EQ(parse_number("0.5KiB", size_form), 512U);
    EXPECT_EQ(parse_number("1.50 kB", size_form), 1500U);
    EXPECT_EQ(parse_number("7.0", size_form), 7U);
    for (const auto* text : {"1.5", "1.5B", "0.3KiB", "0.0000000000000000000001TiB"}) {
        const auto reason = refused(text, size_form);
        EXPECT_EQ(reason.kind(), errc::bad_value);
        EXPECT_THAT(reason.what(), HasSubstr("is not a whole number of bytes; write bytes"));
    }
    refused("1.5 MiB", file_size_form); // files have none
}

TEST(number_text, times_have_units_and_are_rounded_up) {
    EXPECT_EQ(parse_number("5", seconds_form), 5'000'000'000U);
    EXPECT_EQ(parse_number("0.2", seconds_form), 200'000'000U);
    EXPECT_EQ(parse_number("0.2", milliseconds_form), 200'000U);
    EXPECT_EQ(parse_number("500ms", seconds_form), 500'000'000U);
    EXPECT_EQ(parse_number("2 us", milliseconds_form), 2000U);
    EXPECT_EQ(parse_number("7ns", milliseconds_form), 7U);
    EXPECT_EQ(parse_number("1.5min", seconds_form), 90'000'000'000U);
    EXPECT_EQ(parse_number("1h", seconds_form), 3'600'000'000'000U);
    EXPECT_EQ(parse_number("0.0000000001", seconds_form), 1U);
    EXPECT_EQ(parse_number("0.10000000000000000000001ns", seconds_form), 1U);
}

TEST(number_text, anything_else_is_refused_with_what_is_accepted) {
    for (const auto* form :
         {&count_form, &size_form, &file_size_form, &seconds_form, &milliseconds_form}) {
        for (const auto* text : {"",      " ",   " 4",     "4 ",  "-4",   "+4",    "0x",   "0X10",
                                 "x",     "4x",  "4  KiB", "1e3", "0x1g", ".5",    "5.",   "1.2.3",
                                 "0x1.8", "4,0", "KiB",    "inf", "nan",  "1_000", "4 s s"}) {
            const auto reason = refused(text, *form);
            EXPECT_EQ(reason.kind(), errc::bad_value) << text;
            EXPECT_THAT(reason.what(), HasSubstr("'" + std::string(text) + "' is not "));
            EXPECT_EQ(reason.remedy(), form->forms);
        }
        EXPECT_THAT(refused("010", *form).what(), HasSubstr("begins with a zero"));
    }
}

TEST(number_text, the_case_of_units_counts_and_other_units_are_refused) {
    for (const auto* text : {"4k", "4K", "4KB", "4kib", "4KIB", "4b", "4Mb", "4PiB", "4s"})
        EXPECT_THAT(refused(text, size_form).what(), HasSubstr("is not a size"));
    for (const auto* text : {"4kB", "4B", "4TiB"})
        EXPECT_THAT(refused(text, file_size_form).what(), HasSubstr("is not a size"));
    for (const auto* text : {"4S", "4m", "4MS", "4d", "4KiB"})
        EXPECT_THAT(refused(text, seconds_form).what(), HasSubstr("is not a time"));
    refused("4B", count_form);
}

TEST(number_text, more_than_64_bits_are_out_of_range) {
    for (const auto* text : {"18446744073709551616", "0x10000000000000000",
                             "99999999999999999999999999", "17179869184GiB", "16777216TiB"}) {
        const auto reason = refused(text, size_form);
        EXPECT_EQ(reason.kind(), errc::out_of_range) << text;
        EXPECT_THAT(reason.what(), HasSubstr("needs more than 64 bits"));
    }
    EXPECT_EQ(parse_number("16777215TiB", size_form), std::uint64_t{16777215} << 40U);
    EXPECT_EQ(refused("5124096h", seconds_form).kind(), errc::out_of_range);
}

} // namespace number_text_test
