// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/area.hpp>
#include <upciedev/batch.hpp>
#include <upciedev/dma.hpp>
#include <upciedev/irq.hpp>
#include <upciedev/reg.hpp>

#include <functional>

namespace upciedev {
inline namespace v1 {

/// One board of a crate. Copies share it; handles made from it keep it alive. Thread-safe.
class UPCIEDEV_API board {
  public:
    /// A board over any transport; \p description may be nullptr (then only BARs by number).
    /// \param file_reason why that file \param again opens the way anew, for reopen()
    board(transport_ptr way, board_description_ptr description, std::string alias = {},
          std::string file_reason = {}, std::function<transport_ptr()> again = {});

    /// \throws error no_such_register with the nearest names
    template <class T = value>
    [[nodiscard]] upciedev::reg<T> reg(std::string_view path) const {
        return upciedev::reg<T>(find_reg(path));
    }
    /// A field by the path of its register and its name, "CTRL.MODE".
    /// \throws error no_such_register with the nearest names
    [[nodiscard]] upciedev::field field(std::string_view path) const;
    /// A register or field read once, by its path; keep a handle where you access it often.
    [[nodiscard]] value read(std::string_view path) const;
    /// A register or field written once: a number in engineering units, or a name that it has.
    void write(std::string_view path, const value& number) const;
    template <class T>
    requires std::is_arithmetic_v<T>
    void write(std::string_view path, T number) const { write(path, value(number)); }
    void write(std::string_view path, std::string_view name) const;
    [[nodiscard]] upciedev::area area(std::string_view path) const;
    [[nodiscard]] upciedev::bar bar(unsigned index) const;
    [[nodiscard]] upciedev::bar bar(std::string_view name) const;
    [[nodiscard]] upciedev::batch batch() const;
    /// Subscribe to an interrupt that the board file names under `irqs`.
    /// \throws error no_such_register with the nearest names; not_supported, board_gone
    [[nodiscard]] upciedev::irq irq(std::string_view name) const;
    /// To several at once; \p names empty: to all that the board file has.
    [[nodiscard]] upciedev::irq irqs(const std::vector<std::string>& names = {}) const;

    /// A channel that the board file names under `dma`.
    /// \throws error no_such_register with the nearest names; not_supported, not_permitted,
    /// board_gone
    [[nodiscard]] upciedev::dma dma(std::string_view name) const;

    /// By which way this board's engines reach a BAR of \p peer, at this moment.
    /// \param channel whose requests; empty: any that writes
    /// \throws error no_such_register (no such BAR or channel), board_gone
    [[nodiscard]] peer_route route_to(const board& peer, unsigned bar,
                                      std::string_view channel = {}) const;
    [[nodiscard]] peer_route route_to(const board& peer, std::string_view bar,
                                      std::string_view channel = {}) const;

    /// Returns when all that this thread wrote to the board has arrived there, also through a
    /// write-combined map: pushes writes out of the processor and reads a register back, the
    /// `scratch` of the board file, else its first one that can be read without effects.
    /// \throws error not_supported: no register can be read without effects; board_gone
    void flush() const;

    /// The board file, or nullptr where none matches.
    [[nodiscard]] const board_description_ptr& description() const noexcept;
    /// Why it is that board file, or why there is none; may be empty.
    [[nodiscard]] const std::string& file_reason() const noexcept;
    [[nodiscard]] board_identity identity() const;
    [[nodiscard]] std::string name() const;  ///< of the board file, else "1234:11e8"
    [[nodiscard]] std::string alias() const; ///< of the crate file; may be empty
    [[nodiscard]] std::string label() const; ///< "slot 4 vadc8", as errors name it
    [[nodiscard]] bool gone() const noexcept;
    [[nodiscard]] transport& way() const noexcept;

    /// Keep all other programs from writing, as long as the lease lives; they still read.
    /// \throws error busy, naming who has claimed it or mapped it for writing
    [[nodiscard]] lease claim() const;
    /// Reset the board, and reopen() it. A claim ends.
    /// \throws error busy, not_permitted, not_supported (there is no way to reset it)
    void reset() const;
    /// Take it out of the system before it is unplugged; crate::rescan() finds it again. Root only.
    void remove() const;
    /// After the board left and is back: this object and all handles made from it go on, with what
    /// is in the same place now, through calls; make them anew to have them mapped. Does nothing
    /// while the board is there. \throws error board_gone (not back yet), no_such_board (another
    /// kind of board)
    void reopen() const;
    [[nodiscard]] board_health health() const;

  private:
    [[nodiscard]] std::string firmware() const;
    template <class Act>
    auto named(const Act& act) const;
    [[nodiscard]] basic_reg find_reg(std::string_view path) const;
    template <class Act>
    auto with_part(std::string_view path, const Act& act) const;
    std::shared_ptr<detail::board_state> state_;
};

} // namespace v1
} // namespace upciedev
