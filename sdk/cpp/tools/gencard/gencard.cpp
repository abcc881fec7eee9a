// SPDX-License-Identifier: BSD-3-Clause
// upciedev-gencard: writes the tables of a card plugin from the board's file, so that the driver
// and the SDK cannot disagree on which registers are dangerous.
#include "description/reg_effects.hpp"
#include "gencard/gencard_guards.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using upciedev::access;
using upciedev::board_description;
using upciedev::match_description;
using upciedev::detail::low_bits;

constexpr std::size_t tab = 8;
constexpr std::size_t value_column = 32;
constexpr std::size_t backslash_column = 72;
// What the driver can do, see kernel/include/linux/upciedev.h.
constexpr std::uint64_t largest_alignment = 4096;
constexpr std::size_t longest_engine_name = 31;

/// The bits of a register or field.
struct bit_range {
    upciedev::register_location place;
    unsigned width = 0;
    unsigned low = 0;

    [[nodiscard]] std::uint64_t mask() const { return low_bits(width) << low; }
};

/// The bits that must not be written back as they were read: 0 does nothing to them.
std::uint64_t never_written_back(const upciedev::register_description& what) {
    const auto rules = upciedev::detail::rules_of(what);
    return (rules.writable & ~rules.readable) | rules.write_effects();
}

/// Bits that keep a value of their own, which somebody may have written.
std::uint64_t kept_bits(const upciedev::register_description& what) {
    const auto rules = upciedev::detail::rules_of(what);
    auto named = what.fields.empty() ? low_bits(what.width) : 0;
    for (const auto& field : what.fields)
        named |= field.mask();
    return rules.readable & rules.writable & named & ~never_written_back(what);
}

/// "adc.ch[].GAIN" as a part of a C identifier: "adc_ch_GAIN".
std::string identifier(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == '[' || c == ']') continue;
        text += c == '.' || c == '-' ? '_' : c;
    }
    return text;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// The text, then tabs up to a column, or one separator where the text is longer.
std::string pad(const std::string& text, std::size_t column, char separator) {
    std::size_t width = 0;
    for (const char c : text)
        width = c == '\t' ? (width / tab + 1) * tab : width + 1;
    if (width >= column) return text + separator;
    return text + std::string((column - width + tab - 1) / tab, '\t');
}

std::string define(const std::string& name, std::string_view value) {
    return pad("#define " + name, value_column, '\t') + std::string(value) + "\n";
}

class header {
  public:
    header(const board_description& board, std::string source)
        : board_(board), source_(std::move(source)), lower_(identifier(board.name)),
          upper_(upper(lower_)) {}

    [[nodiscard]] std::string text() const {
        const auto once = fmt::format("UPCIEDEV_{}_GEN_H", upper_);
        return "/* SPDX-License-Identifier: GPL-2.0-only */\n" +
               fmt::format("/* Generated from {} by upciedev-gencard; do not edit. */\n", source_) +
               fmt::format("#ifndef {0}\n#define {0}\n\n", once) +
               "#include <linux/pci.h>\n#include <linux/upciedev.h>\n\n" + defines() + "\n" +
               guard_table() + irq_table() + dma_tables() + bar_table() + id_table() +
               fmt::format("#endif /* {} */\n", once);
    }

  private:
    [[nodiscard]] std::string bar_name(unsigned index) const {
        const auto bar = std::find_if(board_.bars.begin(), board_.bars.end(),
                                      [&](const auto& b) { return b.index == index; });
        return fmt::format("{}_BAR_{}", upper_, upper(bar->name));
    }

    [[nodiscard]] std::string defines() const {
        std::string text;
        std::set<std::string> names;
        const auto add = [&](const std::string& name, std::string_view value) {
            if (!names.insert(name).second)
                throw upciedev::error(upciedev::errc::bad_board_file, board_.file,
                                      fmt::format("two registers would become {}", name),
                                      "rename one of them");
            text += define(name, value);
        };
        for (const auto& bar : board_.bars)
            add(bar_name(bar.index), std::to_string(bar.index));
        for (const auto& what : board_.registers)
            add(fmt::format("{}_{}", upper_, upper(identifier(what.path))),
                fmt::format("{:#x}", what.offset));
        return text;
    }

    [[nodiscard]] std::string guard_table() const {
        const auto rows =
            gencard::guard_rows(board_, [this](unsigned index) { return bar_name(index); });
        if (rows.empty()) return {};
        return fmt::format("static const struct upciedev_guard {}_guards[] = {{\n{}}};\n\n", lower_,
                           rows);
    }

    [[nodiscard]] bit_range bits_of(const upciedev::register_part& part) const {
        const auto place = board_.find_register(part.path);
        if (part.field.empty()) return {place, place.description->width, 0};
        const auto* field = board_.find_field(part.path + "." + part.field);
        return {place, field->width, field->lsb};
    }

    /// Nothing where the board file names none.
    [[nodiscard]] std::string bits(const char* name, const upciedev::register_part& part,
                                   const std::string& flags = {}) const {
        if (part.path.empty()) return {};
        const auto range = bits_of(part);
        const auto& what = *range.place.description;
        const auto mask = what.order == upciedev::byte_order::big
                              ? __builtin_bswap64(range.mask()) >> (64 - what.width)
                              : range.mask();
        return fmt::format("\t\t.{}\t= {{ {:#x}, {:#x}, {}, {}{} }},\n", name, range.place.offset,
                           mask, bar_name(what.bar), what.width, flags);
    }

    /// What hinders the driver from keeping enable bits as they read.
    [[nodiscard]] std::string enable_flags(const upciedev::irq_description& irq) const {
        if (irq.enable.path.empty()) return {};
        const auto& reg = *board_.find_register(irq.enable.path).description;
        const auto* field = irq.enable.field.empty() ? nullptr : reg.find_field(irq.enable.field);
        if (field != nullptr && field->access == access::wo && reg.access != access::wo)
            throw upciedev::error(upciedev::errc::bad_board_file, board_.file,
                                  fmt::format("interrupt {}: enabled by {}.{}, a write-only field "
                                              "of a register that can be read",
                                              irq.name, irq.enable.path, irq.enable.field),
                                  "make the register 'access: wo', or let the field be read");
        std::string flags;
        if (reg.access == access::wo) flags += ", UPCIEDEV_BITS_UNREAD";
        const auto none = upciedev::write_effect::none;
        if (reg.on_write != none || (field != nullptr && field->on_write != none))
            flags += (flags.empty() ? ", " : " | ") + std::string("UPCIEDEV_BITS_ACT");
        return flags;
    }

    /// The driver moves pending bits to where they are acknowledged, on values as the CPU reads
    /// them.
    void check_move(const upciedev::irq_description& irq) const {
        if (irq.status.path.empty() || irq.acknowledge.path.empty()) return;
        const auto from = bits_of(irq.status), to = bits_of(irq.acknowledge);
        const bool swapped = from.place.description->order == upciedev::byte_order::big ||
                             to.place.description->order == upciedev::byte_order::big;
        if (!swapped || (from.low == to.low && from.width == to.width &&
                         from.place.description->width == to.place.description->width))
            return;
        throw upciedev::error(
            upciedev::errc::bad_board_file, board_.file,
            fmt::format("interrupt {}: big-endian, and acknowledged by other bits "
                        "than those that tell it",
                        irq.name),
            "name bits of the same place and width");
    }

    [[nodiscard]] std::string irq_row(const upciedev::irq_description& irq) const {
        check_move(irq);
        return fmt::format("\t{{\n\t\t.name\t= \"{}\",\n\t\t.vector\t= {},\n", irq.name,
                           irq.vector) +
               bits("status", irq.status) + bits("acknowledge", irq.acknowledge) +
               bits("enable", irq.enable, enable_flags(irq)) + "\t},\n";
    }

    [[nodiscard]] std::string irq_table() const {
        if (board_.irqs.empty()) return {};
        auto text = fmt::format("static const struct upciedev_card_irq {}_irqs[] = {{\n", lower_);
        for (const auto& irq : board_.irqs)
            text += irq_row(irq);
        return text + "};\n\n";
    }

    [[noreturn]] void refuse(const upciedev::dma_description& engine, std::string_view problem,
                             std::string_view remedy) const {
        throw upciedev::error(upciedev::errc::bad_board_file, board_.file,
                              fmt::format("engine {}: {}", engine.name, problem),
                              std::string(remedy));
    }

    void check_engine(const upciedev::dma_description& engine) const {
        if (engine.alignment > largest_alignment)
            refuse(engine, fmt::format("an alignment of {} bytes", engine.alignment),
                   fmt::format("the driver can do {} at most", largest_alignment));
        if (engine.name.size() > longest_engine_name)
            refuse(engine, "its name is too long",
                   fmt::format("the driver tells {} characters", longest_engine_name));
    }

    /// What is written to set these bits: with them those that must not be written back as read.
    [[nodiscard]] std::uint64_t written_mask(const upciedev::dma_description& engine,
                                             const upciedev::register_part& part) const {
        const auto range = bits_of(part);
        const auto& what = *range.place.description;
        const auto mask = range.mask() | never_written_back(what);
        if (what.access != access::wo && !what.reading_has_effects()) return mask;
        if ((kept_bits(what) & ~mask) != 0)
            refuse(engine,
                   fmt::format("{} has bits to be kept, and reading it has effects", part.path),
                   "name the whole register");
        return low_bits(what.width);
    }

    /// As struct upciedev_card_bits of DMA: on values.
    [[nodiscard]] std::string value_bits(const upciedev::register_part& part,
                                         std::uint64_t mask) const {
        const auto place = board_.find_register(part.path);
        const auto& what = *place.description;
        return fmt::format("{{ {:#x}, {:#x}, {}, {}{} }}", place.offset, mask, bar_name(what.bar),
                           what.width,
                           what.order == upciedev::byte_order::big ? ", UPCIEDEV_BITS_BIG" : "");
    }

    /// A register that takes a number: its other bits are kept, so they must stand it.
    [[nodiscard]] std::string number_bits(const upciedev::dma_description& engine,
                                          const upciedev::register_part& part) const {
        const auto mask = bits_of(part).mask();
        if (written_mask(engine, part) != mask)
            refuse(engine, fmt::format("{}.{} cannot be written alone", part.path, part.field),
                   "its register has bits that act when written, or cannot be read");
        return value_bits(part, mask);
    }

    [[nodiscard]] std::string member(const upciedev::dma_description& engine, const char* name,
                                     const upciedev::register_part& part) const {
        if (part.path.empty()) return {};
        return fmt::format("\t\t.{}\t= {},\n", name, number_bits(engine, part));
    }

    [[nodiscard]] std::string watched(const char* name, const upciedev::register_part& part) const {
        if (part.path.empty()) return {};
        return fmt::format("\t\t.{}\t= {},\n", name, value_bits(part, bits_of(part).mask()));
    }

    [[nodiscard]] std::string step_name(const upciedev::dma_description& engine,
                                        const char* which) const {
        return fmt::format("{}_{}_{}", lower_, engine.name, which);
    }

    [[nodiscard]] std::string steps(const upciedev::dma_description& engine, const char* which,
                                    const std::vector<upciedev::part_write>& writes) const {
        if (writes.empty()) return {};
        auto text = fmt::format("static const struct upciedev_card_step {}[] = {{\n",
                                step_name(engine, which));
        for (const auto& [where, value] : writes)
            text +=
                fmt::format("\t{{ {}, {:#x} }},\n", value_bits(where, written_mask(engine, where)),
                            value << bits_of(where).low);
        return text + "};\n\n";
    }

    [[nodiscard]] std::string use_steps(const upciedev::dma_description& engine, const char* which,
                                        const std::vector<upciedev::part_write>& writes) const {
        if (writes.empty()) return {};
        const auto name = step_name(engine, which);
        return fmt::format("\t\t.{0}\t= {1},\n\t\t.nr_{0} = ARRAY_SIZE({1}),\n", which, name);
    }

    [[nodiscard]] int irq_of(const upciedev::dma_description& engine) const {
        const auto found = std::find_if(board_.irqs.begin(), board_.irqs.end(),
                                        [&](const auto& irq) { return irq.name == engine.irq; });
        return found == board_.irqs.end() ? -1 : static_cast<int>(found - board_.irqs.begin());
    }

    /// The register that starts it.
    [[nodiscard]] std::pair<unsigned, std::uint64_t>
    trigger_of(const upciedev::dma_description& engine) const {
        const auto& part = engine.start.empty() ? engine.length : engine.start.back().where;
        const auto place = board_.find_register(part.path);
        return {place.description->bar, place.offset};
    }

    /// From 1; channels that are started by one register have one engine.
    [[nodiscard]] std::size_t number_of(const upciedev::dma_description& engine) const {
        const auto trigger = trigger_of(engine);
        const auto first = std::find_if(board_.dma.begin(), board_.dma.end(), [&](const auto& dma) {
            return trigger_of(dma) == trigger;
        });
        return static_cast<std::size_t>(first - board_.dma.begin()) + 1;
    }

    [[nodiscard]] std::string dma_row(const upciedev::dma_description& engine) const {
        auto text = fmt::format("\t{{\n\t\t.name\t= \"{}\",\n", engine.name);
        if (engine.to_board) text += "\t\t.flags\t= UPCIEDEV_DMA_TO_BOARD,\n";
        text += fmt::format("\t\t.engine\t= {},\n\t\t.alignment = {},\n\t\t.irq\t= {},\n"
                            "\t\t.address_bits = {},\n\t\t.max_length = {:#x},\n",
                            number_of(engine), engine.alignment, irq_of(engine),
                            engine.address_bits, engine.max_length);
        if (engine.memory_at != 0) text += fmt::format("\t\t.base\t= {:#x},\n", engine.memory_at);
        if (engine.memory_size != 0)
            text += fmt::format("\t\t.memory\t= {:#x},\n", engine.memory_size);
        text += "\t\t.host\t= {\n";
        for (const auto& half : engine.host)
            text += fmt::format("\t\t\t{},\n", number_bits(engine, half));
        return text + "\t\t},\n" + member(engine, "board", engine.board) +
               member(engine, "length", engine.length) + watched("busy", engine.busy) +
               watched("error", engine.error) + use_steps(engine, "start", engine.start) +
               use_steps(engine, "stop", engine.stop) + callbacks(engine) + "\t},\n";
    }

    /// What the tables cannot say, the plugin's own file does.
    [[nodiscard]] std::string callbacks(const upciedev::dma_description& engine) const {
        if (engine.descriptors == 0) return {};
        return fmt::format("\t\t.ops\t= &{}_engine,\n", lower_);
    }

    [[nodiscard]] std::string declare_callbacks() const {
        const auto found = std::find_if(board_.dma.begin(), board_.dma.end(),
                                        [](const auto& dma) { return dma.descriptors != 0; });
        if (found == board_.dma.end()) return {};
        return fmt::format("#define {}_DESCRIPTORS\t{}\n\n"
                           "static const struct upciedev_engine_ops {}_engine;\n\n",
                           upper_, found->descriptors, lower_);
    }

    [[nodiscard]] std::string dma_tables() const {
        if (board_.dma.empty()) return {};
        auto text = declare_callbacks();
        for (const auto& engine : board_.dma) {
            check_engine(engine);
            text += steps(engine, "start", engine.start) + steps(engine, "stop", engine.stop);
        }
        text += fmt::format("static const struct upciedev_card_dma {}_dmas[] = {{\n", lower_);
        for (const auto& engine : board_.dma)
            text += dma_row(engine);
        return text + "};\n\n";
    }

    [[nodiscard]] std::string bar_table() const {
        std::string text = pad(fmt::format("#define {}_BARS {{", upper_), backslash_column, ' ');
        text += "\\\n";
        const auto line = [&](const std::string& what) {
            text += pad(what, backslash_column, ' ') + "\\\n";
        };
        for (const auto& bar : board_.bars) {
            const auto name =
                fmt::format("\t[{}] = {{ .name = \"{}\",", bar_name(bar.index), bar.name);
            if (!bar.peer) {
                line(name + " .flags = UPCIEDEV_BAR_MMAP_UC },");
                continue;
            }
            line(name);
            line("\t\t.flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER },");
        }
        return text + "}\n\n";
    }

    [[nodiscard]] std::string id_table() const {
        auto text = fmt::format("static const struct pci_device_id {}_ids[] = {{\n", lower_);
        for (const auto& match : board_.matches)
            text += id_row(match);
        return text + "\t{ }\n};\n\n";
    }

    [[nodiscard]] static std::string id_row(const match_description& match) {
        const auto id = [](const std::optional<std::uint16_t>& number) {
            return number ? fmt::format("{:#06x}", *number) : std::string("PCI_ANY_ID");
        };
        if (!match.subvendor && !match.subdevice)
            return fmt::format("\t{{ PCI_DEVICE({}, {}) }},\n", id(match.vendor), id(match.device));
        return fmt::format("\t{{ PCI_DEVICE_SUB({}, {}, {}, {}) }},\n", id(match.vendor),
                           id(match.device), id(match.subvendor), id(match.subdevice));
    }

    const board_description& board_;
    std::string source_;
    std::string lower_; ///< "edu"
    std::string upper_; ///< "EDU"
};

} // namespace

int main(int argc, char** argv) try {
    if (argc != 2 || std::string_view(argv[1]).starts_with('-')) {
        fmt::print(stderr,
                   "usage: upciedev-gencard BOARD_FILE > kernel/plugins/CARD.gen.h\n"
                   "Run it at the top of the repository: the header names the file as given.\n");
        return 2;
    }
    const auto board = upciedev::load_board_file(argv[1]);
    fmt::print("{}", header(*board, argv[1]).text());
    return std::fflush(stdout) == 0 ? 0 : 1;
} catch (const std::exception& problem) {
    fmt::print(stderr, "upciedev-gencard: {}\n", problem.what());
    return 1;
}
