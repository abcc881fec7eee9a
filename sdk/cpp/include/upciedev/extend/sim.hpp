// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/model.hpp>
#include <upciedev/extend/transport.hpp>

#include <functional>

namespace upciedev {
inline namespace v1 {

/// Where a simulated crate has the BARs of its boards: the engines of all other boards reach them
/// there, over the crate's switch. Nothing else answers: what is in no BAR, and a board's own BARs,
/// give no_such_device. A crate of slot processes that QEMU has plugged in uses QEMU's addresses.
constexpr std::uint64_t sim_bus_address(unsigned slot, unsigned bar,
                                        std::uint64_t offset = 0) noexcept {
    return (std::uint64_t{1} << 60U) + (std::uint64_t{slot} << 43U) + (std::uint64_t{bar} << 40U) +
           offset;
}

/// A simulated board, in this process: a model_board behind the checks of a driver.
///
/// As with the driver, guards refuse writes (EPERM), those of `guard: admin` unless the thread that
/// made the board has CAP_SYS_RAWIO; in a BAR with `rest` they refuse all access to what the file
/// does not describe. A write leaves the enable bits of `irqs` as they are. A page is mapped for
/// writing only if all its registers are plain read-write ones that nothing watches, and for
/// reading only if no read in it has effects; elsewhere in a mapped page writes last.
class UPCIEDEV_API sim_board final : public transport {
  public:
    /// \throws error no_such_register, out_of_range: a wrong entry of options.simulate
    explicit sim_board(board_description_ptr description, std::optional<unsigned> slot = {},
                       const model_options& options = {});
    ~sim_board() override;

    /// Take the board out of its slot: calls fail with ENODEV, maps read all ones. For good.
    void unplug() noexcept;
    /// A DMA engine of it could not be stopped: it was cut off from the bus and reset, and has gone
    /// for whoever had it. board::reopen() brings it back.
    [[nodiscard]] bool failed() const noexcept;
    /// Called before anybody can see that the board has failed(), by the thread that waited for the
    /// engine and without any lock. It must not wait for users of the board: that thread is one.
    void on_failure(std::function<void()> call);
    /// After a failure, once nobody uses its registers and maps any more: the same hardware serves
    /// anew, as the next generation. Waits for the end of transfers, that of the failed one, too.
    /// \throws error io_error: no memory is left
    void begin_again();
    /// Which one in its slot it is, where boards follow one another; 1 at first.
    void set_generation(std::uint64_t generation);
    /// The board's own side of a register: no rights, no effects.
    void set(std::string_view path, std::uint64_t bits);
    [[nodiscard]] std::uint64_t get(std::string_view path) const;
    /// Fill the FIFO behind an `on_read: pop` register. \throws error not_supported (another one)
    void push(std::string_view path, std::span<const std::uint64_t> bits);
    /// What is simulated: to plug it in, to make it ill.
    [[nodiscard]] model_board& hardware() noexcept;
    /// Where its interrupts, triggers and DMA go; nullptr: nowhere.
    void plug(std::shared_ptr<model_slot> slot);

    [[nodiscard]] std::string name() const override { return "sim"; }
    [[nodiscard]] board_identity identity() const override;
    [[nodiscard]] bar_facts bar(unsigned index) const override;
    [[nodiscard]] bool writable() const noexcept override { return true; }
    outcome run(std::span<operation> operations) noexcept override;
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool for_writing) noexcept override;
    [[nodiscard]] bool gone() const noexcept override;
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept override;
    [[nodiscard]] capability_set capabilities() const noexcept override;
    /// One at a time. In a process all handles share the board, so that the claim keeps away other
    /// claims, not writes.
    [[nodiscard]] lease claim() override;
    /// Back to the values of power-on, in place; FIFOs are emptied.
    void reset() override;
    void remove() override { unplug(); }
    [[nodiscard]] board_health health() const override;
    /// Enables the causes and acknowledges them, as a driver does, while somebody subscribes. A
    /// vector that interrupts more than a thousand times in 100 ms is masked.
    [[nodiscard]] std::unique_ptr<interrupt_source>
    interrupts(const interrupt_request& what) override;
    /// Drives the engine's registers as a driver does. The board reaches what is transferred, and
    /// nothing else of this process, at bus addresses that differ from the processor's.
    [[nodiscard]] std::unique_ptr<dma_source> dma(unsigned channel) override;
    /// By the rules of the driver, among the boards of one crate. The fault acs_redirect of either
    /// board is the ACS redirect of the port above it.
    [[nodiscard]] peer_route route_to(transport& peer, unsigned bar,
                                      std::optional<unsigned> channel) override;
    /// In a process all handles share the board, so that a lease keeps away other leases, not
    /// transfers.
    [[nodiscard]] lease lease_window(unsigned bar, std::uint64_t offset,
                                     std::uint64_t length) override;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
