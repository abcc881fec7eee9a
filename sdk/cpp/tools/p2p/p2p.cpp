// SPDX-License-Identifier: BSD-3-Clause
#include "p2p/p2p.hpp"
#include "base/number_text.hpp"
#include "commands/interrupts.hpp"
#include "output/naming.hpp"
#include "output/table.hpp"
#include "syntax/target.hpp"

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

using nlohmann::ordered_json;

std::chrono::nanoseconds time_of(const p2p_arguments& arguments) {
    return std::chrono::ceil<std::chrono::nanoseconds>(
        std::chrono::duration<double>(arguments.timeout_s));
}

struct known_board {
    upciedev::crate_entry entry;
    upciedev::board board;
    std::string channel;
};

/// Boards that can be opened; of the others `ls` tells.
std::vector<known_board> boards_of(const upciedev::crate& crate) {
    std::vector<known_board> found;
    for (const auto& entry : crate.list()) {
        if (entry.transport.empty()) continue;
        auto board = crate.board(key_of(entry));
        auto channel = writing_channel(board);
        found.push_back({entry, std::move(board), std::move(channel)});
    }
    return found;
}

/// What a pair is, and what was found out about it.
struct judged_pair {
    const known_board *from, *to;
    peer_pair what;
    upciedev::peer_route route;
    std::vector<rung> rungs;
};

std::vector<judged_pair> all_pairs(const std::vector<known_board>& boards) {
    std::vector<judged_pair> pairs;
    for (const auto& from : boards)
        for (const auto& to : boards) {
            if (&from == &to || from.channel.empty()) continue;
            for (const auto bar : peer_windows(to.board)) {
                const peer_pair what{from.board, to.board, from.channel, bar,
                                     to.board.bar(bar).facts().name};
                pairs.push_back(
                    {&from, &to, what, from.board.route_to(to.board, bar, from.channel), {}});
            }
        }
    return pairs;
}

std::string short_name(upciedev::peer_way way) {
    switch (way) {
    case upciedev::peer_way::direct:
        return "direct";
    case upciedev::peer_way::root_complex:
        return "root";
    case upciedev::peer_way::root_complex_iommu:
        return "iommu";
    case upciedev::peer_way::refused:
        break;
    }
    return "no";
}

/// Numbers for what is said of many pairs.
class footnotes {
  public:
    std::string mark(const std::string& text) {
        const auto found = std::ranges::find(texts_, text);
        const auto number = found - texts_.begin() + 1;
        if (found == texts_.end()) texts_.push_back(text);
        return fmt::format(" ({})", number);
    }
    void print() const {
        for (std::size_t i = 0; i < texts_.size(); ++i)
            fmt::print("({}) {}\n", i + 1, texts_[i]);
    }

  private:
    std::vector<std::string> texts_;
};

std::string cell_of(const judged_pair& pair, footnotes& notes) {
    auto text = short_name(pair.route.way);
    if (pair.route.reason != upciedev::peer_reason::none)
        text += notes.mark(pair.route.verdict() +
                           (pair.route.open() ? "" : "; " + pair.route.remedy()));
    const auto failed = std::ranges::find(pair.rungs, rung::outcome::failed, &rung::how);
    if (failed != pair.rungs.end() && pair.route.open())
        text += " FAILS" + notes.mark(failed->name + ": " + failed->detail);
    const bool arrived = std::ranges::any_of(pair.rungs, [](const rung& each) {
        return each.name == word_rung && each.how == rung::outcome::passed;
    });
    if (failed == pair.rungs.end() && pair.route.open() && !pair.rungs.empty())
        text += arrived ? " ok" : " ?" + notes.mark("not tried: no stretch for tests");
    return text;
}

/// A row a board that moves, a column a board that receives.
void print_matrix(const std::vector<known_board>& boards, const std::vector<judged_pair>& pairs) {
    const bool several = in_several_crates(boards, &known_board::entry);
    std::vector<const known_board*> targets;
    for (const auto& each : boards)
        if (!peer_windows(each.board).empty()) targets.push_back(&each);
    footnotes notes;
    table grid(std::vector<style>(targets.size() + 1, style::plain));
    std::vector<std::string> heading{"from \\ to"};
    for (const auto* each : targets)
        heading.push_back(slot_text(each->entry, several) + " " + each->board.name());
    grid.heading(heading);
    for (const auto& from : boards) {
        std::vector<std::string> row{slot_text(from.entry, several) + " " + from.board.name()};
        for (const auto* to : targets) {
            std::string text;
            for (const auto& pair : pairs)
                if (pair.from == &from && pair.to == to)
                    text += (text.empty() ? "" : " ") + cell_of(pair, notes);
            if (text.empty())
                text =
                    &from == to ? "." : "-" + notes.mark("no DMA engine that writes into others");
            row.push_back(text);
        }
        grid.row(row);
    }
    grid.print();
    fmt::print("\n");
    notes.print();
    std::string translated;
    for (const auto& pair : pairs)
        if (const auto name = slot_text(pair.from->entry, several);
            pair.route.translated && translated.find(" " + name + ",") == std::string::npos)
            translated += " " + name + ",";
    if (!translated.empty()) translated.pop_back();
    fmt::print("An IOMMU translates for {}\n",
               translated.empty() ? "no board" : "the boards in slots" + translated);
}

ordered_json rungs_json(const std::vector<rung>& rungs) {
    static constexpr std::array<const char*, 3> words{"ok", "failed", "skipped"};
    auto all = ordered_json::array();
    for (const auto& each : rungs)
        all.push_back({{"rung", each.name},
                       {"result", words.at(static_cast<std::size_t>(each.how))},
                       {"detail", each.detail}});
    return all;
}

ordered_json route_json(const upciedev::peer_route& route) {
    return {{"way", name_of(route.way)},
            {"reason", name_of(route.reason)},
            {"verdict", route.verdict()},
            {"bridge", route.bridge.empty() ? ordered_json() : ordered_json(route.bridge)},
            {"iommu", route.translated}};
}

ordered_json pair_json(const judged_pair& pair) {
    ordered_json line{{"from", entry_json(pair.from->entry)},
                      {"channel", pair.what.channel},
                      {"to", entry_json(pair.to->entry)},
                      {"bar", pair.what.bar},
                      {"bar_name", pair.what.bar_name}};
    line.update(route_json(pair.route));
    if (!pair.rungs.empty()) line["test"] = rungs_json(pair.rungs);
    return line;
}

void test(std::vector<judged_pair>& pairs, const p2p_arguments& arguments) {
    std::vector<upciedev::board> targets;
    for (const auto& each : pairs)
        if (std::ranges::none_of(targets, [&](const auto& known) {
                return known.label() == each.to->board.label();
            }))
            targets.push_back(each.to->board);
    ask_before_writing(targets, arguments.yes);
    const interrupts ctrl_c;
    for (auto& each : pairs)
        if (each.route.open()) each.rungs = climb(each.what, time_of(arguments), ctrl_c.token());
}

/// "window+0x1000"
struct named_stretch {
    std::string name;
    std::uint64_t offset = 0;
};

named_stretch parse_stretch(const std::string& text) {
    const auto plus = text.rfind('+');
    if (plus == std::string::npos) return {text, 0};
    try {
        return {text.substr(0, plus),
                upciedev::detail::parse_number(text.substr(plus + 1), upciedev::detail::size_form)};
    } catch (const upciedev::error& problem) {
        throw problem.at(text);
    }
}

/// A DMA channel, an area or a BAR, whichever has that name.
class found_memory {
  public:
    found_memory(upciedev::board board, const std::string& text)
        : board_(std::move(board)), what_(parse_stretch(text)) {
        const auto& file = board_.description();
        if (file &&
            std::ranges::count(file->dma, what_.name, &upciedev::dma_description::name) != 0)
            use(board_.dma(what_.name));
        else if (file && std::ranges::count(file->areas, what_.name,
                                            &upciedev::area_description::path) != 0)
            use(file->find_area(what_.name));
        else
            use(board_.bar(what_.name));
    }
    /// Bytes from there to the end; 0: nobody knows.
    [[nodiscard]] std::uint64_t left() const {
        return size_ > what_.offset ? size_ - what_.offset : 0;
    }
    [[nodiscard]] upciedev::region region(std::uint64_t length) const {
        if (channel_) return channel_->region(what_.offset, length);
        return bar_->region(begin_ + what_.offset, length);
    }

  private:
    void use(upciedev::dma channel) {
        size_ = channel.facts().memory;
        channel_ = std::move(channel);
    }
    void use(const upciedev::bar& whole) {
        bar_ = whole;
        size_ = whole.facts().size;
    }
    void use(const upciedev::area_description& area) {
        bar_ = board_.bar(area.bar);
        begin_ = area.offset;
        size_ = area.size();
    }

    upciedev::board board_;
    named_stretch what_;
    std::optional<upciedev::dma> channel_;
    std::optional<upciedev::bar> bar_;
    std::uint64_t begin_ = 0, size_ = 0;
};

std::uint64_t length_for(const p2p_arguments& arguments, const found_memory& source,
                         const found_memory& target) {
    if (arguments.length != 0) return arguments.length;
    const auto least = std::min(source.left(), target.left());
    if (least != 0) return least;
    throw upciedev::error(upciedev::errc::bad_value, arguments.source,
                          "nobody knows how much memory there is", "give a length: --length N");
}

std::optional<upciedev::doorbell> bell_of(const p2p_arguments& arguments,
                                          const upciedev::board& from, const upciedev::board& to) {
    if (arguments.bell_from.empty()) return std::nullopt;
    constexpr std::uint64_t word = 4; // bytes
    return upciedev::doorbell{found_memory(from, arguments.bell_from).region(word),
                              found_memory(to, arguments.bell_to).region(word)};
}

unsigned window_of(const upciedev::board& board, const std::string& name) {
    if (!name.empty()) return board.bar(name).index();
    const auto all = peer_windows(board);
    if (!all.empty()) return all.front();
    throw upciedev::error(upciedev::errc::not_supported, board.label(),
                          "it offers no BAR to other boards",
                          "a board file says 'peer: true' for memory without side effects");
}

} // namespace

bool run_p2p_matrix(const common& options, const p2p_arguments& arguments) {
    const auto crate = open_crate(options);
    const auto boards = boards_of(crate);
    auto pairs = all_pairs(boards);
    if (arguments.test) test(pairs, arguments);
    if (options.json) {
        auto lines = ordered_json::array();
        for (const auto& each : pairs)
            lines.push_back(pair_json(each));
        fmt::print("{}\n", ordered_json{{"pairs", lines}}.dump(2));
    } else {
        print_matrix(boards, pairs);
    }
    return std::ranges::all_of(pairs, [](const auto& each) { return none_failed(each.rungs); });
}

bool run_p2p_diagnose(const common& options, const p2p_arguments& arguments) {
    const auto crate = open_crate(options); // one for both: a simulated crate is private to it
    const auto from = open_board(crate, arguments.from), to = open_board(crate, arguments.to);
    peer_pair pair{from, to, arguments.channel, window_of(to, arguments.bar), {}};
    if (pair.channel.empty()) pair.channel = writing_channel(from);
    if (pair.channel.empty())
        throw upciedev::error(upciedev::errc::not_supported, from.label(),
                              "it has no DMA channel from the board",
                              "try the other direction, or describe its engine in the board file");
    ask_before_writing({to}, arguments.yes);
    const interrupts ctrl_c;
    const auto rungs = climb(pair, time_of(arguments), ctrl_c.token());
    if (options.json)
        fmt::print("{}\n", ordered_json{{"rungs", rungs_json(rungs)}}.dump(2));
    else
        print_rungs(rungs);
    return none_failed(rungs);
}

void run_p2p_copy(const common& options, const p2p_arguments& arguments) {
    const auto crate = open_crate(options); // one for both: a simulated crate is private to it
    const auto from = open_board(crate, arguments.from), to = open_board(crate, arguments.to);
    const found_memory source(from, arguments.source), target(to, arguments.target);
    const auto length = length_for(arguments, source, target);
    const interrupts ctrl_c;
    const auto how = upciedev::copy(
        source.region(length), target.region(length),
        {.fallback = arguments.bounce ? upciedev::fallback::bounce : upciedev::fallback::refuse,
         .doorbell = bell_of(arguments, from, to),
         .verify = arguments.verify,
         .timeout = time_of(arguments),
         .stop = ctrl_c.token()});
    const double seconds = std::chrono::duration<double>(how.time).count();
    if (options.json) {
        ordered_json line{{"bytes", how.bytes},
                          {"seconds", seconds},
                          {"arrival", name_of(how.arrival)},
                          {"bounced", how.bounced},
                          {"read_by_dma", how.read_by_dma},
                          {"written_by_dma", how.written_by_dma}};
        line["route"] = route_json(how.route);
        fmt::print("{}\n", line.dump());
    } else {
        fmt::print("{} bytes, {}, {} in {:.3g} s, {:.3g} MB/s\n", how.bytes, how.text(),
                   name_of(how.arrival), seconds, static_cast<double>(how.bytes) / seconds / 1e6);
    }
    tell_if_lost(options, to);
}

} // namespace cli
