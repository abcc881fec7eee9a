// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/dma.hpp>
#include <upciedev/lease.hpp>
#include <upciedev/reg.hpp>

namespace upciedev {
inline namespace v1 {

/// What several channels recorded, in engineering units.
class UPCIEDEV_API traces {
  public:
    traces(std::vector<std::string> names, std::size_t samples)
        : names_(std::move(names)), samples_(samples), data_(names_.size() * samples) {}

    /// "ch[0]" to "ch[9]", "TIME": the channels of the area's layout, repeats written out.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    [[nodiscard]] std::size_t channels() const noexcept { return names_.size(); }
    [[nodiscard]] std::size_t samples() const noexcept { return samples_; } ///< of each channel
    [[nodiscard]] std::span<double> operator[](std::size_t channel) noexcept {
        return std::span(data_).subspan(channel * samples_, samples_);
    }
    [[nodiscard]] std::span<const double> operator[](std::size_t channel) const noexcept {
        return std::span(data_).subspan(channel * samples_, samples_);
    }
    /// \throws error no_such_register with the nearest names
    [[nodiscard]] std::span<const double> at(std::string_view channel) const;
    /// Channel after channel.
    [[nodiscard]] const std::vector<double>& data() const noexcept { return data_; }

  private:
    std::vector<std::string> names_;
    std::size_t samples_;
    std::vector<double> data_;
};

/// Board memory of equal elements. Offsets and counts are in elements.
class UPCIEDEV_API area {
  public:
    /// \tparam T the element's own type (std::int16_t for int16 and for sfix16.12: the numbers as
    /// stored), or float or double for engineering values (those of a float32 or float64
    /// area are its own type, scaled all the same).
    /// \throws error not_supported (another T), out_of_range, write_only, read_only
    template <class T>
    [[nodiscard]] std::vector<T> read(std::uint64_t first, std::size_t n) const {
        std::vector<T> out(n);
        read_into(first, std::span<T>(out));
        return out;
    }
    template <class T>
    void read_into(std::uint64_t first, std::span<T> out) const;
    template <class T>
    void write(std::uint64_t first, std::span<const T> in) const;

    /// The same by the board's DMA engine.
    template <class T>
    [[nodiscard]] std::vector<T> dma_read(std::uint64_t first, std::size_t n,
                                          std::chrono::nanoseconds timeout = dma_patience,
                                          const std::stop_token& stop = {}) const {
        std::vector<T> out(n);
        dma_read_into(first, std::span<T>(out), timeout, stop);
        return out;
    }
    template <class T>
    void dma_read_into(std::uint64_t first, std::span<T> out,
                       std::chrono::nanoseconds timeout = dma_patience,
                       const std::stop_token& stop = {}) const;

    /// Of an area in which channels take turns: \p n samples of each of them, from sample
    /// \p first on, by the board's DMA engine. \throws error not_supported (no layout, no engine)
    [[nodiscard]] traces dma_traces(std::uint64_t first, std::size_t n,
                                    std::chrono::nanoseconds timeout = dma_patience,
                                    const std::stop_token& stop = {}) const;
    /// The channels in what a frame of a stream, or dma::read(), brought from this area.
    [[nodiscard]] traces split(std::span<const std::byte> bytes) const;
    /// Bytes of one sample of all channels. \throws error not_supported (no layout)
    [[nodiscard]] std::uint64_t sample_size() const;
    /// The DMA channel that reads this area, and where that has it.
    /// \throws error not_supported: the board file names none
    [[nodiscard]] upciedev::dma dma() const;
    [[nodiscard]] std::uint64_t dma_offset() const; ///< bytes

    /// For copy(). \throws error out_of_range
    [[nodiscard]] upciedev::region region(std::uint64_t first, std::uint64_t n) const;
    [[nodiscard]] upciedev::region region() const { return region(0, size()); } ///< all of it
    /// Keep it for transfers from other boards that name this one as this program does. The
    /// processor is not kept out. \throws error busy (with the holder), not_supported
    [[nodiscard]] upciedev::lease lease(std::uint64_t first, std::uint64_t n) const;

    [[nodiscard]] std::uint64_t size() const noexcept; ///< elements
    [[nodiscard]] std::string where() const;           ///< "slot 4 vadc8: ADC.RAM"
    [[nodiscard]] const area_description& description() const noexcept { return *what_; }

  private:
    friend class board;
    area(std::shared_ptr<detail::board_state> board, const area_description& what);
    void check(std::uint64_t first, std::uint64_t n, access forbidden) const;
    void read_bytes(std::uint64_t first, std::span<std::byte> out) const;
    template <class T, class Read>
    void fill(std::span<T> out, const Read& read) const;
    [[nodiscard]] const dma_description& engine() const;
    void write_bytes(std::uint64_t first, std::span<const std::byte> in) const;
    [[nodiscard]] std::uint64_t encode_at(std::uint64_t element, double number) const;
    std::shared_ptr<detail::board_state> board_;
    const area_description* what_;
};

/// A BAR by number or name, for boards without a file: byte offsets, little-endian values.
class UPCIEDEV_API bar {
  public:
    [[nodiscard]] std::uint64_t read(std::uint64_t offset, unsigned width = 32) const;
    void write(std::uint64_t offset, std::uint64_t bits, unsigned width = 32) const;
    void read_block(std::uint64_t offset, std::span<std::uint32_t> out) const;
    void write_block(std::uint64_t offset, std::span<const std::uint32_t> in) const;
    /// For copy(), in bytes. \throws error out_of_range
    [[nodiscard]] upciedev::region region(std::uint64_t offset, std::uint64_t bytes) const;
    [[nodiscard]] const bar_facts& facts() const noexcept { return facts_; }
    [[nodiscard]] unsigned index() const noexcept { return index_; }

  private:
    friend class board;
    bar(std::shared_ptr<detail::board_state> board, unsigned index, bar_facts facts);
    [[nodiscard]] std::string where(std::uint64_t offset) const;
    void check_width(std::uint64_t offset, unsigned width) const;
    void run(operation& what) const;
    void run_block(operation::code code, std::uint64_t offset, std::uintptr_t buffer,
                   std::size_t count) const;
    std::shared_ptr<detail::board_state> board_;
    unsigned index_;
    bar_facts facts_;
};

} // namespace v1
} // namespace upciedev
