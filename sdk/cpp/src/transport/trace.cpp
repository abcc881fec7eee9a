// SPDX-License-Identifier: BSD-3-Clause
#include "transport/trace.hpp"

#include "transport/trace_names.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <new>
#include <optional>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

std::string time_text() {
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       now.time_since_epoch().count() % 1'000'000);
}

class traced_transport final : public transport {
  public:
    traced_transport(transport_ptr way, board_description_ptr description, std::string label,
                     std::shared_ptr<trace_file> file)
        : way_(std::move(way)), names_(std::move(description)), label_(std::move(label)),
          file_(std::move(file)) {}

    [[nodiscard]] std::string name() const override { return way_->name(); }
    [[nodiscard]] board_identity identity() const override { return way_->identity(); }
    [[nodiscard]] bar_facts bar(unsigned index) const override {
        auto facts = way_->bar(index);
        if (facts.size != 0) facts.mapping = "not, for the trace";
        return facts;
    }
    [[nodiscard]] bool writable() const noexcept override { return way_->writable(); }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return way_->gone(); }
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept override {
        return way_->gone_flag();
    }
    [[nodiscard]] capability_set capabilities() const noexcept override {
        return way_->capabilities().without(capability::mapping);
    }

    [[nodiscard]] lease claim() override { return way_->claim(); }
    void reset() override { way_->reset(); }
    void remove() override { way_->remove(); }
    [[nodiscard]] std::optional<claimant> claimed_by_other() const override {
        return way_->claimed_by_other();
    }
    [[nodiscard]] board_health health() const override { return way_->health(); }
    [[nodiscard]] std::unique_ptr<interrupt_source>
    interrupts(const interrupt_request& what) override {
        return way_->interrupts(what);
    }
    [[nodiscard]] std::unique_ptr<dma_source> dma(unsigned channel) override {
        return way_->dma(channel);
    }
    [[nodiscard]] peer_route route_to(transport& peer, unsigned bar,
                                      std::optional<unsigned> channel) override {
        return way_->route_to(peer, bar, channel);
    }
    [[nodiscard]] lease lease_window(unsigned bar, std::uint64_t offset,
                                     std::uint64_t length) override {
        return way_->lease_window(bar, offset, length);
    }
    [[nodiscard]] transport& itself() noexcept override { return way_->itself(); }

    outcome run(std::span<operation> operations) noexcept override {
        std::vector<operation> asked;
        try {
            asked.assign(operations.begin(), operations.end());
        } catch (const std::bad_alloc&) {
            return {0, std::make_error_code(std::errc::not_enough_memory)};
        }
        const auto came = way_->run(operations);
        try {
            record(asked, operations, came);
        } catch (const std::exception&) { // the access was made: only its line is lost
        }
        return came;
    }

  private:
    void record(const std::vector<operation>& asked, std::span<const operation> answers,
                const outcome& came) const {
        const auto head = fmt::format("{}\t{}[{}]\t{}\t", time_text(),
                                      program_invocation_short_name, getpid(), label_);
        std::string lines;
        for (std::size_t i = 0; i < came.done; ++i)
            lines += head + line(asked[i], answers[i].value) + "\n";
        if (came.error && came.done < asked.size())
            lines += head + line(asked[came.done], std::nullopt) +
                     "\tfailed: " + came.error.message() + "\n";
        file_->write(lines);
    }
    [[nodiscard]] std::string hex_of(const operation& op, std::uint64_t on_bus) const {
        return fmt::format("0x{:0{}x}", names_.bits(op, on_bus), op.width / 4);
    }
    /// \param answer the bits that came back; nothing where the access failed
    [[nodiscard]] std::string line(const operation& op, std::optional<std::uint64_t> answer) const;

    transport_ptr way_;
    trace_names names_;
    std::string label_;
    std::shared_ptr<trace_file> file_;
};

std::string traced_transport::line(const operation& op, std::optional<std::uint64_t> answer) const {
    using enum operation::code;
    const auto name = names_.name(op);
    const auto came = answer ? hex_of(op, *answer) : std::string("-");
    switch (op.op) {
    case read:
        return fmt::format("{}\tread\t{}", name, came);
    case write:
        return fmt::format("{}\twrite\t{}", name, hex_of(op, op.value));
    case modify:
        return fmt::format("{}\tmodify\t{}\tmask {} was {}", name, hex_of(op, op.value),
                           hex_of(op, op.mask), came);
    case poll:
        return fmt::format("{}\twait\t{}\tmask {} for {}", name, came, hex_of(op, op.mask),
                           hex_of(op, op.value));
    default:
        return fmt::format("{}\t{}\t{} x {} bit{}", name, op.op == read_block ? "read" : "write",
                           op.count, op.width,
                           (op.flags & operation::fixed) != 0 ? " from one address" : "");
    }
}

} // namespace

trace_file::trace_file(const std::filesystem::path& file)
    : file_(open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) {
    if (!file_)
        throw error(errc::io_error, file.string(), "the trace cannot be written",
                    std::strerror(errno));
}

void trace_file::write(const std::string& lines) const noexcept {
    [[maybe_unused]] const auto written = ::write(file_.get(), lines.data(), lines.size());
}

transport_ptr traced(transport_ptr way, board_description_ptr description, std::string label,
                     std::shared_ptr<trace_file> file) {
    return std::make_shared<traced_transport>(std::move(way), std::move(description),
                                              std::move(label), std::move(file));
}

} // namespace upciedev::inline v1::detail
