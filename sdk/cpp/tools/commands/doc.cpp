// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/document.hpp"
#include "output/table.hpp"

#include <upciedev/board_file.hpp>

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cli {
namespace {

using upciedev::board_description;
using upciedev::field_description;
using upciedev::register_description;
using row = std::vector<phrase>;

std::string joined(std::vector<std::string> parts) {
    std::erase(parts, std::string());
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string access_text(upciedev::access access) {
    constexpr std::array names{"rw", "ro", "wo"};
    return names.at(static_cast<std::size_t>(access));
}

template <class T>
std::string effects_text(const T& what) {
    constexpr std::array on_read{"", "a read clears", "a read pops"};
    constexpr std::array on_write{"", "writing 1 clears", "writing 1 sets", "writing 1 toggles",
                                  "strobe"};
    return joined({on_read.at(static_cast<std::size_t>(what.on_read)),
                   on_write.at(static_cast<std::size_t>(what.on_write))});
}

/// "int16 * 0.01 - 20".
std::string number_text(const upciedev::conversion& convert) {
    std::string text = convert.type.name();
    if (convert.scale != 1.0) text += fmt::format(" * {}", convert.scale);
    if (convert.offset != 0.0)
        text += fmt::format(" {} {}", convert.offset < 0 ? '-' : '+', std::abs(convert.offset));
    return text;
}

template <class T>
std::string range_text(const T& what) {
    return what.range ? fmt::format("{} to {}", what.range->first, what.range->second) : "";
}

/// Names stand for the bits as they are, signed where the type is.
std::string values_text(const upciedev::enumeration& values, const upciedev::value_type& type) {
    const upciedev::conversion plain{{type.what, type.bits, 0}};
    std::vector<std::string> parts;
    for (const auto& [name, bits] : values)
        parts.push_back(fmt::format("{} = {}", name, upciedev::decode(plain, bits).to_string()));
    return joined(parts);
}

std::string order_text(upciedev::byte_order order) {
    return order == upciedev::byte_order::big ? "big endian" : "";
}

std::string place_text(const board_description& board, unsigned bar, std::uint64_t offset) {
    const auto found = std::find_if(board.bars.begin(), board.bars.end(),
                                    [&](const auto& each) { return each.index == bar; });
    return fmt::format("{}+{:#x}", found->name, offset);
}

/// "adc.ch[0..7].GAIN": a path with the indices that it can have.
std::string indexed(std::string_view path, const std::vector<upciedev::repeat>& repeats) {
    std::string text;
    std::size_t level = 0;
    for (const char c : path) {
        text += c;
        if (c == '[') text += fmt::format("0..{}", repeats.at(level++).count - 1);
    }
    return text;
}

/// "regs+0x100 + 0x10*i".
std::string address_text(const board_description& board, const register_description& what) {
    auto text = place_text(board, what.bar, what.offset);
    for (std::size_t level = 0; level < what.repeats.size(); ++level)
        text += fmt::format(" + {:#x}*{}", what.repeats[level].stride, "ijkl"[level]);
    return text;
}

std::string reset_text(const std::optional<std::uint64_t>& reset) {
    return reset ? fmt::format("{:#x}", *reset) : "";
}

std::string id_text(const std::optional<std::uint16_t>& id) {
    return id ? fmt::format("{:04x}", *id) : "any";
}

std::string name_of(const upciedev::register_part& part) {
    return part.field.empty() ? part.path : part.path + "." + part.field;
}

std::string identity_text(const upciedev::match_description& match) {
    std::string text;
    for (const auto& [where, bits, mask] : match.registers)
        text += fmt::format(", {} = {:#x}", name_of(where), bits);
    if (match.firmware)
        text += fmt::format(", {} from {:#x} to {:#x}", name_of(match.firmware->where),
                            match.firmware->least, match.firmware->greatest);
    return text;
}

std::string match_text(const upciedev::match_description& match) {
    auto text = id_text(match.vendor) + ":" + id_text(match.device);
    if (match.subvendor || match.subdevice)
        text += " subsystem " + id_text(match.subvendor) + ":" + id_text(match.subdevice);
    return text + identity_text(match);
}

void write_identity(document& page, const board_description& board) {
    page.heading(1, board.title.empty() ? row{code(board.name)}
                                        : row{code(board.name), {board.title}});
    if (!board.text.empty()) page.paragraph(board.text);
    std::vector<row> rows;
    if (!board.vendor.empty()) rows.push_back({{"maker"}, {board.vendor}});
    for (const auto& match : board.matches)
        rows.push_back({{"PCI ids"}, code(match_text(match))});
    if (!board.scratch.empty()) rows.push_back({{"scratch register"}, code(board.scratch)});
    rows.push_back({{"board file"}, {board.file}});
    page.table({"identity", "of the board"}, rows);
}

std::string guards_text(const upciedev::bar_description& bar) {
    if (bar.guards_rest) return "guarded where nothing is named";
    if (bar.guards_every == 0) return {};
    return fmt::format("guards recur every {:#x} bytes", bar.guards_every);
}

void write_bars(document& page, const board_description& board) {
    page.heading(2, {{"BARs"}});
    std::vector<row> rows;
    for (const auto& bar : board.bars)
        rows.push_back(
            {{std::to_string(bar.index)},
             code(bar.name),
             {human_size(bar.size)},
             {joined({bar.write_combined ? "write-combined" : "uncached",
                      bar.peer ? "open to peers" : "", guards_text(bar), order_text(bar.order)})},
             {bar.text}});
    page.table({"BAR", "name", "size", "mapping", "description"}, rows);
}

std::string guard_text(const register_description& what) {
    if (!what.guard) return {};
    return what.guard_admin ? "guarded, for administrators" : "guarded";
}

row register_row(const board_description& board, const register_description& what) {
    return {code(address_text(board, what)),
            code(indexed(what.path, what.repeats)),
            {joined({std::to_string(what.width), order_text(what.order)})},
            {access_text(what.access)},
            {joined({effects_text(what), guard_text(what),
                     what.enables_interrupts ? "enables interrupts" : ""})},
            code(reset_text(what.reset)),
            {number_text(what.convert)},
            {what.unit},
            {range_text(what)},
            {values_text(what.values, what.convert.type)},
            {what.text}};
}

row field_row(const field_description& field, const std::optional<std::uint64_t>& reset) {
    const auto bits = field.width == 1
                          ? std::to_string(field.lsb)
                          : fmt::format("{}:{}", field.lsb + field.width - 1, field.lsb);
    return {code(bits),
            code(field.name),
            {access_text(field.access)},
            {effects_text(field)},
            code(reset ? fmt::format("{:#x}", (*reset & field.mask()) >> field.lsb) : ""),
            {number_text(field.convert)},
            {field.unit},
            {range_text(field)},
            {values_text(field.values, field.convert.type)},
            {field.text}};
}

void write_fields(document& page, const register_description& what) {
    if (what.fields.empty()) return;
    page.heading(3, {{"Fields of"}, code(indexed(what.path, what.repeats))});
    std::vector<row> rows;
    for (const auto& field : what.fields)
        rows.push_back(field_row(field, what.reset));
    page.table({"bits", "field", "access", "effects", "reset", "type", "unit", "range", "values",
                "description"},
               rows);
}

void write_groups(document& page, const board_description& board) {
    std::vector<row> rows;
    for (const auto& group : board.groups)
        rows.push_back({code(group.path), {group.text}});
    page.table({"group", "description"}, rows);
}

void write_registers(document& page, const board_description& board) {
    if (board.registers.empty()) return;
    page.heading(2, {{"Registers"}});
    write_groups(page, board);
    std::vector<row> rows;
    for (const auto& what : board.registers)
        rows.push_back(register_row(board, what));
    page.table({"address", "register", "bits", "access", "effects", "reset", "type", "unit",
                "range", "values", "description"},
               rows);
    for (const auto& what : board.registers)
        write_fields(page, what);
}

void write_channels(document& page, const upciedev::area_description& area) {
    if (area.channels.empty()) return;
    page.heading(3, {{"Channels of"}, code(area.path)});
    page.paragraph(fmt::format("They recur every {} bytes.", area.frame));
    std::vector<row> rows;
    for (const auto& channel : area.channels) {
        const auto& [count, stride] = channel.copies;
        rows.push_back({code(fmt::format("{:#x}", channel.offset) +
                             (count == 1 ? "" : fmt::format(" + {:#x}*i", stride))),
                        code(channel.name + (count == 1 ? "" : fmt::format("[0..{}]", count - 1))),
                        {joined({number_text(channel.convert), order_text(channel.order)})},
                        {channel.unit},
                        {channel.text}});
    }
    page.table({"byte", "channel", "type", "unit", "description"}, rows);
}

void write_areas(document& page, const board_description& board) {
    if (board.areas.empty()) return;
    page.heading(2, {{"Areas"}});
    std::vector<row> rows;
    for (const auto& area : board.areas)
        rows.push_back({code(place_text(board, area.bar, area.offset)),
                        code(area.path),
                        {std::to_string(area.count)},
                        {human_size(area.size())},
                        {joined({number_text(area.convert), order_text(area.order)})},
                        {access_text(area.access)},
                        {area.unit},
                        {area.text}});
    page.table({"address", "area", "elements", "size", "type", "access", "unit", "description"},
               rows);
    for (const auto& area : board.areas)
        write_channels(page, area);
}

std::string part_text(const upciedev::register_part& part) {
    return part.path + (part.field.empty() ? "" : ".") + part.field;
}

std::string writes_text(const std::vector<upciedev::part_write>& writes) {
    std::vector<std::string> parts;
    parts.reserve(writes.size());
    for (const auto& [where, bits] : writes)
        parts.push_back(fmt::format("{} = {:#x}", part_text(where), bits));
    return joined(parts);
}

void write_irqs(document& page, const board_description& board) {
    if (board.irqs.empty()) return;
    page.heading(2, {{"Interrupts"}});
    std::vector<row> rows;
    for (const auto& irq : board.irqs)
        rows.push_back({code(irq.name),
                        {std::to_string(irq.vector)},
                        code(part_text(irq.status)),
                        code(part_text(irq.enable)),
                        code(part_text(irq.acknowledge)),
                        {irq.text}});
    page.table({"cause", "vector", "status", "enable", "acknowledge", "description"}, rows);
    if (std::ranges::any_of(board.registers, &register_description::enables_interrupts))
        page.paragraph(
            "The bits under enable belong to the driver, which sets them while a program "
            "waits for the cause; writes of programs leave them as they are.");
}

/// "4.0 KiB at 0x40000"; nothing where the file does not say.
std::string memory_text(const upciedev::dma_description& engine) {
    if (engine.memory_size == 0 && engine.memory_at == 0) return {};
    const auto size = engine.memory_size == 0 ? "unknown" : human_size(engine.memory_size);
    return fmt::format("{} at {:#x}", size, engine.memory_at);
}

void write_engine(document& page, const upciedev::dma_description& engine) {
    page.heading(3, {code(engine.name), {engine.to_board ? "to the board" : "from the board"}});
    if (!engine.text.empty()) page.paragraph(engine.text);
    std::vector<row> rows;
    const auto* const taken = engine.descriptors == 0 ? "bus address" : "bus address of the list";
    for (const auto& half : engine.host)
        rows.push_back({{taken}, code(part_text(half))});
    if (engine.descriptors != 0)
        rows.push_back({{"descriptors"}, {std::to_string(engine.descriptors)}});
    const std::vector<row> others{
        {{"offset in the memory"}, code(part_text(engine.board))},
        {{"length"}, code(part_text(engine.length))},
        {{"start"}, code(writes_text(engine.start))},
        {{"stop"}, code(writes_text(engine.stop))},
        {{"busy"}, code(part_text(engine.busy))},
        {{"error"}, code(part_text(engine.error))},
        {{"interrupt"}, code(engine.irq)},
        {{"area"}, code(engine.area)},
        {{"alignment"}, {human_size(engine.alignment)}},
        {{"longest transfer"}, {human_size(engine.max_length)}},
        {{"bits of the bus address"}, {std::to_string(engine.address_bits)}},
        {{"memory"}, {memory_text(engine)}}};
    for (const auto& other : others)
        if (!other[1].text.empty()) rows.push_back(other);
    page.table({"of the engine", "is"}, rows);
}

void write_engines(document& page, const board_description& board) {
    if (!board.dma.empty()) page.heading(2, {{"DMA engines"}});
    for (const auto& engine : board.dma)
        write_engine(page, engine);
}

} // namespace

void run_doc(const common& options, const doc_arguments& arguments) {
    if (options.json)
        throw upciedev::error(upciedev::errc::not_supported, "doc", "there is no --json of it",
                              "it writes Markdown, or --html");
    const auto board = upciedev::load_board_file(arguments.file);
    const auto page = arguments.html ? make_html() : make_markdown();
    write_identity(*page, *board);
    write_bars(*page, *board);
    write_registers(*page, *board);
    write_areas(*page, *board);
    write_irqs(*page, *board);
    write_engines(*page, *board);
    fmt::print("{}", page->finish());
}

} // namespace cli
