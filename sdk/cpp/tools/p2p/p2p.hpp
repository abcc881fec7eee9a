// SPDX-License-Identifier: BSD-3-Clause
// `upciedev p2p`: which board reaches which, and whether it really does.
#pragma once

#include "commands/commands.hpp"

#include <upciedev/copy.hpp>

#include <filesystem>
#include <functional>
#include <stop_token>

namespace cli {

struct p2p_arguments {
    std::string from, to;           ///< boards
    std::string channel, bar;       ///< empty: the first one that fits
    std::string source, target;     ///< of copy: DMA channel, area or BAR, with +OFFSET
    std::uint64_t length = 0;       ///< bytes; 0: as much as both have
    std::string bell_from, bell_to; ///< likewise, with a word each
    double timeout_s = 10;
    bool test = false; ///< matrix: climb the ladder for each pair
    bool yes = false;  ///< do not ask
    bool bounce = false, verify = false;
};

/// \returns whether all that was tested works
bool run_p2p_matrix(const common& options, const p2p_arguments& arguments);
/// \returns whether no rung fails
bool run_p2p_diagnose(const common& options, const p2p_arguments& arguments);
void run_p2p_copy(const common& options, const p2p_arguments& arguments);

/// One step of what engineers try, from what costs nothing to what must work in the end.
struct rung {
    enum class outcome : std::uint8_t { passed, failed, skipped };
    std::string name;
    outcome how = outcome::passed;
    std::string detail; ///< what was seen; of a failure also the remedy
};

/// The first that writes into the peer.
inline constexpr const char* word_rung = "one word into the peer";

/// One board's engine and another one's window.
struct peer_pair {
    upciedev::board from, to;
    std::string channel; ///< of `from`, from the board; empty: it has none
    unsigned bar = 0;    ///< of `to`
    std::string bar_name;
};

/// The channel from the board by which it would write into others; empty: it has none that this way
/// can drive.
std::string writing_channel(const upciedev::board& board);
/// BARs that a board offers to others.
std::vector<unsigned> peer_windows(const upciedev::board& board);

/// Climbs until a rung fails. Contents of the scratch stretch are put back.
/// \throws upciedev::error interrupted: by \p stop
std::vector<rung> climb(const peer_pair& pair, std::chrono::nanoseconds timeout,
                        const std::stop_token& stop);

/// Whether the BARs of a PCI function hold the addresses that the kernel gave them.
/// \param folder in /sys/bus/pci/devices
rung compare_config(const std::string& name, const std::filesystem::path& folder);
/// Whether the ports above both let a request up (Bus Master) and down (Memory Space).
/// \param from,to in /sys/bus/pci/devices
rung compare_ports(const std::string& name, const std::filesystem::path& from,
                   const std::filesystem::path& to);

/// What was tried, one line each, and what to do about a failure.
void print_rungs(const std::vector<rung>& rungs);
[[nodiscard]] bool none_failed(const std::vector<rung>& rungs);

/// Asks on the terminal. \throws upciedev::error bad_value: there is nobody to ask; interrupted: no
void ask_before_writing(const std::vector<upciedev::board>& boards, bool yes);

} // namespace cli
