// SPDX-License-Identifier: BSD-3-Clause
#include "commands/dma.hpp"
#include "commands/interrupts.hpp"
#include "output/table.hpp"

#include <upciedev/board.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <climits>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::uint64_t piece = std::uint64_t{4}
                                << 20; // bytes that are moved, and written out, at once

std::chrono::nanoseconds patience(const dma_arguments& arguments) {
    return std::chrono::ceil<std::chrono::nanoseconds>(
        std::chrono::duration<double>(arguments.timeout_s));
}

/// A bar on the terminal, and what there is to say in the end.
class progress {
  public:
    progress(std::uint64_t whole, bool as_json)
        : whole_(whole), json_(as_json), shown_(!as_json && isatty(STDERR_FILENO) == 1) {}
    ~progress() {
        if (shown_) fmt::print(stderr, "\r\033[K");
    }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void add(std::uint64_t bytes) {
        done_ += bytes;
        if (!shown_ || whole_ == 0) return;
        constexpr std::uint64_t width = 40;
        const auto filled = width * done_ / whole_;
        fmt::print(stderr, "\r[{:=<{}}{: <{}}] {}", "", filled, "", width - filled,
                   human_size(done_));
    }
    [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
    /// Where the data go to standard output, on standard error.
    void tell(const char* what, bool data_on_output, nlohmann::ordered_json more = {}) const {
        const double seconds = std::chrono::duration<double>(clock::now() - began_).count();
        const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
        auto* const out = data_on_output ? stderr : stdout;
        if (shown_) fmt::print(stderr, "\r\033[K");
        if (!json_) {
            std::string text = fmt::format("{} bytes {} in {:.3g} s, {:.3g} MB/s", done_, what,
                                           seconds, rate / 1e6);
            for (const auto& [key, value] : more.items())
                text += fmt::format(", {} {}", value.dump(), key);
            fmt::print(out, "{}\n", text);
            return;
        }
        nlohmann::ordered_json line{{"bytes", done_}, {"seconds", seconds}, {"rate", rate}};
        if (!more.is_null()) line.update(more);
        fmt::print(out, "{}\n", line.dump());
    }

  private:
    std::uint64_t whole_, done_ = 0;
    bool json_, shown_;
    clock::time_point began_ = clock::now();
};

void stop_if_interrupted(const interrupts& ctrl_c, const std::string& where) {
    if (ctrl_c.came())
        throw upciedev::error(upciedev::errc::interrupted, where, "was interrupted",
                              "what was moved so far is where it was to go");
}

/// Standard output, or a file.
class sink {
  public:
    explicit sink(const std::string& file) : name_(file) {
        if (file.empty() && isatty(STDOUT_FILENO) == 1)
            throw upciedev::error(upciedev::errc::bad_value, "standard output",
                                  "is a terminal, which bytes would spoil", "name a file: -o FILE");
        if (!file.empty()) out_ = std::fopen(file.c_str(), "wb");
        if (out_ == nullptr) fail();
        (void)std::fflush(out_); // what follows goes past its buffer
        at_once_ = most_at_once(fileno(out_));
    }
    ~sink() {
        if (!name_.empty() && out_ != nullptr) (void)std::fclose(out_);
    }
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    /// \throws error interrupted, also while whoever reads there takes nothing
    void put(std::span<const std::byte> bytes, const interrupts& ctrl_c) {
        while (!bytes.empty()) {
            const auto file = fileno(out_);
            if (!ctrl_c.until_writable(file)) stop_if_interrupted(ctrl_c, name());
            const auto written = write(file, bytes.data(), std::min(bytes.size(), at_once_));
            if (written < 0) fail();
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }
    [[nodiscard]] bool is_output() const noexcept { return name_.empty(); }

  private:
    [[noreturn]] void fail() const {
        throw upciedev::error(upciedev::errc::io_error, name(), std::strerror(errno),
                              "is there room, and may you write there?");
    }
    [[nodiscard]] std::string name() const { return name_.empty() ? "standard output" : name_; }
    /// What a pipe takes without waiting once it takes anything; files take all.
    static std::size_t most_at_once(int file) {
        struct stat facts {};
        return fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) ? piece : PIPE_BUF;
    }

    std::string name_;
    std::FILE* out_ = stdout;
    std::size_t at_once_ = PIPE_BUF;
};

std::vector<char> content(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw upciedev::error(upciedev::errc::io_error, file, std::strerror(errno),
                              "name a file with the bytes to write");
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Where no length is given, to the end of the memory.
std::uint64_t length_of(const upciedev::dma& channel, const dma_arguments& arguments) {
    if (arguments.length != 0) return arguments.length;
    const auto memory = channel.facts().memory;
    if (memory > arguments.offset) return memory - arguments.offset;
    throw upciedev::error(upciedev::errc::bad_value, channel.where(),
                          "nobody knows how much memory it reaches", "give a length: --length N");
}

void put_pattern(std::span<std::byte> memory, std::uint64_t offset) {
    for (std::size_t i = 0; i < memory.size(); ++i) {
        const std::uint64_t mixed = (offset + i + 1) * 0x9e3779b97f4a7c15U;
        memory[i] = static_cast<std::byte>(mixed >> 56U);
    }
}

/// \throws error io_error, naming the first byte that differs
void compare(std::span<const std::byte> wanted, std::span<const std::byte> found,
             std::uint64_t offset, const upciedev::dma& channel) {
    const auto [a, b] = std::ranges::mismatch(wanted, found);
    if (a == wanted.end()) return;
    const auto at = offset + static_cast<std::uint64_t>(a - wanted.begin());
    throw upciedev::error(upciedev::errc::io_error, channel.where(),
                          fmt::format("byte {:#x} is {:#04x}, not {:#04x}", at,
                                      std::to_integer<unsigned>(*b), std::to_integer<unsigned>(*a)),
                          "see that nothing else writes to the board's memory meanwhile");
}

/// The channel to the board that reaches the same memory, if there is one.
std::optional<upciedev::dma> opposite(const upciedev::board& board, const upciedev::dma& reader) {
    for (const auto& each : board.description()->dma)
        if (each.to_board && each.area == reader.description().area &&
            each.memory_at == reader.description().memory_at)
            return board.dma(each.name);
    return std::nullopt;
}

/// What the memory held before, written back in any case, by the signal or an error as well.
class kept_memory {
  public:
    kept_memory(const upciedev::dma& reader, const upciedev::dma& writer, std::uint64_t offset,
                std::vector<std::byte> before)
        : reader_(reader), writer_(writer), offset_(offset), before_(std::move(before)) {}
    /// An engine that hangs does not write it back either; that is not waited for long.
    ~kept_memory() {
        if (before_.empty()) return;
        try {
            writer_.write(offset_, before_, longest);
        } catch (const upciedev::error& reason) {
            fmt::print(
                stderr,
                "upciedev: warning: {}: bytes {:#x} to {:#x} may hold the test pattern: {}\n",
                reader_.where(), offset_, offset_ + before_.size() - 1, reason.reason());
        }
    }
    kept_memory(const kept_memory&) = delete;
    kept_memory& operator=(const kept_memory&) = delete;

    void put_back(std::chrono::nanoseconds timeout, const std::stop_token& stop) {
        writer_.write(offset_, before_, timeout, stop);
        before_.clear();
    }

  private:
    static constexpr std::chrono::milliseconds longest{500};
    const upciedev::dma &reader_, &writer_;
    std::uint64_t offset_;
    std::vector<std::byte> before_;
};

/// Writes a pattern, reads it back, and restores what was there.
void check_both_ways(const upciedev::dma& reader, const upciedev::dma& writer, std::uint64_t offset,
                     std::size_t bytes, const dma_arguments& arguments, const interrupts& ctrl_c) {
    const auto time = patience(arguments);
    const auto stop = ctrl_c.token();
    std::vector<std::byte> before(bytes), pattern(bytes), found(bytes);
    reader.read(offset, before, time, stop);
    put_pattern(pattern, offset);
    kept_memory memory(reader, writer, offset, std::move(before));
    writer.write(offset, pattern, time, stop);
    reader.read(offset, found, time, stop);
    memory.put_back(time, stop);
    compare(pattern, found, offset, reader);
}

/// The CPU sees the same memory. Whole words only.
void check_by_cpu(const upciedev::dma& reader, const upciedev::board& board, std::uint64_t offset,
                  std::size_t bytes, const dma_arguments& arguments, const interrupts& ctrl_c) {
    const auto& area = board.area(reader.description().area).description();
    std::vector<std::uint32_t> found(bytes / sizeof(std::uint32_t)), seen(found.size());
    reader.read(offset, found, patience(arguments), ctrl_c.token());
    board.bar(area.bar).read_block(area.offset + offset, seen);
    compare(std::as_bytes(std::span(seen)), std::as_bytes(std::span(found)), offset, reader);
}

} // namespace

void run_dma_read(const common& options, const dma_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto channel = board.dma(arguments.channel);
    const auto whole = length_of(channel, arguments);
    sink out(arguments.file);
    const interrupts ctrl_c;
    progress bar(whole, options.json);
    std::vector<std::byte> memory(std::min(whole, piece));
    while (bar.done() < whole) {
        stop_if_interrupted(ctrl_c, channel.where());
        const auto some = std::span(memory).first(std::min(whole - bar.done(), piece));
        channel.read(arguments.offset + bar.done(), some, patience(arguments), ctrl_c.token());
        out.put(some, ctrl_c);
        bar.add(some.size());
    }
    bar.tell("read", out.is_output());
}

void run_dma_write(const common& options, const dma_arguments& arguments) {
    const auto data = content(arguments.file);
    const auto board = open_board(options, arguments.board);
    const auto channel = board.dma(arguments.channel);
    const interrupts ctrl_c;
    progress bar(data.size(), options.json);
    while (bar.done() < data.size()) {
        stop_if_interrupted(ctrl_c, channel.where());
        const auto some = std::span(data).subspan(
            bar.done(), std::min<std::uint64_t>(data.size() - bar.done(), piece));
        channel.write(arguments.offset + bar.done(), some, patience(arguments), ctrl_c.token());
        bar.add(some.size());
    }
    bar.tell("written", false);
    tell_if_lost(options, board);
}

void run_dma_stream(const common& options, const dma_arguments& arguments) {
    using namespace std::chrono_literals;
    const auto board = open_board(options, arguments.board);
    const auto channel = board.dma(arguments.channel);
    sink out(arguments.file);
    const interrupts ctrl_c;
    auto stream = channel.stream(
        arguments.depth, arguments.length,
        {.offset = arguments.offset,
         .step = arguments.step,
         .count = arguments.count,
         .trigger = arguments.on,
         .timeout = std::chrono::ceil<std::chrono::milliseconds>(patience(arguments))});
    progress bar(arguments.count * arguments.length, options.json);
    std::uint64_t frames = 0;
    auto last = clock::now();
    while (!stream.ended() && !ctrl_c.came()) {
        const auto frame = stream.next(100ms); // a signal is seen after that
        if (frame) {
            out.put(frame->bytes(), ctrl_c);
            bar.add(frame->bytes().size());
            ++frames;
            last = clock::now();
        } else if (clock::now() - last > patience(arguments)) {
            throw upciedev::error(upciedev::errc::timeout, channel.where(),
                                  fmt::format("no frame in {:g} seconds", arguments.timeout_s),
                                  "see that the board is armed and its trigger comes");
        }
    }
    bar.tell("read", out.is_output(), {{"frames", frames}, {"lost", stream.lost()}});
}

void run_dma_check(const common& options, const dma_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto reader = board.dma(arguments.channel);
    if (reader.description().to_board)
        throw upciedev::error(
            upciedev::errc::bad_value, reader.where(),
            "moves data to the board, and cannot be read back",
            "name the channel that reads; the one that writes is found by itself");
    const auto writer = opposite(board, reader);
    const auto& area = reader.description().area;
    if (!writer && area.empty())
        throw upciedev::error(upciedev::errc::not_supported, reader.where(),
                              "there is neither a channel that writes nor an area to compare with",
                              "name its 'area' in the board file");
    const auto whole = length_of(reader, arguments);
    const interrupts ctrl_c;
    progress bar(whole, options.json);
    const std::uint64_t step = writer ? piece : 65536; // the CPU is slow
    while (bar.done() < whole) {
        stop_if_interrupted(ctrl_c, reader.where());
        const auto bytes = static_cast<std::size_t>(std::min(whole - bar.done(), step));
        const auto at = arguments.offset + bar.done();
        if (writer)
            check_both_ways(reader, *writer, at, bytes, arguments, ctrl_c);
        else
            check_by_cpu(reader, board, at, bytes, arguments, ctrl_c);
        bar.add(bytes);
    }
    bar.tell(writer ? "written, read back and restored" : "alike for DMA and CPU", false);
}

} // namespace cli
