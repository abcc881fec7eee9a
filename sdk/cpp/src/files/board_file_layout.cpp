// SPDX-License-Identifier: BSD-3-Clause
#include "base/suggest.hpp"
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::uint64_t widest_register = 8;       // bytes
constexpr std::uint64_t most_elements = 1U << 20U; // all arrays together; more belongs in an area

/// Bytes of one element of a register.
struct stretch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t number = 0; ///< of the register

    bool operator<(const stretch& other) const noexcept { return begin < other.begin; }
};

std::string place_text(const board_draft& draft, unsigned bar, std::uint64_t offset) {
    return fmt::format("{}+{:#x}", draft.bar(bar)->name, offset);
}

/// Offset of the last element behind the first, or nothing when it is beyond all BARs.
std::optional<std::uint64_t> last_element(const register_description& what) {
    std::uint64_t offset = what.offset;
    for (const auto& [count, stride] : what.repeats) {
        std::uint64_t span = 0;
        if (__builtin_mul_overflow(std::uint64_t{count} - 1, stride, &span) ||
            __builtin_add_overflow(offset, span, &offset))
            return std::nullopt;
    }
    return offset;
}

class layout_check {
  public:
    explicit layout_check(const board_draft& draft) : draft_(draft) {}

    void run() {
        for (std::size_t i = 0; i < registers().size(); ++i)
            if (fits(i) && is_aligned(i)) add(i);
        for (auto& [bar, elements] : elements_)
            std::sort(elements.begin(), elements.end());
        for (const auto& [bar, elements] : elements_) {
            find_overlaps(elements, access::wo);
            find_overlaps(elements, access::ro);
        }
        for (std::size_t i = 0; i < draft_.board.areas.size(); ++i)
            check_area(i);
    }

  private:
    [[nodiscard]] const std::vector<register_description>& registers() const {
        return draft_.board.registers;
    }
    void report(std::size_t number, std::string what, std::string remedy = {}) const {
        draft_.sink.report(draft_.register_marks[number], std::move(what), std::move(remedy));
    }

    [[nodiscard]] bool fits(std::size_t number) const {
        const auto& what = registers()[number];
        if (what.bar == unknown_bar) return false;
        const auto size = draft_.bar(what.bar)->size;
        const auto last = last_element(what);
        if (last && *last < size && size - *last >= what.width / 8) return true;
        report(number,
               fmt::format("{} at {} ends outside the BAR", what.path,
                           place_text(draft_, what.bar, what.offset)),
               fmt::format("the BAR has {:#x} bytes", size));
        return false;
    }

    [[nodiscard]] bool is_aligned(std::size_t number) const {
        const auto& what = registers()[number];
        const unsigned size = what.width / 8;
        const bool strides_fit = std::all_of(what.repeats.begin(), what.repeats.end(),
                                             [&](const auto& r) { return r.stride % size == 0; });
        if (what.offset % size == 0 && strides_fit) return true;
        report(number,
               fmt::format("{} at {} is misaligned", what.path,
                           place_text(draft_, what.bar, what.offset)),
               fmt::format("a {}-bit register stands at a multiple of {}, and so do its repeats",
                           what.width, size));
        return false;
    }

    void add(std::size_t number) {
        const auto& what = registers()[number];
        std::uint64_t count = 1;
        for (const auto& level : what.repeats) {
            if (__builtin_mul_overflow(count, std::uint64_t{level.count}, &count))
                count = most_elements;
            if (count + total_ > most_elements) return too_many(number);
        }
        total_ += count;
        add_level(number, 0, what.offset);
    }

    void too_many(std::size_t number) {
        if (!std::exchange(reported_too_many_, true))
            report(number, fmt::format("more than {} registers", most_elements),
                   "describe large memories as an area");
    }

    void add_level(std::size_t number, std::size_t level, std::uint64_t offset) {
        const auto& what = registers()[number];
        if (level == what.repeats.size()) {
            elements_[what.bar].push_back({offset, offset + what.width / 8, number});
            return;
        }
        for (std::uint64_t i = 0; i < what.repeats[level].count; ++i)
            add_level(number, level + 1, offset + i * what.repeats[level].stride);
    }

    /// Among the registers that are not `other_side`: what is only read and what is only written
    /// may share an address.
    void find_overlaps(const std::vector<stretch>& elements, access other_side) {
        const stretch* widest = nullptr;
        for (const auto& element : elements) {
            if (registers()[element.number].access == other_side) continue;
            if (widest != nullptr && element.begin < widest->end) report_overlap(*widest, element);
            if (widest == nullptr || element.end > widest->end) widest = &element;
        }
    }

    void report_overlap(const stretch& a, const stretch& b) {
        const auto [first, later] = std::minmax(a.number, b.number);
        if (!reported_.insert({first, later}).second) return;
        const auto& what = registers()[later];
        const auto place = place_text(draft_, what.bar, b.begin);
        if (first == later)
            report(later, fmt::format("the elements of {} overlap at {}", what.path, place),
                   fmt::format("a stride must be at least the {} bytes that it repeats",
                               what.width / 8));
        else
            report(later,
                   fmt::format("{} overlaps {} at {}", what.path, registers()[first].path, place),
                   "only a ro and a wo register may share an address");
    }

    void check_area(std::size_t number) const {
        const auto& area = draft_.board.areas[number];
        if (area.bar == unknown_bar) return;
        const auto mark = draft_.area_marks[number];
        const auto size = draft_.bar(area.bar)->size;
        const auto place = place_text(draft_, area.bar, area.offset);
        if (area.offset >= size || area.count > (size - area.offset) / area.element_size())
            draft_.sink.report(mark, fmt::format("{} at {} ends outside the BAR", area.path, place),
                               fmt::format("the BAR has {:#x} bytes", size));
        else if (area.offset % area.element_size() != 0)
            draft_.sink.report(mark, fmt::format("{} at {} is misaligned", area.path, place),
                               fmt::format("its elements have {} bytes", area.element_size()));
        else
            check_area_overlap(area, mark);
    }

    void check_area_overlap(const area_description& area, text_mark mark) const {
        const auto found = elements_.find(area.bar);
        if (found == elements_.end()) return;
        const auto& elements = found->second; // in ascending order
        const stretch widest_before{area.offset - std::min(area.offset, widest_register), 0, 0};
        auto element = std::lower_bound(elements.begin(), elements.end(), widest_before);
        while (element != elements.end() && element->end <= area.offset)
            ++element;
        if (element != elements.end() && element->begin < area.offset + area.size())
            draft_.sink.report(mark, fmt::format("area {} overlaps register {}", area.path,
                                                 registers()[element->number].path));
    }

    const board_draft& draft_;
    std::map<unsigned, std::vector<stretch>> elements_; ///< by BAR
    std::uint64_t total_ = 0;
    bool reported_too_many_ = false;
    std::set<std::pair<std::size_t, std::size_t>> reported_;
};

std::optional<std::uint64_t> place_offset(const yaml_node& node, std::size_t plus,
                                          diagnostics& sink) {
    yaml_node offset = node;
    offset.text = node.text.substr(plus + 1);
    offset.mark.column += static_cast<int>(plus) + 1;
    return read_unsigned(&offset, sink);
}

} // namespace

bar_place read_place(const yaml_node* node, const board_draft& draft) {
    const auto text = read_text(node, draft.sink);
    if (!text) return {};
    const auto plus = text->find('+');
    if (plus == std::string::npos) {
        draft.sink.report(node->mark, fmt::format("'{}' is not a place in a BAR", *text),
                          "write BAR+offset, as in regs+0x20");
        return {};
    }
    const auto name = text->substr(0, plus);
    const auto offset = place_offset(*node, plus, draft.sink);
    std::vector<std::string> names;
    for (const auto& bar : draft.board.bars) {
        if (bar.name == name) return {bar.index, offset.value_or(0)};
        names.push_back(bar.name);
    }
    const auto near = did_you_mean(name, names);
    draft.sink.report(node->mark, fmt::format("no BAR '{}'", name),
                      near.empty() ? fmt::format("'bars' has {}", any_of(names)) : near);
    return {};
}

void check_layout(const board_draft& draft) {
    if (draft.bars_are_sound) layout_check(draft).run();
}

} // namespace upciedev::inline v1::detail
