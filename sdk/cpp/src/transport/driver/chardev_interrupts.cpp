// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_interrupts.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"

#include <linux/upciedev.h>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace upciedev::inline v1::detail {
namespace {

// Events come from the driver as they are.
static_assert(sizeof(raw_interrupt) == sizeof(upciedev_irq_event));
static_assert(offsetof(raw_interrupt, flags) == offsetof(upciedev_irq_event, flags));
static_assert(offsetof(raw_interrupt, lost) == offsetof(upciedev_irq_event, lost));
static_assert(offsetof(raw_interrupt, status) == offsetof(upciedev_irq_event, status));
static_assert(offsetof(raw_interrupt, sequence) == offsetof(upciedev_irq_event, sequence));
static_assert(offsetof(raw_interrupt, time_ns) == offsetof(upciedev_irq_event, time_ns));
static_assert(raw_interrupt::masked == UPCIEDEV_IRQ_MASKED);

class chardev_interrupts final : public interrupt_source {
  public:
    chardev_interrupts(int file, std::uint32_t vectors) : file_(file), vectors_(vectors) {}

    [[nodiscard]] int descriptor() const noexcept override { return file_.get(); }

    std::error_code read(std::span<raw_interrupt> into, std::size_t& count) noexcept override {
        const auto bytes = ::read(file_.get(), into.data(), into.size_bytes());
        count = bytes < 0 ? 0 : static_cast<std::size_t>(bytes) / sizeof(raw_interrupt);
        return bytes < 0 && errno != EAGAIN ? from_errno(errno) : std::error_code();
    }

    std::error_code unmask() noexcept override {
        for (unsigned vector = 0; vectors_ >> vector != 0; ++vector)
            if ((vectors_ >> vector & 1) != 0 &&
                ioctl(file_.get(), UPCIEDEV_IRQ_UNMASK, vector) != 0)
                return from_errno(errno);
        return {};
    }

  private:
    unique_fd file_;
    std::uint32_t vectors_; ///< of the driver, a bit each
};

struct answer {
    upciedev_irq_info info;
    int failed; ///< errno, or 0
};

answer query(int node) noexcept {
    upciedev_irq_info info{};
    const bool good = ioctl(node, UPCIEDEV_IRQ_INFO, &info) == 0;
    return {info, good ? 0 : errno};
}

[[noreturn]] void refuse(const upciedev_irq_info& info, const std::string& where) {
    if (info.nr_vectors == 0)
        throw error(errc::not_supported, where, "the kernel grants it no interrupt",
                    "poll the status register, or see: upciedev doctor");
    throw error(errc::not_supported, where, "its driver does not know what it interrupts for",
                "write a card plugin: upciedev-gencard makes it from the board file");
}

/// The kernel may have granted fewer vectors than the board has; the driver folds them likewise.
std::uint32_t fold(const std::vector<unsigned>& vectors, unsigned granted) {
    std::uint32_t bits = 0;
    for (const auto vector : vectors)
        bits |= std::uint32_t{1} << vector % granted;
    return bits;
}

} // namespace

bool knows_causes(int node) noexcept {
    const auto [info, failed] = query(node);
    return failed == 0 && info.nr_vectors != 0 && info.nr_causes != 0;
}

std::unique_ptr<interrupt_source> subscribe_to_driver(int node, const interrupt_request& what,
                                                      const std::string& where) {
    const auto [info, failed] = query(node);
    if (failed != 0) throw_access_error(from_errno(failed), where);
    if (info.nr_vectors == 0 || info.nr_causes == 0) refuse(info, where);
    upciedev_irq_open open{};
    open.vectors = fold(what.vectors, info.nr_vectors);
    open.flags = UPCIEDEV_IRQ_NONBLOCK;
    open.eventfd = -1;
    open.causes = what.causes;
    if (ioctl(node, UPCIEDEV_IRQ_OPEN, &open) == 0)
        return std::make_unique<chardev_interrupts>(open.fd, open.vectors);
    if (errno == EINVAL)
        throw error(errc::not_supported, where,
                    "the driver's card and the board file name different interrupts",
                    "make the card anew from this board file: upciedev-gencard");
    throw_access_error(from_errno(errno), where);
}

} // namespace upciedev::inline v1::detail
