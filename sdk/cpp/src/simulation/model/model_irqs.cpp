// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_irqs.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

void add_once(std::vector<unsigned>& vectors, unsigned vector) {
    if (std::ranges::find(vectors, vector) == vectors.end()) vectors.push_back(vector);
}

} // namespace

bool model_irqs::cause::pending(const model_memories& board) const noexcept {
    return status && status->get(board) != 0;
}

bool model_irqs::cause::enabled(const model_memories& board) const noexcept {
    if (!enable) return true;
    const auto all = enable->mask() >> enable->shift();
    return enable->get(board) == all;
}

void model_irqs::build(const board_description& board) {
    for (const auto& irq : board.irqs)
        causes_.push_back({&irq, find_place(board, irq.status), find_place(board, irq.enable),
                           find_place(board, irq.acknowledge)});
}

std::vector<model_place> model_irqs::places() const {
    std::vector<model_place> all;
    for (const auto& cause : causes_)
        for (const auto& place : {cause.status, cause.enable, cause.acknowledge})
            if (place) all.push_back(*place);
    return all;
}

std::optional<unsigned> model_irqs::raise(model_memories& board, std::string_view name) {
    for (const auto& cause : causes_) {
        if (cause.what->name != name) continue;
        if (!cause.status)
            return cause.enabled(board) ? std::optional(cause.what->vector) : std::nullopt;
        cause.status->set(board, cause.status->mask() >> cause.status->shift());
        return {};
    }
    throw error(errc::no_such_register, std::string(name), "the board file has no such interrupt",
                "name it under 'irqs'");
}

std::vector<unsigned> model_irqs::changed(const model_memories& board) {
    std::vector<unsigned> now, risen;
    for (const auto& cause : causes_)
        if (cause.pending(board) && cause.enabled(board)) add_once(now, cause.what->vector);
    std::ranges::sort(now);
    std::ranges::set_difference(now, standing_, std::back_inserter(risen));
    standing_ = now;
    return risen;
}

std::vector<std::uint64_t> model_irqs::pending(const model_memories& board) const {
    std::vector<std::uint64_t> all;
    for (const auto& cause : causes_)
        all.push_back(cause.status ? cause.status->get(board) : 0);
    return all;
}

void model_irqs::restore(model_memories& board, const std::vector<std::uint64_t>& before) const {
    for (std::size_t i = 0; i < causes_.size(); ++i)
        if (const auto& status = causes_[i].status)
            status->set(board, status->get(board) | before[i]);
}

} // namespace upciedev::inline v1::detail
