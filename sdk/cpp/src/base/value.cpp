// SPDX-License-Identifier: BSD-3-Clause
#include "base/bits.hpp"

#include <upciedev/error.hpp>
#include <upciedev/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

namespace upciedev {
inline namespace v1 {

namespace {

using number_kind = value_type::kind;

constexpr std::int64_t sign_extend(std::uint64_t bits, unsigned count) noexcept {
    const unsigned unused = 64 - count;
    return static_cast<std::int64_t>(bits << unused) >> unused;
}

[[noreturn]] void bad_type(std::string_view text) {
    throw error(errc::bad_value, {}, fmt::format("unknown type '{}'", text),
                "types are bool, uintN, intN, ufixN.F, sfixN.F (N from 1 to 64), float32, float64");
}

/// The whole text as a decimal number.
template <class T>
std::optional<T> digits(std::string_view text) {
    T number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<value_type> parse_integer_type(number_kind what, std::string_view bits) {
    const auto count = digits<std::uint8_t>(bits);
    if (!count || *count < 1 || *count > 64 || bits.front() == '0') return std::nullopt;
    return value_type{what, *count, 0};
}

std::optional<value_type> parse_fixed_type(number_kind what, std::string_view text) {
    const auto point = text.find('.');
    if (point == std::string_view::npos) return std::nullopt;
    auto type = parse_integer_type(what, text.substr(0, point));
    const auto fraction = digits<std::int8_t>(text.substr(point + 1));
    if (!type || !fraction) return std::nullopt;
    type->fraction_bits = *fraction;
    return type;
}

std::optional<value_type> parse_type(std::string_view text) {
    if (text == "bool") return value_type{number_kind::unsigned_integer, 1, 0};
    if (text == "float32") return value_type{number_kind::floating, 32, 0};
    if (text == "float64") return value_type{number_kind::floating, 64, 0};
    if (text.starts_with("uint"))
        return parse_integer_type(number_kind::unsigned_integer, text.substr(4));
    if (text.starts_with("int"))
        return parse_integer_type(number_kind::signed_integer, text.substr(3));
    if (text.starts_with("ufix"))
        return parse_fixed_type(number_kind::unsigned_integer, text.substr(4));
    if (text.starts_with("sfix"))
        return parse_fixed_type(number_kind::signed_integer, text.substr(4));
    return std::nullopt;
}

/// Least code of an integer or fixed-point type, and the first one beyond its greatest.
std::pair<double, double> code_limits(const value_type& type) noexcept {
    if (type.what == number_kind::unsigned_integer) return {0.0, std::ldexp(1.0, type.bits)};
    return {-std::ldexp(1.0, type.bits - 1), std::ldexp(1.0, type.bits - 1)};
}

std::string limits_text(const conversion& how) {
    if (how.type.what == number_kind::floating) return {};
    const bool is_signed = how.type.what == number_kind::signed_integer;
    const std::uint64_t least = is_signed ? std::uint64_t{1} << (how.type.bits - 1) : 0;
    const std::uint64_t most = is_signed ? least - 1 : detail::low_bits(how.type.bits);
    auto from = decode(how, least);
    auto to = decode(how, most);
    if (to.to_double() < from.to_double()) std::swap(from, to);
    return fmt::format("it takes {} to {}", from.to_string(), to.to_string());
}

[[noreturn]] void does_not_fit(const conversion& how, const value& number) {
    throw error(errc::out_of_range, {},
                fmt::format("{} does not fit {}", number.to_string(), how.type.name()),
                limits_text(how));
}

/// The integer as T; what T cannot hold does not fit the register type either.
template <class T>
T integer_code(const conversion& how, const value& number) {
    try {
        return number.as<T>();
    } catch (const error&) {
        does_not_fit(how, number);
    }
}

/// Exact, whatever the size.
std::uint64_t encode_integer(const conversion& how, const value& number) {
    if (how.type.what == number_kind::signed_integer) {
        const auto code = static_cast<std::uint64_t>(integer_code<std::int64_t>(how, number));
        if (sign_extend(code, how.type.bits) != static_cast<std::int64_t>(code))
            does_not_fit(how, number);
        return code & detail::low_bits(how.type.bits);
    }
    const auto code = integer_code<std::uint64_t>(how, number);
    if (code > detail::low_bits(how.type.bits)) does_not_fit(how, number);
    return code;
}

std::uint64_t encode_floating(const conversion& how, const value& number, double unscaled) {
    if (how.type.bits == 64) return std::bit_cast<std::uint64_t>(unscaled);
    const auto rounded = static_cast<float>(unscaled);
    if (std::isinf(rounded) && !std::isinf(unscaled)) does_not_fit(how, number);
    return std::bit_cast<std::uint32_t>(rounded);
}

/// A negative code as two's complement in the low bits.
std::uint64_t encode_code(const conversion& how, const value& number, double code) {
    if (std::isnan(code))
        throw error(errc::bad_value, {}, fmt::format("{} has no NaN", how.type.name()));
    const double rounded = std::nearbyint(code);
    const auto [least, end] = code_limits(how.type);
    if (rounded < least || rounded >= end) does_not_fit(how, number);
    if (rounded < 0)
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(rounded)) &
               detail::low_bits(how.type.bits);
    return static_cast<std::uint64_t>(rounded);
}

double unscale(const conversion& how, double number) noexcept {
    if (how.offset != 0.0) number -= how.offset;
    return how.scale == 1.0 ? number : number / how.scale;
}

double scale(const conversion& how, double number) noexcept {
    if (how.scale != 1.0) number *= how.scale;
    return how.offset == 0.0 ? number : number + how.offset; // keeps -0.0
}

double decode_number(const value_type& type, std::uint64_t bits) noexcept {
    if (type.what == number_kind::floating)
        return type.bits == 64 ? std::bit_cast<double>(bits)
                               : std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const double code = type.what == number_kind::signed_integer
                            ? static_cast<double>(sign_extend(bits, type.bits))
                            : static_cast<double>(bits);
    return type.fraction_bits == 0 ? code : std::ldexp(code, -type.fraction_bits);
}

// ---- text ----

[[noreturn]] void bad_number(std::string_view text) {
    throw error(errc::bad_value, {}, fmt::format("'{}' is not a number", text),
                "write it decimal (12, -1.5) or hexadecimal (0x1f)");
}

bool is_decimal_integer(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Digits of an integer without its sign.
std::uint64_t parse_magnitude(std::string_view unsigned_part, std::string_view whole) {
    const bool hexadecimal = unsigned_part.starts_with("0x");
    const std::string_view digits = hexadecimal ? unsigned_part.substr(2) : unsigned_part;
    if (!hexadecimal && digits.size() > 1 && digits.front() == '0')
        throw error(errc::bad_value, {}, fmt::format("'{}' begins with a zero", whole),
                    "write it decimal without zeros in front, or hexadecimal with 0x");
    std::uint64_t magnitude = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                                magnitude, hexadecimal ? 16 : 10);
    if (problem == std::errc::result_out_of_range)
        throw error(errc::bad_value, {}, fmt::format("'{}' needs more than 64 bits", whole));
    if (problem != std::errc{} || end != digits.data() + digits.size()) bad_number(whole);
    return magnitude;
}

value signed_value(std::uint64_t magnitude, bool negative, std::string_view whole) {
    if (!negative) return magnitude;
    if (magnitude > std::uint64_t{1} << 63U)
        throw error(errc::bad_value, {}, fmt::format("'{}' needs more than 64 bits", whole));
    return static_cast<std::int64_t>(0 - magnitude);
}

value parse_floating(std::string_view unsigned_part, bool negative, std::string_view whole) {
    double number = 0;
    const auto [end, problem] =
        std::from_chars(unsigned_part.data(), unsigned_part.data() + unsigned_part.size(), number);
    if (unsigned_part.starts_with('-') || problem != std::errc{} ||
        end != unsigned_part.data() + unsigned_part.size())
        bad_number(whole);
    return negative ? -number : number;
}

template <class A, class B>
bool same_number(A a, B b) noexcept {
    if constexpr (std::is_integral_v<A> && std::is_integral_v<B>)
        return std::cmp_equal(a, b);
    else if constexpr (std::is_integral_v<A>)
        return same_number(b, a);
    else if constexpr (std::is_integral_v<B>)
        // b may round on its way to double; then a is no integer of B or differs on the way back.
        return a == static_cast<double>(b) && a < std::ldexp(1.0, std::is_signed_v<B> ? 63 : 64) &&
               static_cast<B>(a) == b;
    else
        return a == b;
}

} // namespace

value_type value_type::parse(std::string_view text) {
    const auto type = parse_type(text);
    if (!type) bad_type(text);
    return *type;
}

std::string value_type::name() const {
    if (what == number_kind::floating) return fmt::format("float{}", bits);
    const bool is_signed = what == number_kind::signed_integer;
    if (fraction_bits == 0) return fmt::format("{}int{}", is_signed ? "" : "u", bits);
    return fmt::format("{}fix{}.{}", is_signed ? 's' : 'u', bits, fraction_bits);
}

double value::to_double() const noexcept {
    return std::visit([](auto number) { return static_cast<double>(number); }, number_);
}

std::string value::to_string() const {
    return std::visit([](auto number) { return fmt::format("{}", number); }, number_);
}

value value::parse(std::string_view text) {
    const bool negative = text.starts_with('-');
    const bool has_sign = negative || text.starts_with('+');
    const std::string_view unsigned_part = text.substr(has_sign ? 1 : 0);
    if (is_decimal_integer(unsigned_part) || unsigned_part.starts_with("0x"))
        return signed_value(parse_magnitude(unsigned_part, text), negative, text);
    return parse_floating(unsigned_part, negative, text);
}

bool value::operator==(const value& other) const noexcept {
    return std::visit([](auto a, auto b) { return same_number(a, b); }, number_, other.number_);
}

void value::refuse(const char* type) const {
    if (type == nullptr)
        type = is_floating() ? "an integer of the wanted type" : "the wanted integer type";
    throw error(errc::out_of_range, {}, fmt::format("{} does not fit {}", to_string(), type));
}

value decode(const conversion& how, std::uint64_t bits) noexcept {
    bits &= detail::low_bits(how.type.bits);
    if (!how.is_identity()) return scale(how, decode_number(how.type, bits));
    if (how.type.what == number_kind::signed_integer) return sign_extend(bits, how.type.bits);
    return bits;
}

std::uint64_t encode(const conversion& how, const value& number) {
    if (how.is_identity() && !number.is_floating()) return encode_integer(how, number);
    const double unscaled = unscale(how, number.to_double());
    if (how.type.what == number_kind::floating) return encode_floating(how, number, unscaled);
    return encode_code(how, number, std::ldexp(unscaled, how.type.fraction_bits));
}

} // namespace v1
} // namespace upciedev
