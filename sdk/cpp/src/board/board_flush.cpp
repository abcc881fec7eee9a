// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"
#include "description/reg_effects.hpp"

#include <upciedev/board.hpp>

#include <algorithm>

namespace upciedev {
inline namespace v1 {
namespace {

/// Empties the buffers in which the processor combines writes.
void push_writes_out() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_sfence();
#elif defined(__aarch64__)
    __asm__ volatile("dsb st" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/// Reading it changes nothing, and is an access of its own on the bus.
bool can_be_read_back(const detail::board_state& board, const register_description& what) {
    return what.access != access::wo && !what.guard && board.ordered(what.bar) &&
           !detail::rules_of(what).read_effects();
}

/// nullptr: there is none
const register_description* read_back_register(const detail::board_state& board) {
    const auto& file = board.description();
    if (!file) return nullptr;
    const auto usable = [&](const auto& what) { return can_be_read_back(board, what); };
    if (!file->scratch.empty())
        if (const auto* named = file->find_register(file->scratch).description; usable(*named))
            return named;
    const auto found = std::ranges::find_if(file->registers, usable);
    return found == file->registers.end() ? nullptr : &*found;
}

} // namespace

void board::flush() const {
    push_writes_out();
    const auto* what = read_back_register(*state_);
    if (what == nullptr)
        throw error(errc::not_supported, label(),
                    "cannot be flushed: no register is known whose reading has no effects",
                    "read one yourself, or name it in the board file: scratch: REGISTER");
    operation op;
    op.bar = static_cast<std::uint8_t>(what->bar);
    op.width = static_cast<std::uint8_t>(what->width);
    op.offset = what->offset;
    state_->run(op, [&] { return label() + ": flush by " + what->path; });
}

} // namespace v1
} // namespace upciedev
