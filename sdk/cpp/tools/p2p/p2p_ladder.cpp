// SPDX-License-Identifier: BSD-3-Clause
// The ladder that engineers climb by hand, and the first rung that fails.
#include "base/joined.hpp"
#include "output/table.hpp"
#include "p2p/p2p.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <unistd.h>

namespace cli {
namespace {

using outcome = rung::outcome;

/// Contents of a stretch of a BAR, put back at the end.
class kept_stretch {
  public:
    kept_stretch(const upciedev::board& board, unsigned bar,
                 const upciedev::bar_description::stretch& where)
        : bar_(board.bar(bar)), where_(where), before_(where.size / 4) {
        bar_.read_block(where_.offset, before_);
    }
    ~kept_stretch() {
        try {
            bar_.write_block(where_.offset, before_);
        } catch (const std::exception&) { // it has gone, with all that was in it
            return;
        }
    }
    kept_stretch(const kept_stretch&) = delete;
    kept_stretch& operator=(const kept_stretch&) = delete;

    [[nodiscard]] upciedev::region part(std::uint64_t size) const {
        return bar_.region(where_.offset, size);
    }
    void fill(const std::vector<std::uint32_t>& words) const {
        bar_.write_block(where_.offset, words);
    }
    [[nodiscard]] std::vector<std::uint32_t> words(std::size_t count) const {
        std::vector<std::uint32_t> all(count);
        bar_.read_block(where_.offset, all);
        return all;
    }

  private:
    upciedev::bar bar_;
    upciedev::bar_description::stretch where_;
    std::vector<std::uint32_t> before_;
};

/// Words that are as they should be.
std::size_t arrived(const std::vector<std::uint32_t>& wanted,
                    const std::vector<std::uint32_t>& found) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        count += wanted[i] == found[i] ? 1 : 0;
    return count;
}

class climber {
  public:
    climber(const peer_pair& pair, std::chrono::nanoseconds timeout, std::stop_token stop)
        : pair_(pair), timeout_(timeout), stop_(std::move(stop)) {}
    std::vector<rung> climb();

  private:
    using step = rung (climber::*)(const std::string& name);
    static rung configuration(const std::string& name, const upciedev::board& board);
    rung source_configuration(const std::string& name) { return configuration(name, pair_.from); }
    rung target_configuration(const std::string& name) { return configuration(name, pair_.to); }
    rung ports(const std::string& name);
    rung way(const std::string& name);
    rung into_memory(const std::string& name);
    rung one_word(const std::string& name) { return block(name, unit()); }
    rung whole_block(const std::string& name) { return block(name, ~std::uint64_t{0}); }
    rung read_back(const std::string& name);
    /// \param size bytes, if the stretch has as many
    rung block(const std::string& name, std::uint64_t size);
    /// A word of the engine.
    [[nodiscard]] std::uint64_t unit() const {
        return std::max<std::uint64_t>(4, pair_.from.dma(pair_.channel).facts().alignment);
    }
    using stretch = std::optional<upciedev::bar_description::stretch>;
    /// What tests may write of a BAR; nothing: no board file says so.
    static stretch scratch(const upciedev::board& board, unsigned bar);

    const peer_pair& pair_;
    std::chrono::nanoseconds timeout_;
    std::stop_token stop_;
};

/// Nothing: simulated.
std::optional<std::filesystem::path> folder_of(const upciedev::board& board) {
    const auto address = board.identity().pci_address;
    if (address.empty()) return std::nullopt;
    return "/sys/bus/pci/devices/" + address;
}

rung climber::configuration(const std::string& name, const upciedev::board& board) {
    const auto folder = folder_of(board);
    if (!folder) return {name, outcome::skipped, "simulated"};
    return compare_config(name, *folder);
}

rung climber::ports(const std::string& name) {
    const auto from = folder_of(pair_.from), to = folder_of(pair_.to);
    if (!from || !to) return {name, outcome::skipped, "simulated"};
    return compare_ports(name, *from, *to);
}

rung climber::way(const std::string& name) {
    const auto route = pair_.from.route_to(pair_.to, pair_.bar, pair_.channel);
    if (route.open()) return {name, outcome::passed, route.verdict()};
    return {name, outcome::failed, route.verdict() + "; " + route.remedy()};
}

rung climber::into_memory(const std::string& name) {
    std::vector<std::byte> word(unit());
    pair_.from.dma(pair_.channel).read(0, word, timeout_, stop_);
    return {name, outcome::passed, {}};
}

climber::stretch climber::scratch(const upciedev::board& board, unsigned bar) {
    if (!board.description()) return std::nullopt;
    const auto& bars = board.description()->bars;
    const auto found = std::ranges::find(bars, bar, &upciedev::bar_description::index);
    return found == bars.end() ? std::nullopt : found->scratch;
}

/// The target is filled with what the source has not.
rung climber::block(const std::string& name, std::uint64_t size) {
    const auto channel = pair_.from.dma(pair_.channel);
    const auto where = scratch(pair_.to, pair_.bar);
    if (!where)
        return {name, outcome::skipped,
                "the board file of " + pair_.to.label() +
                    " names no stretch for tests: peer: {scratch: ..., size: ...}"};
    if (channel.facts().memory != 0) size = std::min(size, channel.facts().memory);
    size = std::min(size, where->size) / unit() * unit();
    if (size == 0) return {name, outcome::skipped, "the stretch is smaller than a word"};
    const kept_stretch target(pair_.to, pair_.bar, *where);
    std::vector<std::uint32_t> wanted(size / 4);
    channel.read(0, wanted, timeout_, stop_);
    auto other = wanted;
    std::ranges::transform(other, other.begin(), [](auto word) { return ~word; });
    target.fill(other);
    try {
        upciedev::copy(channel.region(0, size), target.part(size),
                       {.timeout = timeout_, .stop = stop_});
    } catch (const upciedev::error& reason) {
        if (reason.kind() == upciedev::errc::board_gone ||
            reason.kind() == upciedev::errc::interrupted)
            throw;
        return {name, outcome::failed, reason.what()};
    }
    std::vector<std::uint32_t> found;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    do // it was issued, not more
        found = target.words(wanted.size());
    while (found != wanted && std::chrono::steady_clock::now() < end);
    const auto [mine, its] = std::ranges::mismatch(wanted, found);
    if (mine == wanted.end()) return {name, outcome::passed, fmt::format("{} bytes arrived", size)};
    return {name, outcome::failed,
            fmt::format("{} of {} words arrived; word {} is {:#010x}, not {:#010x}{}",
                        arrived(wanted, found), wanted.size(), mine - wanted.begin(), *its, *mine,
                        *its == ~0U ? "; all ones: the board, or a port above it, takes no writes "
                                      "from peers"
                                    : "")};
}

/// The engine of the first board reads what the peer has.
rung climber::read_back(const std::string& name) {
    for (const auto& each : pair_.from.description()->dma) {
        if (!each.to_board) continue;
        const auto route = pair_.from.route_to(pair_.to, pair_.bar, each.name);
        if (!route.open()) return {name, outcome::skipped, route.verdict()};
        const auto where = scratch(pair_.to, pair_.bar);
        const auto mine = peer_windows(pair_.from);
        const auto own = mine.empty() ? std::nullopt : scratch(pair_.from, mine.front());
        if (!where || !own) break;
        const kept_stretch target(pair_.from, mine.front(), *own);
        const kept_stretch source(pair_.to, pair_.bar, *where);
        const std::vector<std::uint32_t> wanted(unit() / 4, 0x5aa5c33cU);
        source.fill(wanted);
        target.fill(std::vector<std::uint32_t>(wanted.size()));
        upciedev::copy(source.part(unit()), target.part(unit()),
                       {.timeout = timeout_, .stop = stop_});
        const auto found = target.words(wanted.size());
        if (found == wanted) return {name, outcome::passed, {}};
        return {name, outcome::failed,
                fmt::format("{:#010x} came, not {:#010x}", found.front(), wanted.front())};
    }
    return {name, outcome::skipped,
            pair_.from.label() + " has no channel to the board with a stretch for tests"};
}

std::vector<rung> climber::climb() {
    const std::array<std::pair<std::string, step>, 8> steps{
        {{"BARs of " + pair_.from.label(), &climber::source_configuration},
         {"BARs of " + pair_.to.label(), &climber::target_configuration},
         {"the ports above", &climber::ports},
         {"the way", &climber::way},
         {"one word into this computer's memory", &climber::into_memory},
         {word_rung, &climber::one_word},
         {"a block into the peer", &climber::whole_block},
         {"a word out of the peer", &climber::read_back}}};
    std::vector<rung> rungs;
    for (const auto& [name, act] : steps) {
        if (stop_.stop_requested())
            throw upciedev::error(upciedev::errc::interrupted, name, "was interrupted");
        try {
            rungs.push_back((this->*act)(name));
        } catch (const upciedev::error& reason) {
            if (reason.kind() == upciedev::errc::interrupted) throw;
            rungs.push_back({name, outcome::failed, reason.what()});
        }
        if (rungs.back().how == outcome::failed) break;
    }
    return rungs;
}

std::string label_of(outcome how) {
    switch (how) {
    case outcome::passed:
        return paint(style::green, "ok     ");
    case outcome::failed:
        return paint(style::red, "FAILED ");
    case outcome::skipped:
        break;
    }
    return paint(style::dim, "skipped");
}

} // namespace

std::string writing_channel(const upciedev::board& board) {
    if (!board.description()) return {};
    for (const auto& each : board.description()->dma) {
        if (each.to_board) continue;
        try {
            std::ignore = board.dma(each.name);
            return each.name;
        } catch (const upciedev::error& reason) {
            if (reason.kind() != upciedev::errc::not_supported) throw;
        }
    }
    return {};
}

std::vector<unsigned> peer_windows(const upciedev::board& board) {
    std::vector<unsigned> found;
    for (unsigned bar = 0; bar < 6; ++bar)
        if (board.way().bar(bar).peer) found.push_back(bar);
    return found;
}

std::vector<rung> climb(const peer_pair& pair, std::chrono::nanoseconds timeout,
                        const std::stop_token& stop) {
    return climber(pair, timeout, stop).climb();
}

void print_rungs(const std::vector<rung>& rungs) {
    for (const auto& each : rungs)
        fmt::print("{}  {}{}{}\n", label_of(each.how), each.name, each.detail.empty() ? "" : ": ",
                   each.detail);
}

bool none_failed(const std::vector<rung>& rungs) {
    return std::ranges::none_of(rungs,
                                [](const rung& each) { return each.how == outcome::failed; });
}

void ask_before_writing(const std::vector<upciedev::board>& boards, bool yes) {
    if (yes) return;
    const auto name = [](const upciedev::board& each) {
        return each.label() + (each.health().claimed ? " (claimed)" : "");
    };
    const auto names = upciedev::detail::joined(boards, name);
    if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        throw upciedev::error(upciedev::errc::bad_value, names,
                              "the test writes there, into the stretch that the board file leaves "
                              "to tests",
                              "add --yes if nobody needs the boards now");
    fmt::print(stderr, "Write into the test stretches of {}? [y/N] ", names);
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "Y" && answer != "yes")
        throw upciedev::error(upciedev::errc::interrupted, names, "nothing was written");
}

} // namespace cli
