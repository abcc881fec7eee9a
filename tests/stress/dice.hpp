// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stress {

/// Numbers that depend on the seed alone (xorshift64*).
class dice {
  public:
    explicit dice(std::uint64_t seed, std::uint64_t stream = 0)
        : state_{(seed + 1) * 0x9e3779b97f4a7c15U ^ (stream + 1) * 0xd1b54a32d192ed03U} {
        if (state_ == 0) state_ = 1;
        for (int i = 0; i < 8; ++i)
            next();
    }

    std::uint64_t next() {
        state_ ^= state_ >> 12U;
        state_ ^= state_ << 25U;
        state_ ^= state_ >> 27U;
        return state_ * 0x2545f4914f6cdd1dU;
    }

    /// Less than \p end; 0 for an end of 0.
    std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : (next() >> 16U) % end; }
    std::uint32_t below32(std::uint32_t end) { return static_cast<std::uint32_t>(below(end)); }
    bool one_in(std::uint64_t times) { return below(times) == 0; }

    template <class T>
    const T& pick(std::span<const T> from) {
        return from[below(from.size())];
    }

  private:
    std::uint64_t state_;
};

} // namespace stress
