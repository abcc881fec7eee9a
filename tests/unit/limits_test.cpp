// SPDX-License-Identifier: BSD-3-Clause
// Files that are too large, too deep or made to harm: a clear error, no crash, little work.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/check.hpp>
#include <upciedev/crate_file.hpp>

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <functional>
#include <string>

namespace limits_test {

using namespace upciedev;

constexpr std::size_t largest = 4U << 20U;
constexpr double seconds_allowed = 20; // of this program's own work, on a slow machine

const std::string head = "format: 1\nboard: t\nbars: {regs: {index: 0, size: 1 GiB}}\n";

std::string repeated(std::size_t count, const std::string& text) {
    std::string all;
    while (count-- > 0)
        all += text;
    return all;
}

std::string numbered(std::size_t count, const std::function<std::string(std::string)>& line) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += line(std::to_string(i));
    return all;
}

std::string registers(std::size_t count) {
    std::size_t offset = 0;
    return head + "registers:\n" + numbered(count, [&](const std::string& number) {
               offset += 4;
               return "  R" + number + ": {at: regs+" + std::to_string(offset) + "}\n";
           });
}

/// Does it, and fails if it takes too long.
template <class F>
auto quickly(F call) {
    const auto begin = std::clock();
    auto result = call();
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, seconds_allowed);
    return result;
}

std::string error_of(const std::string& text) {
    return quickly(
        [&] { return std::string(thrown_by([&] { parse_board_file(text, "x.yaml"); }).what()); });
}

TEST(limits, size) {
    const auto comment = [](std::size_t size) {
        return head + "#" + std::string(size - head.size() - 1, 'x');
    };
    EXPECT_EQ(quickly([&] { return parse_board_file(comment(largest), "x.yaml")->name; }), "t");
    const std::string message = "x.yaml:1:1: larger than 4 MiB; arrays are written with 'repeat', "
                                "memories as areas";
    EXPECT_EQ(error_of(comment(largest + 1)), message);
    EXPECT_EQ(error_of(std::string(10U << 20U, ' ')), message);
    const auto crate =
        thrown_by([&] { crate_file::parse(std::string(largest + 1, ' '), "x.yaml"); });
    EXPECT_STREQ(crate.what(), message.c_str());
}

TEST(limits, large_files_are_not_read_to_their_end) {
    EXPECT_STREQ(thrown_by([] { load_board_file("/dev/zero"); }).reason().c_str(),
                 "larger than 4 MiB");
    const auto report = quickly([] { return check_file("/dev/zero"); });
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_FALSE(report.complete);
}

TEST(limits, registers) {
    EXPECT_EQ(
        quickly([] { return parse_board_file(registers(32'768), "x.yaml")->registers.size(); }),
        32'768U);
    const std::string message = "x.yaml:32773:3: more than 32768 registers; write equal ones as an "
                                "array with 'repeat', memories as areas";
    EXPECT_EQ(error_of(registers(32'769)), message);
    EXPECT_EQ(error_of(registers(100'000)), message);
}

TEST(limits, areas) {
    const auto areas = [](std::size_t count) {
        return registers(5000) + "areas:\n" + numbered(count, [](const std::string& number) {
                   return "  A" + number + ": {at: regs+0x10000000, size: 256 MiB}\n";
               });
    };
    EXPECT_EQ(quickly([&] { return parse_board_file(areas(4096), "x.yaml")->areas.size(); }),
              4096U);
    EXPECT_EQ(error_of(areas(4097)), "x.yaml:9102:3: more than 4096 areas; areas may overlap: "
                                     "describe the whole memory as one");
}

TEST(limits, elements_of_arrays) {
    const auto repeat = [](const std::string& count) {
        return head + "registers: {R: {at: regs+0, repeat: {count: " + count + ", stride: 4}}}\n";
    };
    EXPECT_EQ(quickly([&] { return parse_board_file(repeat("0x100000"), "x.yaml")->name; }), "t");
    EXPECT_EQ(error_of(repeat("0x100001")), "x.yaml:4:13: more than 1048576 registers; describe "
                                            "large memories as an area");
}

TEST(limits, values) {
    const auto values = [](std::size_t count) {
        return head + "registers:\n  R:\n    at: regs+0\n    values:\n" +
               numbered(count, [](const auto& n) { return "      V" + n + ": " + n + "\n"; });
    };
    EXPECT_EQ(quickly([&] {
                  return parse_board_file(values(100'000), "x.yaml")->registers[0].values.size();
              }),
              100'000U);
    EXPECT_EQ(error_of(head + "x: [" + repeated(600'000, "1, ") + "]\n"),
              "x.yaml:4:1499960: more than 500000 values; arrays are written with 'repeat', "
              "memories as areas");
}

TEST(limits, depth) {
    const std::string message = " deeper nesting is not allowed; flatten it";
    for (const char* opening : {"[", "{a: ", "- ", "? "}) {
        const auto text = error_of(repeated(200'000, opening));
        EXPECT_TRUE(text.ends_with(message) || text.find("plain text") != std::string::npos)
            << text;
    }
}

TEST(limits, aliases) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const auto last = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
                repeated(8, last + ", ") + last + "]\n";
    }
    EXPECT_EQ(error_of(bomb), "x.yaml:1:5: an anchor '&a0' is not allowed; write the value out; "
                              "'&' must be quoted in texts");
}

TEST(limits, many_errors_end_the_reading) {
    const auto report = quickly([] {
        return check_text(head + "registers:\n" +
                              numbered(20'000,
                                       [](const std::string& number) {
                                           return "  R" + number + ": {at: regs+0, foo: 1}\n";
                                       }),
                          "x.yaml");
    });
    EXPECT_EQ(report.problems.size(), 100U);
    EXPECT_FALSE(report.complete);
}

/// Whatever it is, it ends soon and is no valid file.
TEST(limits, odd_texts) {
    const std::string key(100'000, 'k');
    for (const std::string& piece : {std::string("\""),
                                     std::string("'"),
                                     std::string("a"),
                                     std::string("&a "),
                                     std::string("!a "),
                                     std::string("%YAML 1.2\n"),
                                     std::string("---\n"),
                                     std::string("|\n"),
                                     std::string(">\n x\n"),
                                     std::string("a: "),
                                     std::string(": "),
                                     std::string("\n"),
                                     std::string("\r"),
                                     std::string("\t"),
                                     std::string(1, '\0'),
                                     std::string("\xff"),
                                     std::string("\xef\xbb\xbf"),
                                     std::string("a:\n"),
                                     std::string("- a\n"),
                                     std::string("}"),
                                     std::string("]"),
                                     std::string(","),
                                     std::string("\"\\u0001"),
                                     std::string("`"),
                                     std::string("@"),
                                     key + ": 1\n"}) {
        const auto text = repeated(1'000'000 / piece.size(), piece);
        EXPECT_FALSE(error_of(text).empty()) << piece.substr(0, 10);
    }
}

} // namespace limits_test
