// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_interrupts.hpp"
#include "base/transport_error.hpp"
#include "simulation/process/slot_link.hpp"
#include "simulation/process/slot_socket.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace upciedev::inline v1::detail {
namespace {

class slot_interrupts final : public interrupt_source {
  public:
    slot_interrupts(const std::filesystem::path& socket, unsigned slot,
                    const interrupt_request& what)
        : link_(socket, slot) {
        slot_wire::writer request;
        request.put(what.causes);
        for (const std::uint32_t vector : what.vectors)
            request.put(vector);
        const auto answer = link_.ask(slot_wire::call::subscribe, request.bytes());
        if (answer.error != 0) link_.refuse(answer.error);
    }

    [[nodiscard]] int descriptor() const noexcept override { return link_.socket(); }

    std::error_code read(std::span<raw_interrupt> into, std::size_t& count) noexcept override {
        count = 0;
        if (link_.hung_up()) return from_errno(ENODEV); // whatever is still queued
        while (count < into.size()) {
            const auto size =
                ::recv(link_.socket(), &into[count], sizeof(raw_interrupt), MSG_DONTWAIT);
            if (size < 0 && errno == EAGAIN) break;
            if (size != sizeof(raw_interrupt)) return from_errno(ENODEV);
            ++count;
        }
        return {};
    }

    std::error_code unmask() noexcept override {
        const slot_wire::header packet{.what = slot_wire::call::unmask};
        const int failed = send_packet(link_.socket(), std::as_bytes(std::span(&packet, 1)));
        return failed == 0 ? std::error_code() : link_.code_of(failed);
    }

  private:
    slot_link link_;
};

} // namespace

std::unique_ptr<interrupt_source> subscribe_to_slot(const std::filesystem::path& socket,
                                                    unsigned slot, const interrupt_request& what) {
    return std::make_unique<slot_interrupts>(socket, slot, what);
}

} // namespace upciedev::inline v1::detail
