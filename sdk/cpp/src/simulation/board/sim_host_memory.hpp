// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/model.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace upciedev::inline v1::detail {

/// What a simulated board reaches of this process's memory, and the way on to the bus. As behind
/// an IOMMU, that is only what is mapped for it at the moment, at bus addresses that have nothing
/// to do with those of the processor; one that was given up is not used again for long.
class sim_host_memory final : public model_slot {
  public:
    /// The bus address of the first byte; it has the place in its page that \p memory has.
    /// \returns nothing: the engine has no room for it in its \p address_bits
    std::optional<std::uint64_t> map(std::span<std::byte> memory, bool writable,
                                     unsigned address_bits);
    /// The board reaches it no more when this returns.
    void unmap(std::uint64_t address) noexcept;
    /// The board reaches nothing at all from now on.
    void cut_off() noexcept;
    void let_in() noexcept; ///< after cut_off(), and a reset of the board
    /// Requests of the board that found nothing, or no right, or came after cut_off().
    [[nodiscard]] std::uint64_t refused() const noexcept;

    /// Where everything else is; not while the board is plugged in.
    void lead_to(std::shared_ptr<model_slot> bus) { bus_ = std::move(bus); }
    [[nodiscard]] std::shared_ptr<model_slot> leads_to() const noexcept { return bus_; }

    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept override;
    std::error_code write(std::uint64_t address, std::span<const std::byte> from) noexcept override;
    void interrupt(unsigned vector) noexcept override;
    void pulse(unsigned line) noexcept override;

  private:
    struct window {
        std::span<std::byte> memory;
        bool writable = false;
    };
    using windows = std::map<std::uint64_t, window>; // by first bus address
    template <class Copy>
    std::optional<std::error_code> use(std::uint64_t address, std::size_t size, bool writing,
                                       const Copy& copy) noexcept;
    [[nodiscard]] std::optional<std::uint64_t> free_place(std::uint64_t from, std::uint64_t end,
                                                          std::uint64_t size) const;

    mutable std::mutex lock_; // held while bytes are copied, so that unmap() waits for that
    windows windows_;
    std::map<unsigned, std::uint64_t> next_; // place to begin looking, by address bits
    std::uint64_t refused_ = 0;
    bool cut_off_ = false;
    std::shared_ptr<model_slot> bus_;
};

} // namespace upciedev::inline v1::detail
