// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "handles.hpp"

namespace upciedev::python {

/// A batch with what its results must know of it.
class batch_handle : public handle<batch> {
  public:
    using handle<batch>::handle;
    /// \throws RuntimeError while another thread runs it
    batch& idle() {
        if (*running_) throw std::runtime_error("another thread is running this batch");
        return get();
    }
    [[nodiscard]] const std::shared_ptr<bool>& running() const noexcept { return running_; }

  private:
    std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
};

std::unique_ptr<batch_handle> make_batch(board_handle& owner);

} // namespace upciedev::python
