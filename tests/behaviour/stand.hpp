// SPDX-License-Identifier: BSD-3-Clause
// The behaviour suite's test stand: one crate, whatever the transport, and a way to find boards and
// registers in it by what their board files say.
#pragma once

#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace behaviour {

struct settings {
    std::string uri;
    std::vector<std::string> devices;
    std::string names;     ///< crate file with aliases, for crates of this machine
    std::string unplug;    ///< command that takes the board with the PCI address $1 away
    std::string replug;    ///< command that brings it back
    std::string report;    ///< file that collects the rows of several runs
    unsigned at_least = 0; ///< fewer rows exercised is a failure
};

extern settings options;

/// A board of the crate, opened once for all rows.
struct stand_board {
    upciedev::crate_entry entry;
    upciedev::board board;
};

upciedev::crate open_crate();
const upciedev::crate& the_crate();
const std::vector<stand_board>& boards();
/// The next boards() opens them anew: one of them was away.
void renew_boards();
/// "sim", "sysfs", "chardev": what the boards of this crate are reached through.
std::string transport_name();
/// Of all boards together: what the rows can rely on.
upciedev::capability_set common_capabilities();
/// Why a row that needs it cannot run here; empty if it can.
std::string missing_capability(upciedev::capability which);

/// A register that a row can use, the first of its kind on its board.
struct found_register {
    upciedev::board board;
    std::string path;
    const upciedev::register_description* about = nullptr;

    [[nodiscard]] upciedev::reg<> reg() const { return board.reg(path); }
    [[nodiscard]] std::string name() const { return board.label() + ": " + path; }
    [[nodiscard]] upciedev::bar bar() const { return board.bar(about->bar); }
    /// What it reads after \p bits were written.
    [[nodiscard]] std::uint64_t answer(std::uint64_t bits) const;
};

struct found_area {
    upciedev::board board;
    const upciedev::area_description* about = nullptr;

    [[nodiscard]] upciedev::area area() const { return board.area(about->path); }
    [[nodiscard]] std::string name() const { return board.label() + ": " + about->path; }
};

using register_wish = std::function<bool(const upciedev::register_description&)>;
using area_wish = std::function<bool(const upciedev::area_description&)>;

/// At most one a board, so that a row visits every board that can serve it.
std::vector<found_register> find_registers(const register_wish& wanted);
std::vector<found_area> find_areas(const area_wish& wanted);

/// Numbers that do not recur soon.
template <class T>
std::vector<T> pattern(std::size_t count, unsigned seed) {
    std::vector<T> all(count);
    std::uint32_t state = seed * 2654435761U + 1;
    for (auto& each : all) {
        state = state * 1664525U + 1013904223U;
        each = static_cast<T>(state >> (32 - 8 * sizeof(T)));
    }
    return all;
}

/// A channel that can be opened here; one whose engine the way cannot drive is none.
struct found_channel {
    upciedev::board board;
    upciedev::dma channel;
    [[nodiscard]] std::string name() const { return channel.where(); }
    [[nodiscard]] std::uint64_t size() const { return channel.facts().memory; }
};

std::vector<found_channel> find_channels();

/// All bits can be read and written, nothing happens, and the board file gives it no meaning that
/// a test pattern could upset: no fields, no names, no limits.
bool is_scratch(const upciedev::register_description& what);
/// The same, or a register that is known to answer with the inverse.
bool is_answering(const upciedev::register_description& what);
/// No effects when reading, whatever else.
bool reads_freely(const upciedev::register_description& what);
/// Reads and writes have no effects, it is not guarded and enables no interrupt.
bool is_plain(const upciedev::register_description& what);

std::uint64_t low_bits(unsigned width);
/// Test patterns that fit in \p width bits: zeros, ones, alternating and counting.
std::vector<std::uint64_t> patterns(unsigned width);

/// Numbers within the register's range that its bits can hold exactly.
std::vector<upciedev::value> exact_values(const upciedev::register_description& what);

/// Restores a register when the row ends.
class restore {
  public:
    explicit restore(const upciedev::basic_reg& what) : what_(what), bits_(what.raw()) {}
    ~restore();
    restore(const restore&) = delete;
    restore& operator=(const restore&) = delete;

  private:
    upciedev::basic_reg what_;
    std::uint64_t bits_;
};

/// Base of all rows; notes which boards a row has visited.
class row : public ::testing::Test {
  protected:
    void TearDown() override;
    void visit(const upciedev::board& board) { visited_.insert(board.name()); }

  private:
    std::set<std::string> visited_;
};

/// \p act must throw upciedev::error of that kind, whose text contains every one of \p mentions.
void expect_error(upciedev::errc kind, const std::function<void()>& act,
                  std::initializer_list<std::string_view> mentions = {});

} // namespace behaviour

/// The row needs something that not every crate has; without it the row is skipped, saying why.
#define NEED(name, expression, why)                                                                \
    const auto name = expression;                                                                  \
    if (name.empty()) GTEST_SKIP() << (why)

/// The row needs something that not every way to a board can do; see upciedev::capability.
#define NEED_CAPABILITY(which)                                                                     \
    if (const auto missing = missing_capability(which); !missing.empty()) GTEST_SKIP() << missing

/// Every thing found, named in failures and counted as visited.
#define FOR_EACH(thing, found)                                                                     \
    for (const auto& thing : found)                                                                \
        if (const ::testing::ScopedTrace trace(__FILE__, __LINE__, thing.name());                  \
            (visit(thing.board), true))
