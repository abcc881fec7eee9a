// SPDX-License-Identifier: BSD-3-Clause
#include "base/transport_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace upciedev::inline v1::detail {
namespace {

struct translation {
    int number;
    errc code;
    const char* what;
    const char* remedy;
};

constexpr std::array translations{
    translation{ENODEV, errc::board_gone, "the board has gone",
                "open it again once it is back in its slot"},
    translation{EHOSTDOWN, errc::board_gone, "the other board has gone",
                "open it again once it is back in its slot"},
    translation{EPERM, errc::not_permitted, "the register is guarded",
                "it takes a bus address or starts an engine; only the driver may write it"},
    translation{EBADF, errc::not_permitted, "the board is open for reading only",
                "join the group mtca, or run as root"},
    translation{EACCES, errc::not_permitted, "no permission to open the board",
                "join the group mtca, or run as root"},
    translation{ENOENT, errc::no_such_board, "there is no such device",
                "'upciedev ls' lists the boards"},
    translation{ERANGE, errc::out_of_range, "outside the BAR",
                "compare the sizes in the board file with those of 'upciedev info'"},
    translation{ENXIO, errc::out_of_range, "the board has no such BAR",
                "'upciedev info' lists its BARs"},
    translation{EINVAL, errc::bad_value, "malformed access",
                "offsets are multiples of the width; widths are 8, 16, 32 or 64 bit"},
    translation{ETIMEDOUT, errc::timeout, "the time given ran out", ""},
    translation{EINTR, errc::interrupted, "interrupted by a signal", ""},
    translation{EBUSY, errc::busy, "somebody else holds it", ""},
    translation{ENOSPC, errc::busy, "there are too many subscriptions to this board",
                "close some, or share one among threads"},
    translation{EOVERFLOW, errc::io_error, "its interrupt came too often and is masked",
                "see what the board is set to trigger on; start again to let it interrupt"},
    translation{EOPNOTSUPP, errc::not_supported, "the board cannot be accessed that way", ""},
    translation{ENOTTY, errc::abi_mismatch, "the driver does not know this call",
                "load the driver of the same version as this library"},
};

} // namespace

void throw_access_error(std::error_code cause, std::string where) {
    if (cause.category() == error_category())
        throw error(static_cast<errc>(cause.value()), std::move(where), cause.message());
    const auto* const found =
        std::ranges::find(translations, cause.value(), [](const auto& t) { return t.number; });
    if (found == translations.end())
        throw error(errc::io_error, std::move(where), cause.message(), {}, cause);
    throw error(found->code, std::move(where), found->what, found->remedy, cause);
}

} // namespace upciedev::inline v1::detail
