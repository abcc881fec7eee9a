// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_waits.hpp"

namespace upciedev::inline v1::detail {

std::unique_ptr<slot_link> slot_waits::take() noexcept try {
    {
        const std::lock_guard hold(lock_);
        if (!idle_.empty()) {
            auto link = std::move(idle_.back());
            idle_.pop_back();
            return link;
        }
    }
    return std::make_unique<slot_link>(socket_, slot_);
} catch (const std::exception&) { // it has gone, or too many programs use it
    return nullptr;
}

void slot_waits::give(std::unique_ptr<slot_link> link) {
    const std::lock_guard hold(lock_);
    idle_.push_back(std::move(link));
}

} // namespace upciedev::inline v1::detail
