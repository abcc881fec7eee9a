// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include "transport/trace.hpp"

#include <upciedev/copy.hpp>
#include <upciedev/crate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace trace_test {

using namespace test;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string demo = std::string("sim:") + UPCIEDEV_SOURCE_DIR + "/devices/crates/demo.yaml";

struct trace_test : testing::Test {
    std::filesystem::path file = std::filesystem::temp_directory_path() /
                                 ("upciedev_trace_test." + std::to_string(getpid()));
    std::shared_ptr<sim_board> sim = std::make_shared<sim_board>(make_tester(), 4);
    upciedev::board board{detail::traced(sim, make_tester(), "slot 4 tester",
                                         std::make_shared<detail::trace_file>(file)),
                          make_tester()};

    ~trace_test() override { std::filesystem::remove(file); }

    /// The lines, without time and process.
    std::vector<std::string> lines() const {
        std::ifstream stream(file);
        std::vector<std::string> found;
        for (std::string line; std::getline(stream, line);)
            found.push_back(line.substr(line.find('\t', line.find('\t') + 1) + 1));
        return found;
    }
};

TEST_F(trace_test, has_every_access_of_a_mapped_register) {
    const auto plain = board.reg("PLAIN");
    plain.write_raw(5);
    EXPECT_EQ(plain.raw(), 5U);
    (void)plain.modify_raw(0xf0, 0x30);
    EXPECT_THAT(lines(),
                ElementsAre("slot 4 tester\tPLAIN\twrite\t0x00000005",
                            "slot 4 tester\tPLAIN\tread\t0x00000005",
                            "slot 4 tester\tPLAIN\tmodify\t0x00000030\tmask 0x000000f0 was "
                            "0x00000005"));
}

TEST_F(trace_test, names_elements_areas_and_addresses) {
    sim->set("BIG", 0x11223344);
    (void)board.reg("grid[1].row[2].CELL").raw();
    (void)board.reg("BIG").raw();
    (void)board.area("TABLE").read<std::int16_t>(16, 8);
    (void)board.bar(0).read(0x3000, 16);
    const auto all = lines();
    ASSERT_GE(all.size(), 4U);
    EXPECT_EQ(all[0], "slot 4 tester\tgrid[1].row[2].CELL\tread\t0x00000000");
    EXPECT_EQ(all[1], "slot 4 tester\tBIG\tread\t0x11223344"); // as the register has them
    EXPECT_THAT(all[2], HasSubstr("\tTABLE[16:8]\tread\t"));
    EXPECT_EQ(all.back(), "slot 4 tester\t0:0x3000:16\tread\t0x0000");
}

TEST_F(trace_test, names_the_register_of_an_address_that_the_access_is_for) {
    auto two = std::make_shared<board_description>(*make_tester());
    for (const auto& [path, rights] :
         {std::pair("REPLY", upciedev::access::ro), {"COMMAND", upciedev::access::wo}}) {
        two->registers.push_back(make_register(path, 0, 0x4000));
        two->registers.back().access = rights;
    }
    two->build_index();
    const upciedev::board shared{detail::traced(std::make_shared<sim_board>(two, 5), two, "slot 5",
                                                std::make_shared<detail::trace_file>(file)),
                                 two};
    shared.reg("COMMAND").write_raw(1);
    (void)shared.reg("REPLY").raw();
    EXPECT_THAT(lines(), ElementsAre("slot 5\tCOMMAND\twrite\t0x00000001",
                                     "slot 5\tREPLY\tread\t0x00000000"));
}

TEST_F(trace_test, tells_which_access_of_a_batch_failed) {
    auto batch = board.batch();
    (void)batch.read(board.reg("ID"));
    batch.wait(board.reg("PLAIN"), 1, 1, std::chrono::milliseconds(1));
    (void)batch.read(board.reg("WORD"));
    EXPECT_EQ(error_of([&] { batch.run(); }).first, errc::timeout);
    const auto all = lines();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], "slot 4 tester\tID\tread\t0xc0ffee01");
    EXPECT_THAT(all[1], HasSubstr("PLAIN\twait\t-\tmask 0x00000001 for 0x00000001\tfailed: "));
}

TEST_F(trace_test, can_what_the_board_can_but_mapping) {
    EXPECT_TRUE(sim->capabilities().has(capability::mapping));
    EXPECT_EQ(board.way().capabilities(), sim->capabilities().without(capability::mapping));
}

TEST_F(trace_test, a_board_that_left_still_throws_board_gone) {
    const auto plain = board.reg("PLAIN");
    sim->unplug();
    EXPECT_EQ(error_of([&] { (void)plain.raw(); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { plain.write_raw(1); }).first, errc::board_gone);
    EXPECT_THAT(lines()[0], HasSubstr("failed: "));
}

TEST_F(trace_test, a_crate_traces_where_the_options_say) {
    crate_options options;
    options.trace = file;
    (void)crate::open(demo, options).board("adc").reg("ID").raw();
    EXPECT_THAT(lines(), ElementsAre("slot 4 vadc8\tID\tread\t0xadc80001"));
    options.trace = "/nonexistent/trace";
    EXPECT_THAT(error_of([&] { (void)crate::open(demo, options); }).second,
                HasSubstr("/nonexistent/trace: the trace cannot be written"));
}

TEST_F(trace_test, a_crate_traces_where_the_environment_says) {
    setenv("UPCIEDEV_TRACE", file.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    (void)crate::open(demo).board("adc").reg("ID").raw();
    unsetenv("UPCIEDEV_TRACE"); // NOLINT(concurrency-mt-unsafe)
    (void)crate::open(demo).board("adc").reg("ID").raw();
    EXPECT_EQ(lines().size(), 1U);
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    EXPECT_THAT(line, ContainsRegex("^[0-9-]+T[0-9:]+[.][0-9]+Z\tupciedev-unit-tests\\[" +
                                    std::to_string(getpid()) + "\\]\t"));
}

/// What is no access of the processor goes past the trace.
TEST_F(trace_test, lets_dma_and_ways_to_other_boards_pass) {
    ::setenv("UPCIEDEV_TRACE", file.c_str(), 1);
    const auto crate =
        upciedev::crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/full.yaml");
    const auto adc = crate.board(2), io = crate.board(8);
    ::unsetenv("UPCIEDEV_TRACE");
    ASSERT_FALSE(adc.way().capabilities().has(upciedev::capability::mapping)) << "it is traced";
    std::vector<std::byte> memory(64);
    EXPECT_EQ(adc.dma("read").read(0, memory).bytes, 64U);
    EXPECT_EQ(adc.route_to(io, "window").way, upciedev::peer_way::direct);
    EXPECT_EQ(upciedev::copy(adc.dma("read").region(0, 64), io.bar("window").region(0, 64)).bytes,
              64U);
    EXPECT_TRUE(io.area("WINDOW").lease(0, 1).held());
}

} // namespace trace_test
