// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/sequence.hpp"

#include "base/bits.hpp"
#include "output/blocks.hpp"

#include <fmt/core.h>

namespace cli {

using upciedev::errc;
using upciedev::error;

void sequence::add(const statement& what) {
    if (what.what != verb::read) last_owner_.clear();
    std::visit(
        [&](const auto& on) {
            switch (what.what) {
            case verb::read:
                return read(what.on.name, on);
            case verb::write:
                return write(what.on.name, on, what.text);
            case verb::wait:
                return wait(what.on.name, on, what.text);
            }
        },
        what.on.what);
}

std::vector<anything> sequence::run() {
    close_batch();
    std::vector<anything> results;
    for (const auto& act : actions_)
        act(results);
    return results;
}

void sequence::then(action what) {
    close_batch();
    actions_.push_back(std::move(what));
}

void sequence::close_batch() {
    last_owner_.clear();
    if (batch_.size() == 0) return;
    actions_.emplace_back(
        [batch = batch_, reads = std::move(pending_)](std::vector<anything>& out) mutable {
            batch.run();
            for (const auto& each : reads)
                out.emplace_back(each.shape(each.bits.raw()));
        });
    batch_ = board_.batch();
    pending_.clear();
}

void sequence::read(const std::string& name, const register_target& what) {
    last_owner_.clear();
    pending_.push_back({batch_.read(what.reg), [=, reg = what.reg](std::uint64_t bits) {
                            return read_as(reg.description(), name, bits);
                        }});
}

// Fields of one register named one after the other come from one read of it: they belong
// together, and reading may have effects.
void sequence::read(const std::string& name, const field_target& what) {
    if (last_owner_ != what.reg.path()) last_bits_ = batch_.read(what.reg);
    last_owner_ = what.reg.path();
    pending_.push_back({last_bits_, [=, field = what.field](std::uint64_t bits) {
                            return read_as(field.description(), name, bits);
                        }});
}

void sequence::read(const std::string& name, const area_target& what) {
    const auto count = elements_wanted(what);
    then([=](auto& out) { out.emplace_back(read_area(name, what, count)); });
}

void sequence::read(const std::string& name, const bar_target& what) {
    if (what.count) return then([=](auto& out) { out.emplace_back(read_words(name, what)); });
    then([=](auto& out) { out.emplace_back(read_word(name, what)); });
}

template <class Description>
std::uint64_t sequence::bits_of(const std::string& name, const Description& about,
                                const std::string& text) const {
    if (raw_) return parse_bits(name, text, about.width);
    return encode(about.convert, parse_value(name, text, about.convert, about.values));
}

void sequence::write(const std::string&, const register_target& to, const std::string& text) {
    const auto& about = to.reg.description();
    const auto where = to.reg.where();
    if (raw_)
        batch_.write_raw(to.reg, parse_bits(where, text, about.width));
    else
        batch_.write(to.reg, parse_value(where, text, about.convert, about.values));
}

void sequence::write(const std::string&, const field_target& to, const std::string& text) {
    const auto& about = to.field.description();
    const auto where = to.field.where();
    if (raw_)
        batch_.write(to.field, decode(about.convert, parse_bits(where, text, about.width)));
    else
        batch_.write(to.field, parse_value(where, text, about.convert, about.values));
}

void sequence::write(const std::string&, const area_target& to, const std::string& text) {
    const auto numbers = parse_elements(to.area.where(), to, text, raw_);
    then([=](auto&) { write_elements(to, numbers); });
}

void sequence::write(const std::string& name, const bar_target& to, const std::string& text) {
    std::vector<std::uint64_t> words;
    for (const auto item : split_list(text))
        words.push_back(parse_bits(name, item, to.width));
    then([=](auto&) { write_words(to, words); });
}

void sequence::wait(const std::string&, const register_target& on, const std::string& text) {
    const auto bits = bits_of(on.reg.where(), on.reg.description(), text);
    batch_.wait(on.reg, upciedev::detail::low_bits(on.reg.description().width), bits, timeout_);
}

void sequence::wait(const std::string&, const field_target& on, const std::string& text) {
    const auto& about = on.field.description();
    batch_.wait(on.reg, about.mask(), bits_of(on.field.where(), about, text) << about.lsb,
                timeout_);
}

void sequence::wait(const std::string& name, const area_target&, const std::string&) {
    throw error(errc::not_supported, name, "an area cannot be waited for", "wait for a register");
}

void sequence::wait(const std::string& name, const bar_target&, const std::string&) {
    throw error(errc::not_supported, name, "a BAR offset cannot be waited for",
                "wait for a register that the board file names");
}

} // namespace cli
