// SPDX-License-Identifier: BSD-3-Clause
// Accesses in the order of the command line.
#pragma once

#include "output/reading.hpp"
#include "syntax/assignment.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace cli {

/// Collects accesses, then carries them out: registers next to each other in one batch, areas and
/// BARs in calls of their own. Nothing is touched before every value was found good.
class sequence {
  public:
    /// \param raw values that are written or waited for are bits
    sequence(const upciedev::board& board, bool raw, std::chrono::microseconds timeout)
        : board_(board), batch_(board.batch()), raw_(raw), timeout_(timeout) {}

    void add(const statement& what);
    /// \returns what the reads gave, in their order
    std::vector<anything> run();

  private:
    using action = std::function<void(std::vector<anything>&)>;
    /// A read that waits for its batch, and what becomes of its bits.
    struct pending {
        upciedev::batch::result bits;
        std::function<reading(std::uint64_t)> shape;
    };

    void read(const std::string& name, const register_target& what);
    void read(const std::string& name, const field_target& what);
    void read(const std::string& name, const area_target& what);
    void read(const std::string& name, const bar_target& what);
    void write(const std::string& name, const register_target& to, const std::string& text);
    void write(const std::string& name, const field_target& to, const std::string& text);
    void write(const std::string& name, const area_target& to, const std::string& text);
    void write(const std::string& name, const bar_target& to, const std::string& text);
    void wait(const std::string& name, const register_target& on, const std::string& text);
    void wait(const std::string& name, const field_target& on, const std::string& text);
    static void wait(const std::string& name, const area_target& on, const std::string& text);
    static void wait(const std::string& name, const bar_target& on, const std::string& text);

    /// The value's bits as the register or field holds them.
    template <class Description>
    std::uint64_t bits_of(const std::string& name, const Description& about,
                          const std::string& text) const;
    void then(action what);
    void close_batch();

    upciedev::board board_;
    upciedev::batch batch_;
    bool raw_;
    std::chrono::microseconds timeout_;
    std::vector<pending> pending_;
    std::vector<action> actions_;
    std::string last_owner_; ///< register of the field that was read last
    upciedev::batch::result last_bits_;
};

} // namespace cli
