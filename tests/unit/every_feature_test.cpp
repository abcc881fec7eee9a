// SPDX-License-Identifier: BSD-3-Clause
// A board file with every feature, simulated: what each register, field and area says of itself and
// answers is what tests/every-feature/answers.txt says. tests/python/test_every_feature.py asks the
// same in Python, tests/cli/test_every_feature.py the command.
#include "test_board.hpp"

#include <upciedev/crate.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace every_feature_test {

using namespace test;

constexpr std::array access_names{"rw", "ro", "wo"};
constexpr std::array read_names{"none", "clear", "pop"};
constexpr std::array write_names{"none", "one_to_clear", "one_to_set", "one_to_toggle", "strobe"};
constexpr std::array probes{-6.0, -1.0, 0.0, 0.5, 1.0, 2.0, 5.0, 3e9};
const std::string folder = UPCIEDEV_SOURCE_DIR "/tests/every-feature/";

std::string hex(std::uint64_t bits) {
    std::ostringstream text;
    text << "0x" << std::hex << bits;
    return text.str();
}

std::string decimal(double number) {
    std::ostringstream text;
    text.precision(17);
    text << number;
    return text.str();
}

/// What a call answers, or the error that it throws.
template <class Ask>
std::string answer(const Ask& ask) {
    try {
        return ask();
    } catch (const error& refused) {
        return refused.code().message();
    }
}

/// What registers and fields say of themselves.
template <class Description>
std::string facts(const Description& what) {
    std::string text = what.convert.type.name() + " unit '" + what.unit + "' range ";
    text += what.range ? decimal(what.range->first) + ":" + decimal(what.range->second) : "none";
    text += std::string(" ") + access_names.at(static_cast<std::size_t>(what.access));
    text += std::string(" ") + read_names.at(static_cast<std::size_t>(what.on_read));
    text += std::string(" ") + write_names.at(static_cast<std::size_t>(what.on_write));
    for (const auto& [name, bits] : what.values)
        text += " " + name + "=" + hex(bits);
    return text + " '" + what.text + "'";
}

std::string register_facts(const basic_reg& reg) {
    const auto& what = reg.description();
    return "bar " + std::to_string(what.bar) + " at " + hex(reg.offset()) + " width " +
           std::to_string(what.width) + " reset " + (what.reset ? hex(*what.reset) : "none") +
           (what.guard ? " guard" : "") + (what.guard_admin ? " admin " : " ") + facts(what);
}

std::string field_facts(const field& part) {
    const auto& what = part.description();
    return "bits " + std::to_string(what.lsb) + "+" + std::to_string(what.width) + " " +
           facts(what);
}

std::string area_facts(const area_description& what) {
    return "bar " + std::to_string(what.bar) + " at " + hex(what.offset) + " count " +
           std::to_string(what.count) + " " + what.convert.type.name() + " unit '" + what.unit +
           "' " + access_names.at(static_cast<std::size_t>(what.access)) + " '" + what.text + "'";
}

std::string raw_of(const auto& what) {
    return answer([&] { return hex(what.raw()); });
}

std::string value_of(const board& from, const std::string& path) {
    return answer([&] { return decimal(from.read(path).to_double()); });
}

std::string numbers_of(const area& what, std::uint64_t first, std::size_t count) {
    return answer([&] {
        std::string text;
        for (const double number : what.read<double>(first, count))
            text += (text.empty() ? "" : " ") + decimal(number);
        return text;
    });
}

/// One board and the table of its answers.
class interview {
  public:
    explicit interview(board asked) : asked_(std::move(asked)) {}

    std::string run() {
        for (const auto& [path, where] : asked_.description()->all_registers())
            describe(path);
        for (const auto& [path, where] : asked_.description()->all_registers())
            probe_all(path);
        for (const auto& what : asked_.description()->areas)
            use(asked_.area(what.path));
        return table_.str();
    }

  private:
    void describe(const std::string& path) {
        const auto reg = asked_.reg(path);
        table_ << "register " << path << ": " << register_facts(reg) << '\n';
        table_ << "  reads " << raw_of(reg) << " " << value_of(asked_, path) << '\n';
        for (const auto& part : reg.description().fields) {
            const auto field = asked_.field(path + "." + part.name);
            table_ << "field " << field.path() << ": " << field_facts(field) << '\n';
            table_ << "  reads " << raw_of(field) << " " << value_of(asked_, field.path()) << '\n';
        }
    }
    void probe_all(const std::string& path) {
        const auto reg = asked_.reg(path);
        probe(path, reg);
        for (const auto& part : reg.description().fields)
            probe(path + "." + part.name, reg);
    }
    void probe(const std::string& path, const basic_reg& reg) {
        table_ << "writes " << path << ":";
        for (const double number : probes) {
            table_ << (number == probes.front() ? " " : ", ") << answer([&] {
                asked_.write(path, number);
                return raw_of(reg);
            });
        }
        table_ << '\n';
    }
    void use(const area& what) {
        const auto& about = what.description();
        const std::vector<double> numbers{0.5, -0.5, 1.0, 0.0};
        table_ << "area " << about.path << ": " << area_facts(about) << '\n';
        table_ << "  writes " << answer([&] {
            what.write<double>(1, numbers);
            return std::string("well");
        }) << '\n';
        table_ << "  reads " << numbers_of(what, 0, 6) << '\n';
        table_ << "  last " << numbers_of(what, what.size() - 1, 1) << '\n';
        table_ << "  behind " << numbers_of(what, what.size(), 1) << '\n';
    }

    board asked_;
    std::ostringstream table_;
};

crate open_it() {
    return crate::open("sim:" + folder + "crate.yaml");
}

TEST(every_feature, answers_as_written_down) {
    std::ifstream file(folder + "answers.txt");
    std::string licence;
    std::getline(file, licence);
    std::stringstream expected;
    expected << file.rdbuf();
    const auto found = interview(open_it().board("one")).run();
    const auto kept = testing::TempDir() + "every-feature-answers.txt";
    std::ofstream(kept) << found;
    EXPECT_EQ(found, expected.str()) << "all of it is in " << kept;
}

TEST(every_feature, the_rest_of_the_file_is_there_too) {
    const auto opened = open_it().board(4);
    const auto& file = *opened.description();
    EXPECT_EQ(opened.health().firmware, "0x10002");
    EXPECT_EQ(opened.identity().ids.subdevice, 1);
    EXPECT_EQ(file.matches.size(), 2U);
    EXPECT_EQ(file.matches[0].registers.size(), 3U);
    EXPECT_TRUE(opened.bar("ddr").facts().write_combined);
    EXPECT_EQ(file.irqs.size(), 3U);
    EXPECT_EQ(file.dma.size(), 3U);
    EXPECT_EQ(file.dma[2].descriptors, 16U);
    EXPECT_EQ(file.dma[0].address_bits, 40U);
    EXPECT_EQ(file.dma[0].memory_at, 0x1000000U);
    EXPECT_EQ(file.dma[0].memory_size, 256U << 10U);
    EXPECT_EQ(file.find_area("DAQ").channels.size(), 2U);
    EXPECT_EQ(file.scratch, "SCRATCH");
    opened.flush();
}

} // namespace every_feature_test
