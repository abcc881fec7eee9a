// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/error.hpp>

#include <array>
#include <utility>

namespace upciedev {
inline namespace v1 {

namespace {

constexpr std::array messages{
    "no such board",      "no such register",  "read only",     "write only",    "out of range",
    "bad value",          "the board is gone", "timed out",     "interrupted",   "busy",
    "input/output error", "bad board file",    "not permitted", "not supported", "ABI mismatch",
};
static_assert(messages.size() == static_cast<std::size_t>(errc::abi_mismatch));

class upciedev_category final : public std::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "upciedev"; }
    [[nodiscard]] std::string message(int code) const override {
        if (code < 1 || static_cast<std::size_t>(code) > messages.size()) return "unknown error";
        return messages.at(static_cast<std::size_t>(code) - 1);
    }
};

std::string join(const std::string& where, const std::string& what, const std::string& remedy) {
    std::string text = where;
    if (!where.empty()) text += ": ";
    text += what;
    if (!remedy.empty()) text += "; " + remedy;
    return text;
}

} // namespace

const std::error_category& error_category() noexcept {
    static const upciedev_category category;
    return category;
}

std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

error::error(errc code, std::string where, std::string what, std::string remedy,
             std::error_code cause)
    : std::system_error(make_error_code(code)), where_(std::move(where)), reason_(std::move(what)),
      remedy_(std::move(remedy)), text_(join(where_, reason_, remedy_)), cause_(cause) {}

error error::at(std::string where) const {
    return {kind(), std::move(where), reason_, remedy_, cause_};
}

} // namespace v1
} // namespace upciedev
