// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace upciedev {
inline namespace v1 {

/// How the bits of a register, field or area element are to be read.
struct value_type {
    enum class kind : std::uint8_t { unsigned_integer, signed_integer, floating };

    kind what = kind::unsigned_integer;
    std::uint8_t bits = 32;        ///< 1 to 64; floating: 32 or 64
    std::int8_t fraction_bits = 0; ///< fixed point: bits after the binary point (may exceed bits)

    /// "uint32", "int16", "ufix16.12", "sfix18.17", "float32", "float64".
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
class value {
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

    /// The number as T. \throws error out_of_range when T cannot hold it exactly
    /// (a double that T = float only rounds is fine).
    template <class T>
    [[nodiscard]] T as() const;
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
    std::variant<std::int64_t, std::uint64_t, double> number_ = std::int64_t{0};
};

/// Bits (in the low type.bits) to engineering value.
value decode(const conversion& how, std::uint64_t bits) noexcept;
/// Engineering value to bits, rounded to the nearest representable number, ties to even.
/// \throws error out_of_range when the type cannot hold it, bad_value for NaN in a non-float
std::uint64_t encode(const conversion& how, const value& number);

} // namespace v1
} // namespace upciedev
