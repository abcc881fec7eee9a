// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>
#include <upciedev/extend/transport.hpp>

#include <chrono>

namespace upciedev {
inline namespace v1 {

namespace detail {
class board_state; // shared by a board and all its handles
} // namespace detail

class field;

/// A register, resolved and checked once. Cheap to copy; keeps its board alive.
///
/// Thread-safe. Every access may throw board_gone, io_error or not_permitted.
class UPCIEDEV_API basic_reg {
  public:
    /// The bits. One load where the register is mapped, little-endian and 32 bit wide.
    /// \throws error write_only
    [[nodiscard]] std::uint64_t raw() const {
        if (load_ == nullptr) [[unlikely]]
            return raw_slow();
        const std::uint32_t bits = __atomic_load_n(load_, __ATOMIC_ACQUIRE);
        if (bits == 0xffffffffU) [[unlikely]]
            return confirm_all_ones();
        return bits;
    }
    /// Write the bits as they are; one store where raw() is one load, except for a register with
    /// enable bits (board_description::enable_bits()), which keep what they have.
    /// \throws error read_only, out_of_range (wider than the register)
    void write_raw(std::uint64_t bits) const {
        if (store_ == nullptr || bits > 0xffffffffU) [[unlikely]]
            return write_slow(bits);
        __atomic_store_n(store_, static_cast<std::uint32_t>(bits), __ATOMIC_RELEASE);
        if (__atomic_load_n(gone_, __ATOMIC_RELAXED) != 0) [[unlikely]]
            write_slow(bits);
    }
    /// Replace the bits in \p mask, atomic in the driver. Bits outside it whose writing has effects
    /// are written as zeros, so that nothing is triggered.
    /// \returns the bits before \throws error not_supported where reading has effects
    std::uint64_t modify_raw(std::uint64_t mask, std::uint64_t bits) const;

    /// Engineering value.
    [[nodiscard]] value read_value() const;
    void write_value(const value& number) const;
    /// Write by the name of an enumeration value. \throws error bad_value (with the names)
    void write_name(std::string_view name) const;
    /// Name of the present value, if the enumeration has it.
    [[nodiscard]] std::optional<std::string> read_name() const;

    /// Poll until (bits & mask) == (bits wanted & mask). \returns the bits, or nothing in time
    std::optional<std::uint64_t> wait_raw(std::uint64_t mask, std::uint64_t wanted,
                                          std::chrono::microseconds timeout) const;

    [[nodiscard]] upciedev::field field(std::string_view name) const;
    [[nodiscard]] std::string path() const;  ///< "adc.ch[3].GAIN"
    [[nodiscard]] std::string where() const; ///< "slot 4 vadc8: adc.ch[3].GAIN"
    [[nodiscard]] const register_description& description() const noexcept {
        return *where_.description;
    }
    /// Bytes into the BAR.
    [[nodiscard]] std::uint64_t offset() const noexcept { return where_.offset; }

  protected:
    friend class board;
    friend class batch;
    friend class upciedev::field;
    basic_reg(std::shared_ptr<detail::board_state> board, const register_location& where);

  private:
    [[nodiscard]] std::uint64_t raw_slow() const;
    [[nodiscard]] std::uint64_t confirm_all_ones() const;
    void write_slow(std::uint64_t bits) const;
    [[nodiscard]] operation read_operation() const;
    [[nodiscard]] operation write_operation(std::uint64_t bits) const;
    [[nodiscard]] operation modify_operation(std::uint64_t mask, std::uint64_t bits) const;
    [[nodiscard]] operation replace_operation(std::uint64_t mask, std::uint64_t bits) const;
    [[nodiscard]] operation poll_operation(std::uint64_t mask, std::uint64_t wanted,
                                           std::chrono::microseconds timeout) const;
    [[nodiscard]] std::uint64_t bits_of(const value& number) const;
    [[nodiscard]] std::uint64_t from_bus(std::uint64_t bits) const noexcept;
    void run(operation& what) const;

    const volatile std::uint32_t* load_ = nullptr; // the register itself, where it is mapped
    volatile std::uint32_t* store_ = nullptr;      // the same for writing
    const volatile std::uint32_t* gone_ = nullptr; // never null once constructed
    std::shared_ptr<detail::board_state> board_;
    register_location where_;
};

/// A register read and written as T (arithmetic), in engineering units.
template <class T = value>
class reg : public basic_reg {
  public:
    explicit reg(basic_reg base) : basic_reg(std::move(base)) {}
    [[nodiscard]] T read() const { return read_value().template as<T>(); }
    void write(T number) const { write_value(value(number)); }
};

/// A register of any type; value names of the board file may be written.
template <>
class reg<value> : public basic_reg {
  public:
    explicit reg(basic_reg base) : basic_reg(std::move(base)) {}
    [[nodiscard]] value read() const { return read_value(); }
    void write(const value& number) const { write_value(number); }
    template <class T>
    requires std::is_arithmetic_v<T>
    void write(T number) const { write_value(value(number)); }
    void write(std::string_view name) const { write_name(name); }
};

/// A field of a register. Writing is one masked modify that leaves its neighbours alone.
class UPCIEDEV_API field {
  public:
    [[nodiscard]] std::uint64_t raw() const;
    void write_raw(std::uint64_t bits) const;
    [[nodiscard]] value read() const;
    void write(const value& number) const;
    template <class T>
    requires std::is_arithmetic_v<T>
    void write(T number) const { write(value(number)); }
    void write(std::string_view name) const;
    template <class T>
    [[nodiscard]] T read_as() const {
        return read().as<T>();
    }
    [[nodiscard]] std::optional<std::string> read_name() const;
    [[nodiscard]] const field_description& description() const noexcept { return *what_; }
    [[nodiscard]] std::string path() const;  ///< "CTRL.ENABLE"
    [[nodiscard]] std::string where() const; ///< "slot 4 vadc8: CTRL.ENABLE"

  private:
    friend class basic_reg;
    friend class batch;
    [[nodiscard]] operation read_operation() const;
    [[nodiscard]] operation write_operation(std::uint64_t bits) const;
    [[nodiscard]] std::uint64_t bits_of(const value& number) const;
    field(basic_reg owner, const field_description& what);
    basic_reg owner_;
    const field_description* what_;
};

} // namespace v1
} // namespace upciedev
