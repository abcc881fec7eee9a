// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/settings.hpp>

#include "board/settings_bits.hpp"
#include "description/ids_text.hpp"
#include "files/yaml_reader.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <vector>

namespace upciedev {
inline namespace v1 {
namespace {

std::string padded_hex(std::uint64_t bits, unsigned width) {
    return fmt::format("0x{:0{}x}", bits, (width + 3) / 4);
}

/// The value has a text from which exactly these bits come back: NaN, say, has none.
bool comes_back(const conversion& how, std::uint64_t bits) {
    const auto number = decode(how, bits);
    if (!std::isfinite(number.to_double())) return false;
    try {
        return encode(how, value::parse(number.to_string())) == bits;
    } catch (const error&) {
        return false;
    }
}

/// Value in engineering units, or its name; empty where the bits alone are exact.
template <class Description>
std::string exact_value(const Description& what, std::uint64_t bits) {
    for (const auto& [name, number] : what.values)
        if (number == bits) return detail::is_name(name) ? name : '"' + name + '"';
    return comes_back(what.convert, bits) ? decode(what.convert, bits).to_string() : std::string();
}

std::string exact_fields(const register_description& what, const register_setting& setting) {
    std::vector<std::string> fields;
    for (const auto& part : what.fields) {
        if ((part.mask() & ~setting.mask) != 0) continue;
        const auto shown = exact_value(part, (setting.bits & part.mask()) >> part.lsb);
        if (!shown.empty()) fields.push_back(fmt::format("{}: {}", part.name, shown));
    }
    return fmt::format("{}", fmt::join(fields, ", "));
}

std::string line_of(const register_description& what, const register_setting& setting) {
    std::string line =
        fmt::format("  {}: {{raw: {}", setting.path, padded_hex(setting.bits, what.width));
    if (setting.mask != detail::low_bits(what.width))
        line += ", mask: " + padded_hex(setting.mask, what.width);
    const auto shown = what.fields.empty() ? exact_value(what, setting.bits) : std::string();
    const auto fields = exact_fields(what, setting);
    if (!shown.empty()) line += ", value: " + shown;
    if (!fields.empty()) line += ", fields: {" + fields + "}";
    line += "}";
    return what.unit.empty() ? line : line + "  # " + what.unit;
}

std::string utc(std::chrono::system_clock::time_point time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

} // namespace

std::string settings::to_text() const {
    std::string text = fmt::format("# Settings of {}, {}.\n"
                                   "# Of a register's `raw` and `value` or `fields` one is enough; "
                                   "where both stand, they must agree.\n"
                                   "format: 1\n"
                                   "settings: {}\n"
                                   "ids: \"{}\"\n"
                                   "registers:{}\n",
                                   label_, utc(time_), description_->name, detail::ids_text(ids_),
                                   registers_.empty() ? " {}" : "");
    for (const auto& each : registers_)
        text += line_of(*description_->find_register(each.path).description, each) + "\n";
    if (!left_out_.empty()) text += "# Left out:\n";
    for (const auto& [path, reason] : left_out_)
        text += fmt::format("#   {}: {}\n", path, reason);
    return text;
}

} // namespace v1
} // namespace upciedev
