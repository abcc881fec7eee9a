// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "commands/interrupts.hpp"
#include "output/naming.hpp"

#include <upciedev/board.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <unistd.h>

namespace cli {
namespace {

using clock = std::chrono::steady_clock;
using upciedev::irq_event;

/// Prints events, and at the end how many there were.
class listener {
  public:
    explicit listener(bool as_json) : json_(as_json) {}

    void show(const irq_event& event) {
        if (events_++ == 0) first_ = event.time;
        lost_ += event.lost;
        if (json_)
            show_json(event);
        else
            show_text(event);
        last_ = event.time;
        (void)std::fflush(stdout); // whoever reads a pipe waits for it
    }

    void show_sum() const {
        const double seconds = std::chrono::duration<double>(last_ - first_).count();
        const double rate = seconds > 0 ? static_cast<double>(events_ - 1) / seconds : 0;
        if (json_)
            fmt::print("{}\n", nlohmann::ordered_json{{"events", events_},
                                                      {"lost", lost_},
                                                      {"seconds", seconds},
                                                      {"rate", rate}}
                                   .dump());
        else
            fmt::print("{} interrupts, {} lost, {:.6g} a second\n", events_, lost_, rate);
    }

    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

  private:
    void show_text(const irq_event& event) const {
        const double after =
            events_ > 1 ? std::chrono::duration<double>(event.time - last_).count() : 0;
        fmt::print("{}  {:+.6f} s  vector {}  #{}  {}", utc_now(), after, event.vector,
                   event.sequence, event.causes.empty() ? "-" : join(event.causes));
        if (event.lost != 0) fmt::print("  {} lost before it", event.lost);
        fmt::print("{}\n", event.masked ? "  masked: a storm" : "");
    }
    static std::string join(const std::vector<std::string>& names) {
        return fmt::format("{}", fmt::join(names, " "));
    }
    static void show_json(const irq_event& event) {
        const auto ns = std::chrono::nanoseconds(event.time.time_since_epoch()).count();
        const nlohmann::ordered_json line{{"name", event.name},         {"causes", event.causes},
                                          {"status", event.status},     {"vector", event.vector},
                                          {"sequence", event.sequence}, {"lost", event.lost},
                                          {"masked", event.masked},     {"time_ns", ns}};
        fmt::print("{}\n", line.dump());
    }

    bool json_;
    std::uint64_t events_ = 0;
    std::uint64_t lost_ = 0;
    clock::time_point first_{}, last_{};
};

/// \returns nothing when a signal came
std::optional<irq_event> next(upciedev::irq& irq, const upciedev::board& board, double timeout_s,
                              const interrupts& ctrl_c) {
    constexpr std::chrono::milliseconds slice{100}; // a signal is seen after that
    const auto begin = clock::now();
    while (!ctrl_c.came()) {
        if (auto event = irq.wait(slice)) return event;
        if (timeout_s > 0 && clock::now() - begin >= std::chrono::duration<double>(timeout_s))
            throw upciedev::error(upciedev::errc::timeout, board.label(),
                                  fmt::format("no interrupt in {:g} seconds", timeout_s),
                                  "see that the board is armed and its cause comes up");
    }
    return std::nullopt;
}

void listen(upciedev::irq& irq, const upciedev::board& board, const irq_arguments& arguments,
            listener& out) {
    const interrupts ctrl_c;
    while (arguments.count == 0 || out.events() < arguments.count) {
        const auto event = next(irq, board, arguments.timeout_s, ctrl_c);
        if (!event || !ctrl_c.until_writable(STDOUT_FILENO)) return;
        out.show(*event);
    }
}

} // namespace

void run_irq(const common& options, const irq_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    auto irq = board.irqs(arguments.names);
    listener out(options.json);
    try {
        listen(irq, board, arguments, out);
    } catch (const upciedev::error&) {
        out.show_sum();
        throw;
    }
    out.show_sum();
}

} // namespace cli
