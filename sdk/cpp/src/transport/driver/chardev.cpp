// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev.hpp"
#include "base/mapping.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"
#include "transport/builtin_transports.hpp"
#include "transport/claims.hpp"
#include "transport/driver/chardev_dma.hpp"
#include "transport/driver/chardev_interrupts.hpp"
#include "transport/driver/chardev_lease.hpp"
#include "transport/driver/chardev_maps.hpp"
#include "transport/driver/chardev_peer.hpp"
#include "transport/pci/pci_health.hpp"
#include "transport/transport_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

// Operations go to the driver as they are.
static_assert(sizeof(operation) == sizeof(upciedev_op));
static_assert(offsetof(operation, op) == offsetof(upciedev_op, op));
static_assert(offsetof(operation, bar) == offsetof(upciedev_op, bar));
static_assert(offsetof(operation, width) == offsetof(upciedev_op, width));
static_assert(offsetof(operation, flags) == offsetof(upciedev_op, flags));
static_assert(offsetof(operation, count) == offsetof(upciedev_op, count));
static_assert(offsetof(operation, offset) == offsetof(upciedev_op, offset));
static_assert(offsetof(operation, value) == offsetof(upciedev_op, value));
static_assert(offsetof(operation, mask) == offsetof(upciedev_op, mask));
static_assert(operation::fixed == UPCIEDEV_OP_FIXED);
static_assert(static_cast<int>(operation::code::read) == UPCIEDEV_OP_READ);
static_assert(static_cast<int>(operation::code::write) == UPCIEDEV_OP_WRITE);
static_assert(static_cast<int>(operation::code::modify) == UPCIEDEV_OP_MODIFY);
static_assert(static_cast<int>(operation::code::read_block) == UPCIEDEV_OP_READ_BLOCK);
static_assert(static_cast<int>(operation::code::write_block) == UPCIEDEV_OP_WRITE_BLOCK);
static_assert(static_cast<int>(operation::code::poll) == UPCIEDEV_OP_POLL);
static_assert(bars_of_a_board == UPCIEDEV_NR_BARS);

/// An open node. \throws error when it cannot be opened, or a command on it fails
class node_file {
  public:
    explicit node_file(const std::filesystem::path& node);

    [[nodiscard]] int number() const noexcept { return file_.get(); }
    [[nodiscard]] bool writable() const noexcept { return writable_; }
    template <class T>
    void command(unsigned long request, T& argument) const {
        if (ioctl(number(), request, &argument) != 0) fail();
    }
    [[noreturn]] void fail() const { throw_access_error(from_errno(errno), name_); }

  private:
    std::string name_;
    unique_fd file_;
    bool writable_ = true;
};

node_file::node_file(const std::filesystem::path& node)
    : name_(node), file_(open(node.c_str(), O_RDWR | O_CLOEXEC)) {
    if (!file_ && (errno == EACCES || errno == EPERM || errno == EROFS)) {
        writable_ = false;
        file_.reset(open(node.c_str(), O_RDONLY | O_CLOEXEC));
    }
    if (!file_) fail();
}

/// The driver's status page.
class status_page {
  public:
    explicit status_page(const node_file& file)
        : memory_(file.number(), UPCIEDEV_POS_STATUS, page, PROT_READ) {
        if (!memory_) file.fail();
    }

    [[nodiscard]] const volatile std::uint32_t* gone() const noexcept {
        return &reinterpret_cast<const volatile upciedev_status*>(memory_.data())->gone;
    }

  private:
    mapping memory_;
};

class chardev final : public transport {
  public:
    explicit chardev(const std::filesystem::path& node);

    [[nodiscard]] std::string name() const override { return "chardev"; }
    [[nodiscard]] board_identity identity() const override { return who_; }
    [[nodiscard]] bar_facts bar(unsigned index) const override {
        return index < bars_.size() ? bars_[index] : bar_facts{};
    }
    [[nodiscard]] bool writable() const noexcept override { return file_.writable(); }
    outcome run(std::span<operation> operations) noexcept override;
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool for_writing) noexcept override {
        return bar < maps_.size() ? maps_[bar].map(offset, length, for_writing) : nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override {
        return __atomic_load_n(status_.gone(), __ATOMIC_ACQUIRE) != 0;
    }
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept override {
        return status_.gone();
    }
    [[nodiscard]] capability_set capabilities() const noexcept override;
    [[nodiscard]] lease claim() override;
    void reset() override;
    void remove() override { remove_pci_device(who_.pci_address); }
    [[nodiscard]] std::optional<claimant> claimed_by_other() const override;
    [[nodiscard]] board_health health() const override;
    [[nodiscard]] std::unique_ptr<interrupt_source>
    interrupts(const interrupt_request& what) override {
        return subscribe_to_driver(file_.number(), what, who_.pci_address);
    }
    [[nodiscard]] std::unique_ptr<dma_source> dma(unsigned channel) override {
        return open_driver_channel(file_.number(), channel, who_.pci_address);
    }
    [[nodiscard]] peer_route route_to(transport& peer, unsigned bar,
                                      std::optional<unsigned> channel) override;
    [[nodiscard]] lease lease_window(unsigned bar, std::uint64_t offset,
                                     std::uint64_t length) override {
        return lease_driver_window(file_.number(), bar, offset, length, who_.pci_address);
    }
    [[nodiscard]] int node() const noexcept { return file_.number(); }

  private:
    void read_identity();
    void join_inherited_claim() const;
    [[noreturn]] void refuse_claim(const upciedev_claim& told) const;
    void read_bar(unsigned index);
    [[nodiscard]] std::vector<upciedev_bar_area> read_areas(unsigned index, std::uint32_t count);

    node_file file_;
    status_page status_;
    board_identity who_;
    bool has_interrupts_, has_dma_;
    std::array<bar_facts, bars_of_a_board> bars_;
    std::array<chardev_maps, bars_of_a_board> maps_; // end before the file they map
};

chardev::chardev(const std::filesystem::path& node)
    : file_(node), status_(file_), has_interrupts_(knows_causes(file_.number())),
      has_dma_(knows_channels(file_.number())) {
    read_identity();
    join_inherited_claim();
    for (unsigned index = 0; index < bars_.size(); ++index)
        read_bar(index);
}

void chardev::read_identity() {
    upciedev_board_info info{};
    info.size = sizeof(info);
    file_.command(UPCIEDEV_GET_INFO, info);
    who_.ids = {info.vendor, info.device, info.subvendor, info.subdevice};
    if (info.slot != UPCIEDEV_NO_SLOT) who_.slot = info.slot;
    who_.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.{}", info.domain, info.bus,
                                   info.devfn >> 3, info.devfn & 7);
    if (info.abi != UPCIEDEV_ABI_VERSION)
        throw error(
            errc::abi_mismatch, who_.pci_address,
            fmt::format("the driver has ABI {}, this library {}", info.abi, UPCIEDEV_ABI_VERSION),
            "load the driver of the same version as this library");
    who_.card = info.card;
    who_.driver = info.driver;
    who_.generation = info.generation;
}

void chardev::read_bar(unsigned index) {
    upciedev_bar_info info{};
    info.size = sizeof(info);
    info.bar = index;
    file_.command(UPCIEDEV_GET_BAR, info);
    auto& facts = bars_[index];
    facts.assigned = (info.flags & UPCIEDEV_BAR_UNASSIGNED) == 0;
    if ((info.flags & UPCIEDEV_BAR_PRESENT) == 0) return;
    facts.name = info.name;
    facts.size = info.length;
    facts.io_ports = (info.flags & UPCIEDEV_BAR_IO) != 0;
    facts.is_64bit = (info.flags & UPCIEDEV_BAR_64BIT) != 0;
    facts.prefetchable = (info.flags & UPCIEDEV_BAR_PREFETCH) != 0;
    facts.write_combined = (info.flags & UPCIEDEV_BAR_WC) != 0;
    facts.peer = (info.flags & UPCIEDEV_BAR_PEER) != 0;
    maps_[index].set_areas(file_.number(), info.position, read_areas(index, info.nr_areas));
    facts.mapping = maps_[index].describe();
}

std::vector<upciedev_bar_area> chardev::read_areas(unsigned index, std::uint32_t count) {
    std::vector<upciedev_bar_area> areas(count);
    upciedev_bar_areas request{};
    request.bar = index;
    request.count = count;
    request.areas = reinterpret_cast<std::uintptr_t>(areas.data());
    file_.command(UPCIEDEV_GET_BAR_AREAS, request);
    areas.resize(std::min(count, request.count));
    return areas;
}

capability_set chardev::capabilities() const noexcept {
    const bool some = std::ranges::any_of(
        bars_, [](const auto& facts) { return facts.size != 0 && facts.mapping != "not"; });
    auto can = chardev_can;
    if (!has_interrupts_) can = can.without(capability::interrupts);
    if (!has_dma_ || !writable()) can = can.without(capability::dma);
    const bool offers = std::ranges::any_of(bars_, &bar_facts::peer);
    if ((!has_dma_ && !offers) || !writable()) can = can.without(capability::peer);
    if (!writable()) can = can.without(capability::reset).without(capability::claim);
    return some ? can : can.without(capability::mapping);
}

/// A program that started this one may have claimed the board for it.
void chardev::join_inherited_claim() const {
    if (const auto number = inherited_lease(who_.pci_address))
        (void)control_claim(file_.number(), UPCIEDEV_CLAIM_JOIN, *number); // else as anybody
}

lease chardev::claim() {
    const auto told = control_claim(file_.number(), UPCIEDEV_CLAIM_TAKE);
    if (told.failed == EBUSY) refuse_claim(told.claim);
    if (told.failed != 0) throw_access_error(from_errno(told.failed), who_.pci_address);
    return keep_lease(told.claim.lease);
}

void chardev::reset() {
    if (ioctl(file_.number(), UPCIEDEV_RESET, 0) == 0) return;
    if (errno == EBUSY) refuse_claim(control_claim(file_.number(), UPCIEDEV_CLAIM_QUERY).claim);
    if (errno == EOPNOTSUPP)
        throw error(errc::not_supported, who_.pci_address, "there is no way to reset it alone",
                    "remove and rescan it, or switch its slot off and on");
    file_.fail();
}

void chardev::refuse_claim(const upciedev_claim& told) const {
    const auto holder = claimant_of(told.holder);
    if (told.state == UPCIEDEV_CLAIM_MAPPED)
        throw error(errc::busy, who_.pci_address,
                    "registers are mapped for writing by " + describe(holder),
                    "end that program first, or let it close the board");
    if (told.state == UPCIEDEV_CLAIM_DMA)
        throw error(errc::busy, who_.pci_address,
                    "its memory is written by DMA of " + describe(holder),
                    "wait for it, end that program, or let it stop its stream");
    throw_claimed(holder, who_.pci_address);
}

std::optional<claimant> chardev::claimed_by_other() const {
    const auto told = control_claim(file_.number(), UPCIEDEV_CLAIM_QUERY);
    if (told.failed != 0 || told.claim.state != UPCIEDEV_CLAIM_OTHER) return std::nullopt;
    return claimant_of(told.claim.holder);
}

board_health chardev::health() const {
    const auto folder = std::filesystem::path("/sys/bus/pci/devices") / who_.pci_address;
    auto all = transport::health();
    const auto told = control_claim(file_.number(), UPCIEDEV_CLAIM_QUERY);
    if (told.claim.state == UPCIEDEV_CLAIM_OTHER || told.claim.state == UPCIEDEV_CLAIM_MINE)
        all.claimed = claimant_of(told.claim.holder);
    if (all.gone) return all; // the address may belong to another board by now
    all.link = read_link(folder);
    all.errors = read_errors(folder);
    return all;
}

peer_route chardev::route_to(transport& peer, unsigned bar, std::optional<unsigned> channel) {
    const int node = node_of(peer);
    if (node < 0) return transport::route_to(peer, bar, channel);
    return driver_route(file_.number(), node, bar, channel, who_.pci_address);
}

outcome chardev::run(std::span<operation> operations) noexcept {
    outcome result;
    while (result.done < operations.size()) {
        const auto left = operations.subspan(result.done);
        upciedev_batch batch{};
        batch.count =
            static_cast<std::uint32_t>(std::min<std::size_t>(left.size(), UPCIEDEV_BATCH_MAX));
        batch.ops = reinterpret_cast<std::uintptr_t>(left.data());
        const int failed = ioctl(file_.number(), UPCIEDEV_BATCH, &batch);
        result.done += batch.done;
        if (failed == 0) continue;
        result.error = from_errno(errno);
        break;
    }
    return result;
}

} // namespace

transport_ptr open_chardev(const std::filesystem::path& node) {
    return std::make_shared<chardev>(node);
}

int node_of(transport& way) noexcept {
    const auto* const driver = dynamic_cast<const chardev*>(&way.itself());
    return driver == nullptr ? -1 : driver->node();
}

} // namespace upciedev::inline v1::detail
