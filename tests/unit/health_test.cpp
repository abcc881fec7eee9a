// SPDX-License-Identifier: BSD-3-Clause
// Claims, resets, removal and return of simulated boards; link and error counters out of a sysfs
// that this test wrote.
#include "thrown.hpp"
#include "transport/claims.hpp"
#include "transport/pci/pci_health.hpp"

#include <upciedev/crate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <unistd.h>

namespace health_test {

using namespace upciedev;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

struct life_test : testing::Test {
    const crate lab = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml");
    const board adc = lab.board(4);
    const basic_reg serial = adc.reg("SCRATCH");
};

struct sysfs_test : testing::Test {
    fs::path folder = fs::path(testing::TempDir()) /
                      testing::UnitTest::GetInstance()->current_test_info()->name();
    void SetUp() override { fs::create_directories(folder); }
    void TearDown() override { fs::remove_all(folder); }
    void write(const fs::path& name, const std::string& text) const {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text << '\n';
    }
    [[nodiscard]] std::string read(const fs::path& name) const {
        std::string text;
        std::ifstream(folder / name) >> text;
        return text;
    }
};

TEST_F(life_test, one_claim_at_a_time) {
    auto held = adc.claim();
    EXPECT_TRUE(held.held());
    const auto refused = thrown_by([&] { (void)adc.claim(); });
    EXPECT_EQ(refused.kind(), errc::busy);
    EXPECT_THAT(refused.what(), HasSubstr("slot 4 vadc8"));
    held.release();
    EXPECT_FALSE(held.held());
    EXPECT_TRUE(adc.claim().held());
    EXPECT_TRUE(adc.claim().held()) << "the one before ended with its lease";
}

TEST_F(life_test, lease_moves) {
    auto first = adc.claim();
    lease second = std::move(first);
    EXPECT_TRUE(second.held());
    EXPECT_EQ(thrown_by([&] { (void)adc.claim(); }).kind(), errc::busy);
    second = lease();
    EXPECT_TRUE(adc.claim().held());
}

TEST_F(life_test, reset_restores_the_values_of_power_on) {
    const auto gain = adc.reg<double>("adc.ch[3].GAIN");
    const auto before = gain.read();
    const auto generation = adc.health().generation;
    gain.write(-3.0);
    serial.write_raw(77);
    adc.reset();
    EXPECT_EQ(gain.read(), before) << "of the crate file";
    EXPECT_EQ(serial.raw(), serial.description().reset.value_or(0));
    EXPECT_GT(adc.health().generation, generation);
    serial.write_raw(5);
    EXPECT_EQ(serial.raw(), 5U);
}

TEST_F(life_test, removed_board_comes_back_after_rescan_and_reopen) {
    serial.write_raw(77);
    adc.remove();
    EXPECT_TRUE(adc.gone());
    EXPECT_TRUE(adc.health().gone);
    EXPECT_EQ(thrown_by([&] { serial.write_raw(1); }).kind(), errc::board_gone);
    EXPECT_EQ(thrown_by([&] { adc.reopen(); }).kind(), errc::board_gone) << "not back yet";
    lab.rescan(4);
    EXPECT_EQ(thrown_by([&] { (void)serial.raw(); }).kind(), errc::board_gone);
    adc.reopen();
    EXPECT_FALSE(adc.gone());
    EXPECT_EQ(serial.raw(), serial.description().reset.value_or(0)) << "a handle of before";
    serial.write_raw(6);
    EXPECT_EQ(adc.reg("SCRATCH").raw(), 6U) << "a handle of afterwards, mapped";
    EXPECT_EQ(adc.reg("SCRATCH").raw(), serial.raw());
}

TEST_F(life_test, reopening_a_board_that_is_there_does_nothing) {
    serial.write_raw(9);
    adc.reopen();
    EXPECT_EQ(serial.raw(), 9U);
}

TEST_F(life_test, rescan_of_everything_and_of_no_slot) {
    adc.remove();
    lab.board(7).remove();
    lab.rescan();
    EXPECT_FALSE(lab.board(4).gone());
    EXPECT_FALSE(lab.board(7).gone());
    EXPECT_EQ(thrown_by([&] { lab.rescan(11); }).kind(), errc::no_such_board);
}

TEST_F(life_test, health_of_a_simulated_board) {
    const auto health = adc.health();
    EXPECT_TRUE(health.simulated);
    EXPECT_FALSE(health.link.has_value());
    EXPECT_EQ(health.card, "vadc8");
    EXPECT_THAT(health.complaints(), IsEmpty());
}

TEST(life, a_transport_that_can_nothing_says_so) {
    struct bare final : transport {
        std::string name() const override { return "bare"; }
        board_identity identity() const override { return {}; }
        bar_facts bar(unsigned) const override { return {}; }
        bool writable() const noexcept override { return true; }
        outcome run(std::span<operation>) noexcept override { return {}; }
        volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
            return nullptr;
        }
        bool gone() const noexcept override { return true; }
    };
    const board it(std::make_shared<bare>(), nullptr);
    for (const auto& error : {thrown_by([&] { (void)it.claim(); }), thrown_by([&] { it.reset(); }),
                              thrown_by([&] { it.remove(); }), thrown_by([&] { it.reopen(); })}) {
        EXPECT_EQ(error.kind(), errc::not_supported);
        EXPECT_THAT(error.what(), HasSubstr("bare"));
    }
    EXPECT_TRUE(it.health().gone);
}

TEST_F(sysfs_test, link_and_errors) {
    write("current_link_speed", "2.5 GT/s PCIe");
    write("current_link_width", "1");
    write("max_link_speed", "8.0 GT/s PCIe");
    write("max_link_width", "4");
    write("aer_dev_correctable", "RxErr 3\nBadTLP 1\nTOTAL_ERR_COR 4");
    write("aer_dev_nonfatal", "DLP 0\nTOTAL_ERR_NONFATAL 2");
    write("aer_dev_fatal", "TOTAL_ERR_FATAL 1");
    board_health health;
    health.link = detail::read_link(folder);
    health.errors = detail::read_errors(folder);
    ASSERT_TRUE(health.link && health.errors);
    EXPECT_EQ(health.link->speed, 2.5);
    EXPECT_EQ(health.link->max_speed, 8.0);
    EXPECT_EQ(health.link->width, 1U);
    EXPECT_EQ(health.link->max_width, 4U);
    EXPECT_EQ(health.errors->correctable, 4U);
    EXPECT_EQ(health.errors->nonfatal, 2U);
    EXPECT_EQ(health.errors->fatal, 1U);
    EXPECT_THAT(health.complaints(), ElementsAre("the link runs at 2.5 GT/s x1 of 8 GT/s x4",
                                                 "3 uncorrectable bus errors, 1 of them fatal"));
}

TEST_F(sysfs_test, unknown_link_and_no_counters) {
    EXPECT_FALSE(detail::read_link(folder).has_value());
    EXPECT_FALSE(detail::read_errors(folder).has_value());
    write("current_link_speed", "Unknown");
    write("current_link_width", "63");
    EXPECT_EQ(detail::read_link(folder)->speed, 0);
    EXPECT_FALSE(detail::read_link(folder)->degraded());
}

TEST_F(sysfs_test, rescan_of_a_slot_switches_its_power_on) {
    write("bus/pci/slots/4/address", "0000:03:00");
    write("bus/pci/slots/4/power", "0");
    detail::rescan_pci(folder, 4);
    EXPECT_EQ(read("bus/pci/slots/4/power"), "1");
}

TEST_F(sysfs_test, rescan_of_a_slot_looks_at_its_bus) {
    write("bus/pci/slots/4/address", "0000:03:00");
    write("bus/pci/slots/4/power", "1");
    write("class/pci_bus/0000:03/rescan", "0");
    detail::rescan_pci(folder, 4);
    EXPECT_EQ(read("class/pci_bus/0000:03/rescan"), "1");
    EXPECT_EQ(thrown_by([&] { detail::rescan_pci(folder, 5); }).kind(), errc::no_such_board);
}

TEST_F(sysfs_test, rescan_of_everything) {
    write("bus/pci/rescan", "0");
    detail::rescan_pci(folder, std::nullopt);
    EXPECT_EQ(read("bus/pci/rescan"), "1");
}

TEST(programs, are_named) {
    EXPECT_FALSE(detail::claimant_of(getpid()).program.empty());
    EXPECT_EQ(detail::claimant_of(0).program, "");
}

} // namespace health_test
