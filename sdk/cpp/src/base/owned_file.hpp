// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <unistd.h>
#include <utility>

namespace upciedev::inline v1::detail {

/// Closes a file descriptor; -1 is none.
class owned_file {
  public:
    owned_file() = default;
    explicit owned_file(int number) noexcept : number_(number) {}
    owned_file(owned_file&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    owned_file& operator=(owned_file&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    owned_file(const owned_file&) = delete;
    owned_file& operator=(const owned_file&) = delete;
    ~owned_file() {
        if (number_ >= 0) close(number_);
    }
    [[nodiscard]] int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

  private:
    int number_ = -1;
};

} // namespace upciedev::inline v1::detail
