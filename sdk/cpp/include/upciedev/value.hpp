// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace upciedev {
inline namespace v1 {

/// How the bits of a register, field or area element are to be read.
struct UPCIEDEV_API value_type {
    enum class kind : std::uint8_t { unsigned_integer, signed_integer, floating };

    kind what = kind::unsigned_integer;
    std::uint8_t bits = 32;        ///< 1 to 64; floating: 32 or 64
    std::int8_t fraction_bits = 0; ///< fixed point: bits after the binary point (may exceed bits)

    /// "uint32", "int16", "ufix16.12", "sfix18.17", "float32", "float64", "bool" (uint1).
    /// \throws error bad_value
    static value_type parse(std::string_view text);
    [[nodiscard]] std::string name() const;
    [[nodiscard]] bool is_integer() const noexcept {
        return what != kind::floating && fraction_bits == 0;
    }
    bool operator==(const value_type&) const = default;
};

/// Limits and linear scaling between the number the bits stand for and the engineering unit:
/// engineering = number * scale + offset.
struct conversion {
    value_type type;
    double scale = 1.0;
    double offset = 0.0;

    /// Neither scaled nor fixed point nor floating: 64-bit integers pass exactly.
    [[nodiscard]] bool is_identity() const noexcept {
        return type.is_integer() && scale == 1.0 && offset == 0.0;
    }
};

/// A number in engineering units: exact for 64-bit integers, else double.
class UPCIEDEV_API value {
  public:
    value() = default;
    template <class T>
    requires std::is_arithmetic_v<T> value(T number)
    noexcept { // NOLINT(google-explicit-constructor): numbers are values
        if constexpr (std::is_floating_point_v<T>)
            number_ = static_cast<double>(number);
        else if constexpr (std::is_signed_v<T>)
            number_ = static_cast<std::int64_t>(number);
        else
            number_ = static_cast<std::uint64_t>(number);
    }

    /// The number as T: an integer or bool exactly, a floating T rounded.
    /// \throws error out_of_range when T cannot hold it
    template <class T>
    [[nodiscard]] T as() const {
        static_assert(std::is_arithmetic_v<T>);
        return std::visit([this](auto number) { return this->template convert<T>(number); },
                          number_);
    }
    [[nodiscard]] bool is_floating() const noexcept {
        return std::holds_alternative<double>(number_);
    }
    [[nodiscard]] double to_double() const noexcept;
    /// Decimal, shortest text that reads back as the same number.
    [[nodiscard]] std::string to_string() const;
    /// Decimal, 0x hexadecimal or floating. \throws error bad_value
    static value parse(std::string_view text);

    bool operator==(const value& other) const noexcept;

  private:
    template <class T, class From>
    T convert(From number) const {
        if constexpr (std::is_same_v<T, bool>) {
            if (number != From{0} && number != From{1}) refuse("a bool");
            return number != From{0};
        } else if constexpr (std::is_floating_point_v<T>) {
            const auto rounded = static_cast<T>(number);
            if (std::isinf(rounded) && !std::isinf(static_cast<double>(number))) refuse("a float");
            return rounded;
        } else {
            return to_integer<T>(number);
        }
    }
    template <class T, class From>
    T to_integer(From number) const {
        if constexpr (std::is_floating_point_v<From>) {
            // Both bounds are powers of two, so exact as double; NaN fails each comparison.
            constexpr T half = std::numeric_limits<T>::max() / 2 + 1;
            constexpr double end = 2.0 * static_cast<double>(half);
            constexpr double begin = std::is_signed_v<T> ? -end : 0.0;
            if (!(number >= begin && number < end && std::trunc(number) == number)) refuse(nullptr);
            return static_cast<T>(number);
        } else {
            if (!std::in_range<T>(number)) refuse(nullptr);
            return static_cast<T>(number);
        }
    }
    [[noreturn]] void refuse(const char* type) const;

    std::variant<std::int64_t, std::uint64_t, double> number_ = std::int64_t{0};
};

/// Bits (in the low type.bits) to engineering value.
UPCIEDEV_API value decode(const conversion& how, std::uint64_t bits) noexcept;
/// Engineering value to bits, rounded to the nearest representable number, ties to even.
/// \throws error out_of_range when the type cannot hold it, bad_value for NaN in a non-float
UPCIEDEV_API std::uint64_t encode(const conversion& how, const value& number);

} // namespace v1
} // namespace upciedev
