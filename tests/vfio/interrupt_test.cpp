// SPDX-License-Identifier: BSD-3-Clause
#include "client.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/eventfd.h>

namespace interrupt_test {

using namespace vfio_test;

constexpr std::uint32_t set_eventfds = protocol::irq_data_eventfd | protocol::irq_trigger;
constexpr std::uint32_t set_none = protocol::irq_data_none | protocol::irq_trigger;

unique_fd event() {
    return unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/// How often it was signalled since the last look.
std::uint64_t seen(const unique_fd& fd) {
    std::uint64_t count = 0;
    return ::read(fd.get(), &count, sizeof count) == sizeof count ? count : 0;
}

int set(stand& s, std::uint32_t index, std::uint32_t flags, std::uint32_t start,
        std::uint32_t count, const std::vector<int>& fds = {}) {
    return s.host.ask(protocol::set_irqs, protocol::irq_set{20, flags, index, start, count}, {},
                      fds);
}

struct irq_stand : stand {
    irq_stand() { host.bus_master(true); }
    explicit irq_stand(unsigned msix)
        : stand([msix](device_facts& f) {
              f.msix = msix_facts{msix, 0, 0x8000, 0x9000};
          }) {
        host.bus_master(true);
    }
    unique_fd first = event(), second = event();
};

TEST(irq_info, tells_the_vectors) {
    irq_stand s(16);
    const std::array<unsigned, 5> expected{0, 4, 16, 0, 0};
    for (std::uint32_t index = 0; index < expected.size(); index++) {
        EXPECT_EQ(s.host.ask(protocol::get_irq_info, protocol::irq_info{16, 0, index, 0}), 0);
        EXPECT_EQ(s.host.answer.as<protocol::irq_info>().count, expected[index]);
        EXPECT_EQ(s.host.answer.as<protocol::irq_info>().flags, 9U);
    }
}

TEST(msi, reaches_the_vector_it_is_for) {
    irq_stand s;
    EXPECT_FALSE(s.serving.interrupt(0)) << "nobody listens yet";
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 2, {s.first.get(), s.second.get()}), 0);
    EXPECT_TRUE(s.serving.interrupt(1));
    EXPECT_EQ(seen(s.first), 0U);
    EXPECT_EQ(seen(s.second), 1U);
    EXPECT_EQ(s.serving.counts().interrupts, 1U);
}

TEST(msi, folds_vectors_that_the_host_has_not_granted) {
    irq_stand s;
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {s.first.get()}), 0);
    EXPECT_TRUE(s.serving.interrupt(3));
    EXPECT_EQ(seen(s.first), 1U);
    EXPECT_FALSE(s.serving.interrupt(4)) << "the endpoint has four";
}

TEST(msi, is_a_write_to_memory_and_wants_bus_master) {
    irq_stand s;
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {s.first.get()}), 0);
    s.host.bus_master(false);
    EXPECT_FALSE(s.serving.interrupt(0));
    EXPECT_EQ(seen(s.first), 0U);
}

TEST(msix, is_not_folded) {
    irq_stand s(16);
    EXPECT_EQ(set(s, protocol::irq_msix, set_eventfds, 2, 2, {s.first.get(), s.second.get()}), 0);
    EXPECT_TRUE(s.serving.interrupt(3));
    EXPECT_EQ(seen(s.second), 1U);
    EXPECT_FALSE(s.serving.interrupt(0));
    EXPECT_FALSE(s.serving.interrupt(5));
}

TEST(set_irqs, without_descriptors_silences_single_vectors) {
    irq_stand s(16);
    EXPECT_EQ(set(s, protocol::irq_msix, set_eventfds, 0, 2, {s.first.get(), s.second.get()}), 0);
    EXPECT_EQ(set(s, protocol::irq_msix, set_eventfds, 0, 1), 0);
    EXPECT_FALSE(s.serving.interrupt(0));
    EXPECT_TRUE(s.serving.interrupt(1));
}

TEST(set_irqs, of_nothing_switches_all_off) {
    irq_stand s;
    const std::size_t before = open_descriptors();
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {s.first.get()}), 0);
    EXPECT_EQ(set(s, protocol::irq_msi, set_none, 0, 0), 0);
    EXPECT_FALSE(s.serving.interrupt(0));
    EXPECT_EQ(open_descriptors(), before);
}

TEST(set_irqs, can_trigger_for_a_test) {
    irq_stand s;
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {s.first.get()}), 0);
    EXPECT_EQ(set(s, protocol::irq_msi, set_none, 0, 1), 0);
    EXPECT_EQ(seen(s.first), 1U);
}

TEST(set_irqs, that_makes_no_sense_is_refused) {
    irq_stand s;
    const int fd = s.first.get();
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 4, 1, {fd}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0xffffffff, 2, {fd}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 0xffffffff), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msix, set_eventfds, 0, 1, {fd}), EINVAL) << "has none";
    EXPECT_EQ(set(s, 5, set_eventfds, 0, 1, {fd}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 2, {fd}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, set_none, 0, 1, {fd}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, 0, 0, 1, {fd}), ENOTSUP);
    EXPECT_EQ(set(s, protocol::irq_msi, 0xffffffff, 0, 1, {fd}), ENOTSUP);
    EXPECT_FALSE(s.serving.interrupt(0));
}

TEST(set_irqs, takes_eventfds_only) {
    irq_stand s;
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const unique_fd reading(ends[0]), writing(ends[1]);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {writing.get()}), EINVAL);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {s.memory.get()}), EINVAL);
}

TEST(interrupt, to_an_eventfd_that_is_full_does_not_block) {
    irq_stand s;
    const unique_fd full(::eventfd(0, EFD_CLOEXEC)); // blocks, if we let it
    const std::uint64_t most = 0xfffffffffffffffe;
    ASSERT_EQ(::write(full.get(), &most, sizeof most), 8);
    EXPECT_EQ(set(s, protocol::irq_msi, set_eventfds, 0, 1, {full.get()}), 0);
    EXPECT_FALSE(s.serving.interrupt(0));
}

} // namespace interrupt_test
