// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_rules.hpp"
#include "base/bits.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

template <class Change>
bit_rules changed(bit_rules rules, const Change& change) {
    for (auto* mask : {&rules.readable, &rules.writable, &rules.clear_on_read, &rules.one_to_clear,
                       &rules.one_to_set, &rules.one_to_toggle, &rules.strobe})
        *mask = change(*mask);
    return rules;
}

void merge(bit_rules& all, const bit_rules& more) {
    all.readable |= more.readable;
    all.writable |= more.writable;
    all.clear_on_read |= more.clear_on_read;
    all.one_to_clear |= more.one_to_clear;
    all.one_to_set |= more.one_to_set;
    all.one_to_toggle |= more.one_to_toggle;
    all.strobe |= more.strobe;
    all.pop |= more.pop;
}

/// Bits of an access at \p offset that lie in [begin, end).
std::uint64_t overlap(std::uint64_t offset, unsigned bytes, const model_stretch& s) {
    const std::uint64_t begin = std::max(offset, s.begin);
    const std::uint64_t end = std::min(offset + bytes, s.end);
    if (begin >= end) return 0;
    return low_bits(static_cast<unsigned>(8 * (end - begin))) << (8 * (begin - offset));
}

/// Where a stretch begins or ends.
struct edge {
    std::uint64_t offset = 0;
    int readable = 0, writable = 0; ///< by how many more stretches (less, if below 0) from here on
};

std::vector<edge> edges_of(const std::vector<model_stretch>& stretches) {
    std::vector<edge> edges;
    for (const auto& s : stretches) {
        edges.push_back({s.begin, s.readable ? 1 : 0, s.writable ? 1 : 0});
        edges.push_back({s.end, s.readable ? -1 : 0, s.writable ? -1 : 0});
    }
    std::ranges::sort(edges, {}, &edge::offset);
    return edges;
}

/// The same memory in ascending stretches that do not overlap: where several lie on one another,
/// what one of them allows is allowed.
std::vector<model_stretch> without_overlaps(const std::vector<model_stretch>& stretches) {
    std::vector<model_stretch> apart;
    int readable = 0, writable = 0;
    std::uint64_t begin = 0;
    for (const auto& at : edges_of(stretches)) {
        const bool same = !apart.empty() && apart.back().end == begin &&
                          apart.back().readable == (readable > 0) &&
                          apart.back().writable == (writable > 0);
        if (begin < at.offset && same)
            apart.back().end = at.offset;
        else if (begin < at.offset && (readable > 0 || writable > 0))
            apart.push_back({begin, at.offset, readable > 0, writable > 0});
        begin = at.offset;
        readable += at.readable;
        writable += at.writable;
    }
    return apart;
}

/// A register that is only read and one that is only written have nothing in common but the
/// address.
std::uint64_t kept_bits(const model_cell& cell) {
    return cell.rules.pop ? 0 : cell.rules.readable & cell.rules.writable;
}

bool plain_for_writing(const model_cell& cell) {
    const std::uint64_t all = low_bits(8 * cell.bytes);
    return !cell.guard && !cell.rules.read_effects() && cell.rules.write_effects() == 0 &&
           (cell.rules.readable & cell.rules.writable) == all;
}

void add_pages(std::vector<std::uint64_t>& pages, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t number = begin / page; number * page < end; ++number)
        pages.push_back(number);
}

void sort_once(std::vector<std::uint64_t>& pages) {
    std::ranges::sort(pages);
    pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
}

} // namespace

void model_rules::add(const register_description& what, std::uint64_t offset, std::size_t& fifos) {
    model_cell cell;
    cell.offset = offset;
    cell.bytes = what.width / 8;
    cell.guard = what.guard;
    cell.rules = changed(rules_of(what),
                         [&](std::uint64_t mask) { return swap_if(what.order, what.width, mask); });
    if (cell.rules.pop) cell.fifo = fifos++;
    cells_.push_back(cell);
}

void model_rules::add(const area_description& what) {
    stretches_.push_back({what.offset, what.offset + what.size(), what.access != access::wo,
                          what.access != access::ro});
}

void model_rules::watch(std::uint64_t offset, unsigned bytes, bool reads) {
    add_pages(reads ? no_read_ : no_write_, offset, offset + bytes);
}

void model_rules::finish() {
    std::ranges::sort(cells_, {}, &model_cell::offset);
    stretches_ = without_overlaps(stretches_);
    for (const auto& cell : cells_) {
        const std::uint64_t end = cell.offset + cell.bytes;
        if (cell.rules.read_effects()) add_pages(no_read_, cell.offset, end);
        if (!plain_for_writing(cell)) add_pages(no_write_, cell.offset, end);
    }
    for (const auto& stretch : stretches_)
        if (!stretch.plain()) add_pages(no_write_, stretch.begin, stretch.end);
    sort_once(no_read_);
    sort_once(no_write_);
}

std::span<const model_cell> model_rules::cells(std::uint64_t offset, unsigned bytes) const {
    // A register that begins up to seven bytes before may still reach in.
    const auto ends_behind = [&](const model_cell& cell) { return cell.offset + 8 <= offset; };
    auto first = std::ranges::partition_point(cells_, ends_behind);
    while (first != cells_.end() && first->offset + first->bytes <= offset)
        ++first;
    auto last = first;
    while (last != cells_.end() && last->offset < offset + bytes)
        ++last;
    return {first, last};
}

std::vector<model_stretch>::const_iterator model_rules::stretch_behind(std::uint64_t offset) const {
    return std::ranges::partition_point(stretches_,
                                        [&](const model_stretch& s) { return s.end <= offset; });
}

std::size_t model_rules::fifo_of(const register_location& where) const {
    std::size_t fifo = model_cell::no_fifo;
    const unsigned bytes = where.description->width / 8;
    if (rules_of(*where.description).pop)
        for_each_cell(where.offset, bytes, [&](const model_cell& cell) {
            const bool same = cell.offset == where.offset && cell.bytes == bytes;
            if (same && cell.fifo != model_cell::no_fifo) fifo = cell.fifo;
        });
    return fifo;
}

access_rules model_rules::at(std::uint64_t offset, unsigned bytes) const {
    access_rules all;
    for_each_cell(offset, bytes, [&](const model_cell& cell) {
        const auto move = [&](std::uint64_t mask) { return moved(mask, cell.offset, offset); };
        merge(all, changed(cell.rules, move));
        all.kept |= move(kept_bits(cell));
    });
    auto stretch = stretch_behind(offset);
    for (; stretch != stretches_.end() && stretch->begin < offset + bytes; ++stretch) {
        const std::uint64_t mask = overlap(offset, bytes, *stretch);
        if (stretch->readable) all.readable |= mask;
        if (stretch->writable) all.writable |= mask;
        if (stretch->plain()) all.kept |= mask;
    }
    return all;
}

bool model_rules::plain_memory(std::uint64_t offset, std::uint64_t bytes) const {
    const auto stretch = stretch_behind(offset);
    return stretch != stretches_.end() && stretch->begin <= offset &&
           offset + bytes <= stretch->end && stretch->plain();
}

bool model_rules::mappable(std::uint64_t offset, std::uint64_t bytes, bool writing) const {
    const auto& pages = writing ? no_write_ : no_read_;
    if (pages.empty()) return true;
    const auto next = std::ranges::lower_bound(pages, offset / page);
    return next == pages.end() || *next * page >= offset + bytes;
}

} // namespace upciedev::inline v1::detail
