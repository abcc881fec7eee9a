// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"
#include "description/reg_values.hpp"

#include <upciedev/batch.hpp>

#include <algorithm>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::chrono::microseconds longest_wait = std::chrono::seconds(10); // of the driver

struct entry {
    basic_reg reg;
    const field_description* part; // nullptr: the whole register

    [[nodiscard]] std::string where() const {
        return part == nullptr ? reg.where() : reg.where() + "." + part->name;
    }
};

} // namespace

struct batch::state {
    std::vector<entry> entries;
    std::vector<operation> wanted;
    std::vector<operation> answers; // of the last run
    std::size_t done = 0;
};

batch::batch(std::shared_ptr<detail::board_state> board)
    : board_(std::move(board)), state_(std::make_shared<state>()) {}

batch::result batch::add(const basic_reg& what, const operation& how,
                         const field_description* part) {
    if (what.board_ != board_)
        throw error(errc::not_supported, what.where(), "belongs to another board than this batch",
                    "make a batch of each board");
    state_->entries.push_back({what, part});
    state_->wanted.push_back(how);
    result answer;
    answer.state_ = state_;
    answer.index_ = state_->wanted.size() - 1;
    answer.field_ = part;
    return answer;
}

batch::result batch::read(const basic_reg& what) {
    return add(what, what.read_operation(), nullptr);
}

batch::result batch::read(const field& what) {
    return add(what.owner_, what.read_operation(), what.what_);
}

void batch::write(const basic_reg& what, const value& number) {
    write_raw(what, what.bits_of(number));
}

void batch::write_raw(const basic_reg& what, std::uint64_t bits) {
    add(what, what.write_operation(bits), nullptr);
}

void batch::write(const field& what, const value& number) {
    add(what.owner_, what.write_operation(what.bits_of(number)), what.what_);
}

void batch::write(const basic_reg& what, std::string_view name) {
    write_raw(what,
              detail::named_bits(what.description().values, name, [&] { return what.where(); }));
}

void batch::write(const field& what, std::string_view name) {
    const auto bits =
        detail::named_bits(what.description().values, name, [&] { return what.where(); });
    add(what.owner_, what.write_operation(bits), what.what_);
}

void batch::modify_raw(const basic_reg& what, std::uint64_t mask, std::uint64_t bits) {
    add(what, what.replace_operation(mask, bits & mask), nullptr);
}

void batch::wait(const basic_reg& what, std::uint64_t mask, std::uint64_t wanted,
                 std::chrono::microseconds timeout) {
    if (timeout.count() < 0 || timeout > longest_wait)
        throw error(errc::out_of_range, what.where(), "a batch waits 0 to 10 seconds",
                    "wait outside the batch, with wait_raw()");
    add(what, what.poll_operation(mask, wanted, timeout), nullptr);
}

std::size_t batch::size() const noexcept {
    return state_->wanted.size();
}

std::size_t batch::done() const noexcept {
    return state_->done;
}

void batch::run() {
    state_->answers = state_->wanted;
    state_->done = 0;
    if (state_->answers.empty()) return;
    const outcome came = board_->way().run(state_->answers);
    state_->done = came.done;
    if (came.error)
        board_->fail(came.error, state_->entries.at(came.done).where(),
                     &state_->answers[came.done]);
}

void batch::clear() {
    state_ = std::make_shared<state>();
}

std::uint64_t batch::result::raw() const {
    if (!state_) throw error(errc::not_supported, "batch", "this result belongs to no batch");
    const entry& asked = state_->entries[index_];
    if (index_ >= state_->done)
        throw error(errc::not_supported, asked.where(), "the batch did not come to it",
                    "call run() first, and see done()");
    const std::uint64_t bits = asked.reg.from_bus(state_->answers[index_].value);
    return field_ == nullptr ? bits : (bits & field_->mask()) >> field_->lsb;
}

value batch::result::get() const {
    const std::uint64_t bits = raw();
    const entry& asked = state_->entries[index_];
    return decode(field_ == nullptr ? asked.reg.description().convert : field_->convert, bits);
}

} // namespace v1
} // namespace upciedev
