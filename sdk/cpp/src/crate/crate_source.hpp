// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "crate/change_signal.hpp"
#include "crate/crate_identity.hpp"
#include "transport/trace.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/crate_file.hpp>

#include <functional>
#include <mutex>

namespace upciedev {
inline namespace v1 {

/// A board that is there and can be opened.
struct present_board {
    crate_entry entry;
    std::uint64_t generation = 0; ///< another one: it was away in between
};

/// Where the boards of a crate come from: one class a kind of URI. Thread-safe.
class crate::source {
  public:
    source(std::string uri, const crate_options& options);
    source(const source&) = delete;
    source& operator=(const source&) = delete;
    virtual ~source() = default;

    /// In any order. \param all also what cannot be opened, which may take long to find
    [[nodiscard]] virtual std::vector<crate_entry> list(bool all) = 0;
    /// \param what one that list() gave \throws error: why it cannot be opened
    [[nodiscard]] virtual upciedev::board open(const crate_entry& what) = 0;
    [[nodiscard]] virtual std::string title() const = 0;
    /// The crate file, or nullptr where there is none.
    [[nodiscard]] virtual const crate_file* file() const noexcept { return nullptr; }
    /// Look for boards that were plugged in or removed, in one slot or in all.
    virtual void rescan(std::optional<unsigned> slot) = 0;
    /// For those who watch boards come and go.
    [[nodiscard]] virtual std::vector<present_board> present();
    [[nodiscard]] virtual detail::change_signal_ptr signal() { return detail::make_clock_signal(); }
    [[nodiscard]] const std::string& uri() const noexcept { return uri_; }

  protected:
    [[nodiscard]] board_library& library() noexcept { return library_; }

    /// A board, under watch where the options name a trace.
    [[nodiscard]] upciedev::board
    make_board(transport_ptr way, const detail::chosen_file& chosen, const std::string& alias,
               const std::function<transport_ptr()>& again = {}) const;

  private:
    std::string uri_;
    board_library library_;
    std::shared_ptr<detail::trace_file> trace_; ///< nullptr: no trace
};

namespace detail {

/// "slot 4 (adc, vadc8, 0000:03:00.0)", with its crate "upper/slot:4 (...)"
std::string describe(const crate_entry& what, bool with_crate = false);
/// \throws error no_such_board, with the remark
[[noreturn]] void refuse_entry(const crate_entry& what);

std::shared_ptr<crate::source> make_sim_source(const std::string& uri, const std::string& file,
                                               const crate_options& options);
/// A crate of `upciedev sim up`. \throws error no_such_board: it is not running
std::shared_ptr<crate::source> make_running_source(const std::string& uri, const std::string& name,
                                                   const crate_options& options);
std::shared_ptr<crate::source> make_local_source(const crate_options& options);
/// Any other URI. \throws error bad_value: no plugin serves it
std::shared_ptr<crate::source> make_plugin_source(const std::string& uri,
                                                  const crate_options& options);

} // namespace detail
} // namespace v1
} // namespace upciedev
