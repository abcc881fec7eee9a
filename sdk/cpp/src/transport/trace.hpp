// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <upciedev/extend/transport.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// A file that gets one line an access. Thread-safe, and several processes may share one.
class trace_file {
  public:
    /// Appends. \throws error io_error
    explicit trace_file(const std::filesystem::path& file);
    /// Whole lines, in one piece. What cannot be written is lost.
    void write(const std::string& lines) const noexcept;

  private:
    unique_fd file_;
};

/// The same way to a board, with every access on record. Nothing of it can be mapped, so that
/// no access goes by the trace. \param label of the board, as errors name it
transport_ptr traced(transport_ptr way, board_description_ptr description, std::string label,
                     std::shared_ptr<trace_file> file);

} // namespace upciedev::inline v1::detail
