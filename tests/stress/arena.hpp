// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stress {

/// Memory for what the kernel reads and writes, alone in a wide range of addresses: whatever a
/// changed address or length reaches is this memory, or none.
class arena {
  public:
    static constexpr std::size_t page = 4096, data_bytes = 1U << 20U;

    explicit arena(unsigned number);
    ~arena();
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    std::span<std::byte> data() const { return {base_, data_bytes}; }
    /// The last bytes before an address where nothing is mapped.
    std::byte* tail(std::size_t bytes) const { return tail_ + page - bytes; }
    /// The same in memory that cannot be written, which now has these bytes.
    std::byte* constant_tail(std::span<const std::byte> bytes) const;
    static std::byte* at(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

  private:
    std::byte *reserved_, *base_, *tail_, *constant_;
};

} // namespace stress
