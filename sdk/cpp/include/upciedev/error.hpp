// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <string>
#include <system_error>

namespace upciedev {
inline namespace v1 {

/// What went wrong, as a program can act on it.
enum class errc {
    no_such_board = 1, ///< no board answers to that slot, alias, name or PCI address
    no_such_register,  ///< the board file names no such register, field, area or BAR
    read_only,         ///< a write to what can only be read
    write_only,        ///< a read of what can only be written
    out_of_range,      ///< an index, offset or value outside its limits
    bad_value,         ///< a value that the type or enumeration does not have
    board_gone,        ///< the board left the crate, was unbound or reset; reopen() it
    timeout,           ///< the time given ran out
    interrupted,       ///< a signal or a stop_token ended the wait
    busy,              ///< somebody else holds it
    io_error,          ///< the operating system or the board refused; see cause()
    bad_board_file,    ///< a board, crate or settings file is wrong, at the place named
    not_permitted,     ///< missing rights, or a guarded register
    not_supported,     ///< this transport, board or register cannot do that
    abi_mismatch,      ///< driver or plugin of another ABI version
};

UPCIEDEV_API const std::error_category& error_category() noexcept;
UPCIEDEV_API std::error_code make_error_code(errc code) noexcept;

/// The one exception of the SDK: a code, the place, what happened there and how to go on.
///
/// what() reads "<where>: <what>; <remedy>", parts that are empty left out.
class UPCIEDEV_API error : public std::system_error {
  public:
    error(errc code, std::string where, std::string what, std::string remedy = {},
          std::error_code cause = {});

    /// The same error with its place named, for a layer that knows more than the one below.
    [[nodiscard]] error at(std::string where) const;

    [[nodiscard]] errc kind() const noexcept { return static_cast<errc>(code().value()); }
    /// Board and register path ("slot 4 vadc8: adc.ch[3].GAIN"), or "file.yaml:17:9".
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    /// What happened, without place and remedy.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }
    /// What the operating system said (ENODEV, EIO, ...); empty where the SDK itself refused.
    [[nodiscard]] const std::error_code& cause() const noexcept { return cause_; }
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  private:
    std::string where_;
    std::string reason_;
    std::string remedy_;
    std::string text_;
    std::error_code cause_;
};

} // namespace v1
} // namespace upciedev

template <>
struct std::is_error_code_enum<upciedev::errc> : std::true_type {};
