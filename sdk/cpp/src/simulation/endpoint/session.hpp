// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/dma_requests.hpp"
#include "simulation/endpoint/endpoint.hpp"

#include <string>

namespace upciedev::vfio_user {

/// One client's conversation, from its first message to its end.
class session {
  public:
    using log_function = std::function<void(std::string_view)>;
    session(endpoint& serves, channel& talks, dma_requests& requests, const log_function& log)
        : endpoint_(serves), channel_(talks), requests_(requests), log_(log) {}

    /// Until the client goes, breaks the framing, or the channel is woken to stop.
    void run();

  private:
    struct reply {
        int error = 0;
        std::vector<std::byte> payload;
        int fd = -1; // borrowed
    };

    bool handle(message& request);
    bool answer(const protocol::header& request, const reply& with);
    reply dispatch(message& request);
    void note_refusal(const protocol::header& request, int error) const;

    reply negotiate(const message& request);
    reply map(message& request);
    reply unmap(const message& request);
    [[nodiscard]] static reply info(const message& request);
    [[nodiscard]] reply region(const message& request) const;
    [[nodiscard]] reply irq(const message& request) const;
    reply set_irqs(message& request);
    reply read(const message& request);
    reply write(const message& request);
    reply reset(const message& request);

    endpoint& endpoint_;
    channel& channel_;
    dma_requests& requests_;
    const log_function& log_;
    bool negotiated_ = false;
};

} // namespace upciedev::vfio_user
