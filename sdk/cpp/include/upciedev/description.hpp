// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/value.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev {
inline namespace v1 {

enum class access : std::uint8_t { rw, ro, wo };
enum class read_effect : std::uint8_t { none, clear, pop };
enum class write_effect : std::uint8_t {
    none,
    one_to_clear,
    one_to_set,
    one_to_toggle,
    strobe ///< acts on the write, reads back 0
};
enum class byte_order : std::uint8_t { little, big };

/// Names for numbers of a field or register ("off": 0, "external": 2).
using enumeration = std::vector<std::pair<std::string, std::uint64_t>>;

/// One field of a register.
struct UPCIEDEV_API field_description {
    std::string name;
    unsigned lsb = 0;   ///< lowest bit
    unsigned width = 1; ///< bits
    conversion convert; ///< convert.type.bits == width
    std::string unit;
    std::optional<std::pair<double, double>> range; ///< engineering units, inclusive
    enumeration values;
    upciedev::access access = access::rw;
    read_effect on_read = read_effect::none;
    write_effect on_write = write_effect::none;
    std::string text; ///< description

    /// Bits of the register that belong to the field.
    [[nodiscard]] std::uint64_t mask() const noexcept;
};

/// One level of repetition of a register: its own or that of a group around it.
struct repeat {
    std::uint32_t count = 1;
    std::uint64_t stride = 0; ///< bytes
};

/// One register, or an array of equal ones.
struct UPCIEDEV_API register_description {
    std::string path;         ///< "adc.ch[].GAIN": "[]" stands for each repeat
    unsigned bar = 0;         ///< BAR index
    std::uint64_t offset = 0; ///< bytes into the BAR, of the element with all indices 0
    unsigned width = 32;      ///< bits on the bus: 8, 16, 32 or 64
    byte_order order = byte_order::little;
    conversion convert; ///< of the whole register
    std::string unit;
    std::optional<std::pair<double, double>> range; ///< engineering units, inclusive
    enumeration values;
    upciedev::access access = access::rw;
    read_effect on_read = read_effect::none;
    write_effect on_write = write_effect::none;
    std::optional<std::uint64_t> reset; ///< bits after reset
    bool guard = false; ///< takes a bus address or starts an engine: the driver refuses writes
    /// One element of it has enable bits, see board_description::enable_bits(). Set by
    /// build_index().
    bool enables_interrupts = false;
    /// With `guard`: it serves flash or reconfiguration instead, and calls of administrators
    /// (CAP_SYS_RAWIO) write it.
    bool guard_admin = false;
    std::vector<field_description> fields;
    std::vector<repeat> repeats; ///< outermost first, at most 4; empty for a single register
    std::string text;            ///< description

    [[nodiscard]] const field_description* find_field(std::string_view name) const noexcept;
    /// A read of it, or of one of its fields, changes the board: for deliberate reads only.
    [[nodiscard]] bool reading_has_effects() const noexcept;
};

/// A group of registers that has a description.
struct group_description {
    std::string path; ///< "adc.ch[]": "[]" stands for each repeat
    std::string text;
};

/// A register or one of its fields, by path.
struct register_part {
    std::string path;  ///< of the register, "dma[1].CTRL"; empty: none
    std::string field; ///< empty: the whole register
};

/// Bits that something is to write.
struct part_write {
    register_part where;
    std::uint64_t bits = 0;
};

/// A cause for which the board interrupts.
struct irq_description {
    std::string name;
    unsigned vector = 0;       ///< MSI or MSI-X vector; with INTx or one vector only all are 0
    register_part status;      ///< not 0 while the cause is pending; none: the vector says it all
    register_part enable;      ///< all ones let it interrupt; none: always on
    register_part acknowledge; ///< the pending bits are written there; none: nothing to do
    std::string text;
};

/// An engine that moves data between the board and the host, driven by registers.
struct dma_description {
    std::string name;
    bool to_board = false;
    /// Of a list of transfers in the host's memory, which one start does; 0: registers take one
    /// transfer. The list's format is known to the card's plugin only.
    unsigned descriptors = 0;
    /// Take the bus address, or that of the list: one, or its low and its high half.
    std::vector<register_part> host;
    register_part board;           ///< takes the byte offset in the board's memory; may be none
    register_part length;          ///< takes bytes
    std::vector<part_write> start; ///< in order; none: writing the length starts it
    std::vector<part_write> stop;  ///< none: it cannot be stopped
    register_part busy;            ///< not 0 while it runs; may be none
    register_part error;           ///< not 0 after a failure; may be none
    std::string irq;               ///< that tells its end; may be empty
    std::string area;              ///< where the CPU sees the board's memory; may be empty
    std::uint64_t alignment = 1;   ///< bytes, of addresses and length
    std::uint64_t max_length = 0;  ///< bytes of one start, or of one descriptor
    unsigned address_bits = 64;    ///< of the bus address
    std::uint64_t memory_at = 0;   ///< added to the offsets of users for the engine
    std::uint64_t memory_size = 0; ///< bytes that it reaches from there; 0: unknown
    std::string text;
};

/// One channel, or several alike, of an area in which channels take turns.
struct UPCIEDEV_API channel_description {
    std::string name;
    std::uint64_t offset = 0; ///< bytes into a frame
    repeat copies;            ///< count 1: a single channel
    conversion convert;       ///< of one sample
    byte_order order = byte_order::little;
    std::string unit;
    std::string text;

    [[nodiscard]] unsigned sample_size() const noexcept; ///< bytes
};

/// A stretch of board memory with equal elements (waveform, DDR, table).
struct UPCIEDEV_API area_description {
    std::string path;
    unsigned bar = 0;
    std::uint64_t offset = 0;
    std::uint64_t count = 0; ///< elements
    conversion convert; ///< one element; its size is convert.type.bits rounded up to 8, 16, 32, 64
    byte_order order = byte_order::little;
    std::string unit;
    upciedev::access access = access::rw;
    std::string text;
    std::uint64_t frame = 0; ///< bytes after which the channels recur; 0: not multiplexed
    std::vector<channel_description> channels; ///< ascending offset

    [[nodiscard]] unsigned element_size() const noexcept; ///< bytes
    [[nodiscard]] std::uint64_t size() const noexcept { return count * element_size(); }
};

/// A BAR as the board file names it.
struct bar_description {
    std::string name;
    unsigned index = 0;
    std::uint64_t size = 0; ///< bytes
    bool write_combined = false;
    bool peer = false;
    /// Of a peer window: a stretch that tests may write at any time.
    struct stretch {
        std::uint64_t offset = 0, size = 0; ///< bytes
    };
    std::optional<stretch> scratch{};
    byte_order order = byte_order::little; ///< where a register or area says nothing else
    std::string text;
    std::uint64_t guards_every =
        0;                    ///< bytes after which its guarded registers recur; 0: they do not
    bool guards_rest = false; ///< all is guarded but the registers and areas of the file
};

/// PCI ids by which a board finds its file.
struct board_ids {
    std::uint16_t vendor = 0, device = 0, subvendor = 0, subdevice = 0;
};

/// Bits by which a board tells who it is.
struct identity_check {
    register_part where;
    std::uint64_t bits = 0; ///< as they are, without scaling
    std::uint64_t mask = ~std::uint64_t{0};
};

/// Versions of the firmware for which a file is good.
struct firmware_range {
    register_part where;
    std::uint64_t least = 0; ///< bits as they are; both ends count
    std::uint64_t greatest = ~std::uint64_t{0};
};

/// Which boards a file is for. Members left empty match everything.
struct UPCIEDEV_API match_description {
    std::optional<std::uint16_t> vendor, device, subvendor, subdevice;
    std::vector<identity_check> registers = {}; ///< read once the ids agree
    std::optional<firmware_range> firmware = {};

    /// The ids agree; registers are not looked at.
    [[nodiscard]] bool fits(const board_ids& ids) const noexcept;
    [[nodiscard]] bool needs_reading() const noexcept { return !registers.empty() || firmware; }
};

/// A register found by its path: the description, and where this element of it is.
struct UPCIEDEV_API register_location {
    const register_description* description = nullptr;
    std::uint64_t offset = 0;               ///< bytes into the BAR, indices applied
    std::array<std::uint32_t, 4> indices{}; ///< one per repeat, outermost first

    [[nodiscard]] std::string path() const; ///< "adc.ch[3].GAIN"
};

/// All that a board file says. Immutable once loaded; shared by all boards of its kind.
class UPCIEDEV_API board_description {
  public:
    std::string name;   ///< "vadc8"
    std::string title;  ///< one line
    std::string vendor; ///< maker, for people
    std::string text;   ///< description
    std::string file;   ///< where it was loaded from
    std::vector<match_description> matches;
    std::vector<bar_description> bars;           ///< ascending index
    std::vector<register_description> registers; ///< in the order of the file
    std::vector<area_description> areas;
    std::vector<group_description> groups; ///< those with a description
    std::vector<irq_description> irqs;
    std::vector<dma_description> dma;
    std::string scratch; ///< path of a register that may be read and written freely; may be empty

    /// \param path "adc.ch[3].GAIN" or "adc.ch.3.GAIN".
    /// \throws error no_such_register (with the nearest names), out_of_range (index)
    [[nodiscard]] register_location find_register(std::string_view path) const;
    /// The field that the path names, "adc.ch[3].CTRL.MODE", behind that of its register; nullptr:
    /// it names none.
    [[nodiscard]] const field_description* find_field(std::string_view path) const noexcept;
    [[nodiscard]] const area_description& find_area(std::string_view path) const;
    [[nodiscard]] const bar_description& find_bar(std::string_view bar_name) const;
    /// Every element of every array, written out: registers as in the file, indices ascending.
    [[nodiscard]] std::vector<std::pair<std::string, register_location>> all_registers() const;
    /// The bits of a register that an interrupt of `irqs` has as its `enable`. They belong to the
    /// driver, and in simulation to the simulation: a write leaves them as they are.
    [[nodiscard]] std::uint64_t enable_bits(const register_location& where) const noexcept;

    /// Called once by the loader when the vectors are complete.
    void build_index();

  private:
    struct bucket {
        std::uint64_t hash = 0;
        std::size_t number = 0; ///< of the register, counted from 1; 0: empty
    };
    [[nodiscard]] const register_description* find_canonical(std::string_view path,
                                                             std::uint64_t hash) const noexcept;
    void mark_enable_bits();
    std::vector<bucket> buckets_; ///< open addressing, a power of two of them
};

using board_description_ptr = std::shared_ptr<const board_description>;

} // namespace v1
} // namespace upciedev
