// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"
#include "description/reg_effects.hpp"
#include "description/reg_values.hpp"

#include <upciedev/reg.hpp>

namespace upciedev {
inline namespace v1 {

field::field(basic_reg owner, const field_description& what)
    : owner_(std::move(owner)), what_(&what) {}

std::string field::path() const {
    return owner_.path() + "." + what_->name;
}

std::string field::where() const {
    return owner_.where() + "." + what_->name;
}

operation field::read_operation() const {
    if (what_->access == access::wo) throw error(errc::write_only, where(), "can only be written");
    return owner_.read_operation();
}

operation field::write_operation(std::uint64_t bits) const {
    if (what_->access == access::ro || owner_.description().access == access::ro)
        throw error(errc::read_only, where(), "can only be read");
    if (bits > detail::low_bits(what_->width))
        throw error(errc::out_of_range, where(),
                    fmt::format("{:#x} does not fit into {} bits", bits, what_->width));
    return owner_.replace_operation(what_->mask(), bits << what_->lsb);
}

std::uint64_t field::raw() const {
    if (what_->access == access::wo) throw error(errc::write_only, where(), "can only be written");
    return (owner_.raw() & what_->mask()) >> what_->lsb;
}

void field::write_raw(std::uint64_t bits) const {
    operation op = write_operation(bits);
    owner_.board_->run(op, [this] { return where(); });
}

std::uint64_t field::bits_of(const value& number) const {
    return detail::to_bits({what_->convert, what_->range, what_->unit, what_->values}, number,
                           [this] { return where(); });
}

value field::read() const {
    return decode(what_->convert, raw());
}

void field::write(const value& number) const {
    write_raw(bits_of(number));
}

void field::write(std::string_view name) const {
    write_raw(detail::named_bits(what_->values, name, [this] { return where(); }));
}

std::optional<std::string> field::read_name() const {
    return detail::name_of_bits(what_->values, raw());
}

} // namespace v1
} // namespace upciedev
