// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>

namespace upciedev::slot {

/// Numbers the generations of a slot's boards over the ends of their processes, by a file beside
/// the sockets: whoever opens a board anew sees that it is not the one before.
class generations {
  public:
    /// \param folder of the crate
    generations(const std::filesystem::path& folder, unsigned slot);

    /// How many there were when this was made.
    [[nodiscard]] std::uint64_t before() const noexcept { return before_; }
    void note(std::uint64_t last) const;

  private:
    std::filesystem::path file_;
    std::uint64_t before_ = 0;
};

} // namespace upciedev::slot
