// SPDX-License-Identifier: BSD-3-Clause
// Lines of a .map file from a board's description.
#include "exchange.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cli {
namespace {

using upciedev::area_description;
using upciedev::board_description;
using upciedev::conversion;
using upciedev::register_description;
using kind = upciedev::value_type::kind;

class map_writer {
  public:
    map_writer(const board_description& board, std::vector<lost>& losses)
        : board_(board), losses_(losses) {}

    std::string text() {
        line("# registers of {}: name, elements, address, bytes, BAR, width, fraction bits, "
             "signed, access",
             board_.name);
        for (const auto& reg : board_.registers)
            write_register(reg);
        for (const auto& area : board_.areas)
            write_area(area);
        for (const auto& irq : board_.irqs)
            write_irq(irq);
        if (!board_.dma.empty()) lose("dma", "a map has no DMA engines");
        if (!board_.scratch.empty()) lose("scratch", "a map has no scratch register");
        return std::move(text_);
    }

  private:
    template <class... T>
    void line(fmt::format_string<T...> format, T&&... values) {
        text_ += fmt::format(format, std::forward<T>(values)...) + "\n";
    }
    void lose(const std::string& path, std::string what) {
        losses_.push_back({board_.file + ": " + path, std::move(what)});
    }
    [[nodiscard]] static std::string type_text(const conversion& convert) {
        const auto& type = convert.type;
        if (type.what == kind::floating) return fmt::format("{:2} IEEE754 1", type.bits);
        return fmt::format("{:2} {} {}", type.bits, type.fraction_bits,
                           type.what == kind::signed_integer ? 1 : 0);
    }
    /// Scaling by a power of two is fraction bits; all other scaling is lost.
    conversion carried(const std::string& path, conversion convert) {
        int exponent = 0;
        const bool power = std::frexp(convert.scale, &exponent) == 0.5;
        if (power && convert.type.what != kind::floating && std::abs(exponent) < 60)
            convert.type.fraction_bits =
                static_cast<std::int8_t>(convert.type.fraction_bits - (exponent - 1));
        else if (convert.scale != 1.0)
            lose(path, fmt::format("scale {}", convert.scale));
        if (convert.offset != 0.0) lose(path, fmt::format("offset {}", convert.offset));
        return convert;
    }
    static std::string_view access_text(upciedev::access access) {
        constexpr std::array<std::string_view, 3> names{"RW", "RO", "WO"};
        return names.at(static_cast<std::size_t>(access));
    }
    void entry(const std::string& path, std::uint64_t elements, std::uint64_t address,
               std::uint64_t bytes, unsigned bar, const std::string& type,
               std::string_view access) {
        line("{:40} {:5} {:#010x} {:#x} {} {} {}", path, elements, address, bytes, bar, type,
             access);
    }
    void lose_meaning(const register_description& reg) {
        std::string what;
        const auto add = [&](bool present, std::string_view name) {
            if (present) what += (what.empty() ? "" : ", ") + std::string(name);
        };
        add(reg.order == upciedev::byte_order::big, "big-endian order");
        add(!reg.fields.empty(), "fields");
        add(!reg.values.empty(), "names of values");
        add(!reg.unit.empty(), "unit");
        add(reg.range.has_value(), "range");
        add(reg.reset.has_value(), "reset");
        add(reg.on_read != upciedev::read_effect::none, "on_read");
        add(reg.on_write != upciedev::write_effect::none, "on_write");
        add(reg.guard, "guard");
        add(!reg.text.empty(), "description");
        if (!what.empty()) lose(reg.path, what);
    }
    /// The innermost repeat is an array of the map where its elements touch.
    void write_register(const register_description& reg) {
        lose_meaning(reg);
        const auto type = type_text(carried(reg.path, reg.convert));
        const auto bytes = reg.width / 8;
        auto outer = reg.repeats;
        std::uint64_t elements = 1;
        std::string path = reg.path;
        if (path.ends_with("[]") && outer.back().stride == bytes) {
            elements = outer.back().count;
            outer.pop_back();
            path.resize(path.size() - 2);
        }
        write_copies(path, outer, 0, reg.offset, [&](const std::string& name, std::uint64_t at) {
            entry(name, elements, at, elements * bytes, reg.bar, type, access_text(reg.access));
        });
    }
    template <class F>
    void write_copies(const std::string& path, const std::vector<upciedev::repeat>& repeats,
                      std::size_t level, std::uint64_t offset, const F& write) {
        if (level == repeats.size()) return write(path, offset);
        const auto place = path.find("[]");
        for (std::uint32_t i = 0; i < repeats[level].count; ++i) {
            auto name = path;
            name.replace(place, 2, fmt::format(".{}", i));
            write_copies(name, repeats, level + 1, offset + i * repeats[level].stride, write);
        }
    }
    void write_area(const area_description& area) {
        if (area.order == upciedev::byte_order::big) lose(area.path, "big-endian order");
        if (!area.unit.empty()) lose(area.path, "unit");
        if (!area.text.empty()) lose(area.path, "description");
        if (area.frame != 0) lose(area.path, "layout");
        entry(area.path, area.count, area.offset, area.size(), area.bar,
              type_text(carried(area.path, area.convert)), access_text(area.access));
    }
    void write_irq(const upciedev::irq_description& irq) {
        if (!irq.status.path.empty() || !irq.enable.path.empty() || !irq.acknowledge.path.empty())
            lose(irq.name, "status, enable and acknowledge of an interrupt");
        line("{:40} 0 0 0 0 0 0 0 INTERRUPT{}", irq.name, irq.vector);
    }

    const board_description& board_;
    std::vector<lost>& losses_;
    std::string text_;
};

} // namespace

std::string map_of(const board_description& board, std::vector<lost>& losses) {
    for (const auto& bar : board.bars)
        losses.push_back({board.file + ": " + bar.name,
                          "name, size and mapping of a BAR; the map has its number"});
    if (!board.matches.empty()) losses.push_back({board.file + ": match", "ids of the board"});
    return map_writer(board, losses).text();
}

} // namespace cli
