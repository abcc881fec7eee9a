// SPDX-License-Identifier: BSD-3-Clause
#include "crate_source.hpp"

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
                                          const std::string& alias) const {
    const auto& [file, reason] = chosen;
    upciedev::board plain(way, file, alias, reason);
    if (!trace_) return plain;
    return {detail::traced(std::move(way), file, plain.label(), trace_), file, alias, reason};
}

} // namespace v1
} // namespace upciedev
