// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_transport.hpp"
#include "base/transport_error.hpp"
#include "simulation/process/crate_folder.hpp"
#include "simulation/process/hangup_watch.hpp"
#include "simulation/process/slot_dma.hpp"
#include "simulation/process/slot_facts.hpp"
#include "simulation/process/slot_interrupts.hpp"
#include "simulation/process/slot_maps.hpp"
#include "simulation/process/slot_runner.hpp"
#include "transport/builtin_transports.hpp"
#include "transport/claims.hpp"
#include "transport/pci/pci_health.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace upciedev::inline v1::detail {
namespace {

using slot_wire::call;

template <std::size_t size>
std::string text_of(const std::array<char, size>& text) {
    return {text.data(), strnlen(text.data(), size)};
}

/// Ends the claim, if the slot is still there.
class slot_claim {
  public:
    explicit slot_claim(std::shared_ptr<slot_link> link) : link_(std::move(link)) {}
    ~slot_claim() {
        try {
            link_->ask(call::release);
        } catch (const std::exception&) { // the connection will end it
            return;
        }
    }
    slot_claim(const slot_claim&) = delete;
    slot_claim& operator=(const slot_claim&) = delete;

  private:
    std::shared_ptr<slot_link> link_;
};

/// Ends the lease of a window, if the slot is still there.
class slot_lease {
  public:
    slot_lease(std::shared_ptr<slot_link> link, std::uint32_t number)
        : link_(std::move(link)), number_(number) {}
    ~slot_lease() {
        try {
            link_->ask(call::give_back, number_);
        } catch (const std::exception&) { // the connection will end it
            return;
        }
    }
    slot_lease(const slot_lease&) = delete;
    slot_lease& operator=(const slot_lease&) = delete;

  private:
    std::shared_ptr<slot_link> link_;
    std::uint32_t number_;
};

class slot_transport final : public transport {
  public:
    slot_transport(const std::filesystem::path& folder, unsigned slot);
    ~slot_transport() override;

    [[nodiscard]] std::string name() const override { return "crate"; }
    [[nodiscard]] board_identity identity() const override;
    [[nodiscard]] bar_facts bar(unsigned index) const override {
        return index < bars_.size() ? bars_[index] : bar_facts{};
    }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    outcome run(std::span<operation> operations) noexcept override;
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool for_writing) noexcept override {
        return bar < maps_.size() && !gone() ? maps_[bar].map(offset, length, for_writing)
                                             : nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override;
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept override {
        return &gone_;
    }
    [[nodiscard]] capability_set capabilities() const noexcept override { return crate_can; }
    [[nodiscard]] lease claim() override;
    void reset() override;
    void remove() override;
    [[nodiscard]] std::optional<claimant> claimed_by_other() const override;
    [[noreturn]] void refuse_claimed() const;
    [[nodiscard]] board_health health() const override;
    [[nodiscard]] std::unique_ptr<interrupt_source>
    interrupts(const interrupt_request& what) override {
        if (gone()) throw_access_error(from_errno(ENODEV), fmt::format("slot {}", link_->slot()));
        return subscribe_to_slot(socket_, link_->slot(), what);
    }
    [[nodiscard]] std::unique_ptr<dma_source> dma(unsigned channel) override {
        if (gone()) throw_access_error(from_errno(ENODEV), fmt::format("slot {}", link_->slot()));
        return open_slot_channel(socket_, link_->slot(), channel);
    }
    [[nodiscard]] peer_route route_to(transport& peer, unsigned bar,
                                      std::optional<unsigned> channel) override;
    [[nodiscard]] lease lease_window(unsigned bar, std::uint64_t offset,
                                     std::uint64_t length) override;
    [[nodiscard]] std::filesystem::path folder() const { return socket_.parent_path(); }
    [[nodiscard]] unsigned slot() const noexcept { return link_->slot(); }

  private:
    void use_facts(const slot_wire::hello_answer& hello);
    void leave() noexcept;
    slot_answer asked(call what);
    [[nodiscard]] std::optional<slot_wire::health_answer> ask_health() const;

    std::filesystem::path socket_;
    std::shared_ptr<slot_link> link_; // claims hold it too
    slot_waits waits_;
    unique_fd users_;
    std::atomic<bool> leaving_ = false;
    std::uint32_t gone_ = 0; // atomic accesses only
    board_identity who_;
    std::atomic<std::uint64_t> generation_ = 0;
    slot_runner::bar_sizes sizes_{};
    std::array<bar_facts, bars_of_a_board> bars_;
    std::array<slot_maps, bars_of_a_board> maps_;
    std::uint64_t key_ = 0; // of the watch
};

/// Locked together with all others that use the slot.
unique_fd join_users(const std::filesystem::path& folder, unsigned slot) {
    unique_fd users(open(users_file(folder, slot).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!users || flock(users.get(), LOCK_SH) != 0)
        throw_access_error(from_errno(errno), users_file(folder, slot).string());
    return users;
}

slot_transport::slot_transport(const std::filesystem::path& folder, unsigned slot)
    : socket_(access_socket(folder, slot)), link_(std::make_shared<slot_link>(socket_, slot)),
      waits_(socket_, slot), users_(join_users(folder, slot)) {
    const auto facts = facts_of(*link_);
    who_.ids = facts.hello.ids;
    who_.slot = facts.hello.slot;
    who_.card = facts.board;
    generation_ = facts.hello.generation;
    use_facts(facts.hello);
    key_ = hangup_watch::only().add(link_->socket(), [this] { leave(); });
}

slot_transport::~slot_transport() {
    hangup_watch::only().remove(link_->socket(), key_);
}

void slot_transport::use_facts(const slot_wire::hello_answer& hello) {
    for (unsigned index = 0; index < bars_.size(); ++index) {
        const auto& told = hello.bars.at(index);
        auto& facts = bars_.at(index);
        sizes_.at(index) = facts.size = told.size;
        if (told.size == 0) continue;
        facts.name = text_of(told.name);
        facts.is_64bit = told.is_64bit != 0;
        facts.mapping = text_of(told.mapping);
        facts.peer = told.peer != 0;
        maps_.at(index).set(*link_, index);
    }
}

/// The process has gone, whichever way. Handles see it by the flag or by ones, as with hardware.
void slot_transport::leave() noexcept {
    if (leaving_.exchange(true)) return;
    __atomic_store_n(&gone_, 1U, __ATOMIC_RELEASE);
    for (auto& each : maps_)
        each.cover();
    flock(users_.get(), LOCK_UN);
}

/// Does not wait for the watch: between the end of a process and that no access looks well.
bool slot_transport::gone() const noexcept {
    if (__atomic_load_n(&gone_, __ATOMIC_ACQUIRE) != 0) return true;
    return link_->hung_up();
}

board_identity slot_transport::identity() const {
    auto who = who_;
    who.generation = generation_;
    return who;
}

outcome slot_transport::run(std::span<operation> operations) noexcept try {
    slot_runner runner(*link_, waits_, sizes_, operations);
    const int failed = runner.run();
    if (failed == ENODEV) leave();
    return {runner.done(), failed == 0 ? std::error_code() : link_->code_of(failed)};
} catch (const std::exception&) {
    return {0, from_errno(ENOMEM)};
}

/// \throws error for any errno but EBUSY
slot_answer slot_transport::asked(call what) {
    auto answer = link_->ask(what);
    if (answer.error == ENODEV) leave();
    if (answer.error != 0 && answer.error != EBUSY) link_->refuse(answer.error);
    return answer;
}

lease slot_transport::claim() {
    auto answer = asked(call::claim);
    if (answer.error == 0) return lease(std::make_shared<const slot_claim>(link_));
    const auto told = answer.body().take<slot_wire::claim_answer>();
    const auto holder = claimant_of(told.process);
    const auto where = fmt::format("slot {}", link_->slot());
    if (told.state == slot_wire::claim_state::mapped)
        throw error(errc::busy, where, "registers are mapped for writing by " + describe(holder),
                    "end that program first, or let it close the board");
    throw_claimed(holder, where);
}

void slot_transport::refuse_claimed() const {
    throw_claimed(claimed_by_other().value_or(claimant{}), fmt::format("slot {}", link_->slot()));
}

peer_route slot_transport::route_to(transport& peer, unsigned bar,
                                    std::optional<unsigned> channel) {
    const auto slot = slot_in(folder(), peer);
    if (!slot) return transport::route_to(peer, bar, channel);
    const slot_wire::route_request what{*slot, bar, channel.value_or(slot_wire::route_request::any),
                                        0};
    const auto answer = link_->ask(call::route, what);
    if (answer.error == ENODEV) leave();
    if (answer.error != 0) link_->refuse(answer.error);
    const auto told = answer.body().take<slot_wire::route_answer>();
    return {.way = static_cast<peer_way>(told.way),
            .reason = static_cast<peer_reason>(told.reason),
            .bridge = text_of(told.bridge)};
}

lease slot_transport::lease_window(unsigned bar, std::uint64_t offset, std::uint64_t length) {
    const auto answer = link_->ask(call::lease, slot_wire::lease_request{bar, offset, length});
    const auto told = answer.body().take<slot_wire::lease_answer>();
    if (answer.error == 0) return lease(std::make_shared<const slot_lease>(link_, told.number));
    if (answer.error == ENODEV) leave();
    throw_lease_error(answer.error, fmt::format("slot {}", link_->slot()), told.holder);
}

void slot_transport::reset() {
    auto answer = asked(call::reset);
    if (answer.error != 0) refuse_claimed();
    generation_ = answer.body().take<std::uint64_t>();
}

void slot_transport::remove() {
    if (asked(call::remove).error != 0) refuse_claimed();
}

std::optional<slot_wire::health_answer> slot_transport::ask_health() const {
    const auto answer = link_->ask(call::health);
    if (answer.error != 0) return std::nullopt;
    return answer.body().take<slot_wire::health_answer>();
}

std::optional<claimant> slot_transport::claimed_by_other() const {
    const auto told = ask_health();
    if (!told || told->claim.state != slot_wire::claim_state::other) return std::nullopt;
    return claimant_of(told->claim.process);
}

board_health slot_transport::health() const {
    auto all = transport::health();
    all.simulated = true;
    const auto told = ask_health();
    if (!told) return all;
    all.generation = told->generation;
    if (told->unsupported != 0) all.errors = error_counts{.nonfatal = told->unsupported};
    const auto state = told->claim.state;
    if (state == slot_wire::claim_state::other || state == slot_wire::claim_state::mine)
        all.claimed = claimant_of(told->claim.process);
    return all;
}

} // namespace

transport_ptr open_slot(const std::filesystem::path& folder, unsigned slot) {
    return std::make_shared<slot_transport>(folder, slot);
}

std::optional<unsigned> slot_in(const std::filesystem::path& folder, transport& way) noexcept {
    const auto* const there = dynamic_cast<const slot_transport*>(&way.itself());
    if (there == nullptr || there->folder() != folder) return std::nullopt;
    return there->slot();
}

} // namespace upciedev::inline v1::detail
