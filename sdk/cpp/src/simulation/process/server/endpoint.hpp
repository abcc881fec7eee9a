// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/device.hpp"
#include <upciedev/extend/model.hpp>

namespace upciedev::slot {

/// What QEMU shows of a board: ids and BARs of its board file, MSI for its interrupts.
vfio_user::device_facts facts_of(const model_board& board, unsigned slot);

/// A board's registers and memories as the endpoint's.
class endpoint final : public vfio_user::device {
  public:
    explicit endpoint(model_board& board) : board_(board) {}
    void read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) override;
    void write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) override;
    void reset() override { board_.reset(); }

  private:
    model_board& board_;
};

} // namespace upciedev::slot
