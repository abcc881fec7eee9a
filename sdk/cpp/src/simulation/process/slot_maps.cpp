// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_maps.hpp"
#include "simulation/model/model_memory.hpp"

namespace upciedev::inline v1::detail {

using namespace slot_wire;

void slot_maps::set(slot_link& link, unsigned bar) {
    link_ = &link;
    bar_ = bar;
    const auto answer = link.ask(call::areas, bar_request{.bar = bar});
    if (answer.error != 0) link.refuse(answer.error);
    auto body = answer.body();
    const auto count = body.take<std::uint64_t>();
    std::vector<area> areas;
    for (std::uint64_t i = 0; i < count && !body.bad(); ++i)
        areas.push_back(body.take<area>());
    if (!body.whole()) link.refuse(EPROTO);
    for (const bool writing : {false, true})
        for (const auto& each : areas)
            if (!writing || each.writing != 0) add(each, writing);
}

/// Neighbours become one map.
void slot_maps::add(const area& what, bool writing) {
    const auto end = what.offset + what.length;
    if (!stretches_.empty() && stretches_.back().writing == writing &&
        stretches_.back().end == what.offset)
        stretches_.back().end = end;
    else
        stretches_.push_back({what.offset, end, writing, {}});
}

volatile std::byte* slot_maps::map(std::uint64_t offset, std::uint64_t length,
                                   bool writing) noexcept {
    if (length == 0) return nullptr;
    for (auto& what : stretches_) {
        if (what.writing != writing || offset < what.begin || offset >= what.end) continue;
        if (length > what.end - offset) return nullptr;
        auto* memory = made(what);
        return memory == nullptr ? nullptr : memory + (offset - what.begin);
    }
    return nullptr;
}

std::byte* slot_maps::made(stretch& what) noexcept try {
    {
        const std::lock_guard hold(lock_);
        if (covered_ || what.map) return covered_ ? nullptr : what.map.data();
    }
    const auto answer = link_->ask(call::map, bar_request{bar_, what.writing ? 1U : 0U});
    if (answer.error != 0 || !answer.file) return nullptr; // claimed by another: asked again later
    const std::lock_guard hold(lock_);
    if (covered_ || what.map) return covered_ ? nullptr : what.map.data();
    const int rights = what.writing ? PROT_READ | PROT_WRITE : PROT_READ;
    what.map = mapping(answer.file.get(), what.begin, what.end - what.begin, rights);
    return what.map.data();
} catch (const std::exception&) { // out of memory; calls may still do
    return nullptr;
}

void slot_maps::cover() noexcept {
    const std::lock_guard hold(lock_);
    covered_ = true;
    for (const auto& what : stretches_)
        if (what.map) cover_with_ones(what.map.data(), what.map.size());
}

} // namespace upciedev::inline v1::detail
