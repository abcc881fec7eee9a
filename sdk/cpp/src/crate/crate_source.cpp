// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_source.hpp"

#include <cstdlib>

namespace upciedev {
inline namespace v1 {
namespace {

std::shared_ptr<detail::trace_file> open_trace(std::filesystem::path file) {
    if (file.empty())
        if (const char* named = std::getenv("UPCIEDEV_TRACE")) // NOLINT(concurrency-mt-unsafe)
            file = named;
    return file.empty() ? nullptr : std::make_shared<detail::trace_file>(file);
}

} // namespace

crate::source::source(std::string uri, const crate_options& options)
    : uri_(std::move(uri)), library_(options.devices), trace_(open_trace(options.trace)) {}

upciedev::board crate::source::make_board(transport_ptr way, const detail::chosen_file& chosen,
                                          const std::string& alias,
                                          const std::function<transport_ptr()>& again) const {
    const auto& [file, reason] = chosen;
    upciedev::board plain(way, file, alias, reason, again);
    if (!trace_) return plain;
    const auto watch = [described = file, label = plain.label(), to = trace_](transport_ptr one) {
        return detail::traced(std::move(one), described, label, to);
    };
    std::function<transport_ptr()> watched_again;
    if (again) watched_again = [watch, again] { return watch(again()); };
    return {watch(std::move(way)), file, alias, reason, std::move(watched_again)};
}

std::vector<present_board> crate::source::present() {
    std::vector<present_board> boards;
    for (auto& entry : list(false))
        if (!entry.transport.empty()) boards.push_back({std::move(entry), 0});
    return boards;
}

} // namespace v1
} // namespace upciedev
