// SPDX-License-Identifier: BSD-3-Clause
// Commands of a board's file: what it is, registers, claims, interrupts, reset.
#include "worker.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace stress {

namespace of_board {

int get_info(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    upciedev_board_info info{};
    info.size = sizeof(info);
    return me.seen(*file, me.control(command::get_info, file->fd, UPCIEDEV_GET_INFO, info));
}

int get_bar(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    upciedev_bar_info info{};
    info.size = sizeof(info);
    info.bar = me.dice.below32(UPCIEDEV_NR_BARS);
    return me.seen(*file, me.control(command::get_bar, file->fd, UPCIEDEV_GET_BAR, info));
}

int get_areas(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    upciedev_bar_areas areas{};
    areas.bar = me.dice.below32(UPCIEDEV_NR_BARS);
    areas.count = me.dice.below32(8);
    areas.areas = reinterpret_cast<std::uintptr_t>(me.memory.data().data());
    return me.seen(*file, me.control(command::get_areas, file->fd, UPCIEDEV_GET_BAR_AREAS, areas));
}

struct place {
    unsigned bar;
    std::uint64_t offset, room;
};

/// Where all of \p rights hold; a room of 0: nowhere.
place find_place(worker& me, const board& board, std::uint32_t rights, bool writes) {
    const auto first = me.dice.below32(UPCIEDEV_NR_BARS);
    for (unsigned i = 0; i < UPCIEDEV_NR_BARS; ++i) {
        const unsigned bar = (first + i) % UPCIEDEV_NR_BARS;
        const auto& areas = board.bars[bar].areas;
        if (areas.empty() || (writes && !board.takes_writes())) continue;
        const auto& area = areas[me.dice.below(areas.size())];
        if ((area.rights & rights) != rights) continue;
        const auto room =
            std::min<std::uint64_t>(area.length, me.dice.one_in(2) ? 0x400 : area.length);
        const auto skip = me.dice.below(room) & ~std::uint64_t{7};
        return {bar, area.offset + skip, area.length - skip};
    }
    return {0, 0, 0};
}

constexpr std::uint32_t rights_of[] = {UPCIEDEV_AREA_CALL_READ,
                                       UPCIEDEV_AREA_CALL_WRITE,
                                       UPCIEDEV_AREA_CALL_READ | UPCIEDEV_AREA_CALL_WRITE,
                                       UPCIEDEV_AREA_CALL_READ,
                                       UPCIEDEV_AREA_CALL_WRITE,
                                       UPCIEDEV_AREA_CALL_READ};

bool writes(unsigned op) {
    return (rights_of[op] & UPCIEDEV_AREA_CALL_WRITE) != 0;
}

std::uint64_t value_of(worker& me, unsigned width) {
    const auto value = me.dice.one_in(2) ? me.dice.below(4) : me.dice.next();
    return width == 64 ? value : value & ((1ULL << width) - 1);
}

upciedev_op make_op(worker& me, const board& board, bool may_write) {
    const auto kind = me.dice.below32(UPCIEDEV_OP_POLL + 1);
    const unsigned what = writes(kind) && !may_write ? unsigned{UPCIEDEV_OP_READ} : kind;
    const auto where = find_place(me, board, rights_of[what], writes(what));
    upciedev_op op{};
    op.op = static_cast<std::uint8_t>(where.room == 0 ? UPCIEDEV_OP_READ : what);
    op.bar = static_cast<std::uint8_t>(where.bar);
    op.width = me.dice.one_in(4) ? static_cast<std::uint8_t>(8U << me.dice.below(4)) : 32;
    op.offset = where.offset;
    op.count = 1;
    if (op.op == UPCIEDEV_OP_READ_BLOCK || op.op == UPCIEDEV_OP_WRITE_BLOCK) {
        op.flags = me.dice.one_in(4) ? UPCIEDEV_OP_FIXED : 0;
        op.count = static_cast<std::uint32_t>(
            1 + me.dice.below(std::min<std::uint64_t>(me.dice.one_in(8) ? 600 : 24,
                                                      where.room / (op.width / 8U))));
        op.value = reinterpret_cast<std::uintptr_t>(me.memory.data().data()) + me.dice.below(64);
    } else if (op.op != UPCIEDEV_OP_READ) {
        op.value = value_of(me, op.width);
    }
    if (op.op == UPCIEDEV_OP_MODIFY || op.op == UPCIEDEV_OP_POLL) op.mask = value_of(me, op.width);
    if (op.op == UPCIEDEV_OP_POLL) {
        op.count = static_cast<std::uint32_t>(me.dice.one_in(200) ? UPCIEDEV_POLL_MAX_US
                                                                  : me.dice.below(100));
        if (!me.dice.one_in(4)) op.value = op.mask = 0; // holds at once
    }
    return op;
}

/// It may become a write elsewhere, and does where the file may write.
void change_op(worker& me, upciedev_op& op) {
    switch (me.dice.below(6)) {
    case 0:
        op.offset += 1 + me.dice.below(7);
        break;
    case 1:
        op.width = static_cast<std::uint8_t>(me.dice.next());
        break;
    case 2:
        op.count = static_cast<std::uint32_t>(me.dice.next());
        break;
    case 3:
        op.mask = me.dice.next();
        break;
    case 4:
        op.op = static_cast<std::uint8_t>(me.dice.below(8));
        break;
    default:
        op.offset = ~std::uint64_t{0} - me.dice.below(4096);
    }
}

int batch(worker& me) {
    auto* file = me.board_file(me.dice.one_in(3) ? O_RDONLY : O_RDWR);
    if (file == nullptr) return no_call;
    const auto& board = me.board_of(*file);
    const auto count = 1 + me.dice.below(me.dice.one_in(16) ? 80 : 5);
    auto* ops =
        reinterpret_cast<upciedev_op*>(me.memory.tail(0) - 64 - count * sizeof(upciedev_op));
    for (std::size_t i = 0; i < count; ++i) {
        ops[i] = make_op(me, board, (file->flags & O_ACCMODE) == O_RDWR);
        if (me.dice.one_in(40)) change_op(me, ops[i]);
    }
    upciedev_batch what{};
    what.count = static_cast<std::uint32_t>(count);
    what.ops = reinterpret_cast<std::uintptr_t>(ops);
    return me.seen(*file, me.control(command::batch, file->fd, UPCIEDEV_BATCH, what));
}

constexpr std::uint64_t misshapen = 12; // one pread or pwrite in so many

std::uint64_t position(worker& me, const place& where) {
    return UPCIEDEV_POS(where.bar, where.offset) +
           (me.dice.one_in(misshapen) ? me.dice.below(8) : 0);
}

int read_registers(worker& me) {
    auto* file = me.board_file(O_RDONLY);
    if (file == nullptr) return no_call;
    const auto where = find_place(me, me.board_of(*file), UPCIEDEV_AREA_CALL_READ, false);
    const auto bytes = 4 * (1 + me.dice.below(std::min<std::uint64_t>(where.room / 4, 40)));
    const auto from = position(me, where);
    me.log.begin(command::read, file->fd, from, bytes);
    return me.seen(*file, me.log.end(::pread(file->fd, me.memory.tail(bytes), bytes,
                                             static_cast<off_t>(from)) < 0
                                         ? errno
                                         : 0));
}

int write_registers(worker& me) {
    auto* file = me.board_file(O_WRONLY);
    if (file == nullptr) return no_call;
    const auto where = find_place(me, me.board_of(*file), UPCIEDEV_AREA_CALL_WRITE, true);
    if (where.room == 0) return no_call;
    const auto bytes = 4 * (1 + me.dice.below(std::min<std::uint64_t>(where.room / 4, 40)));
    const auto to = position(me, where);
    me.log.begin(command::write, file->fd, to, bytes);
    return me.seen(*file, me.log.end(::pwrite(file->fd, me.memory.tail(bytes), bytes,
                                              static_cast<off_t>(to)) < 0
                                         ? errno
                                         : 0));
}

int seek(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    const auto to = UPCIEDEV_POS(me.dice.below(UPCIEDEV_NR_BARS), me.dice.below(4096));
    me.log.begin(command::seek, file->fd, to, 0);
    return me.log.end(::lseek(file->fd, static_cast<off_t>(to), SEEK_SET) < 0 ? errno : 0);
}

int read_status(worker& me) {
    auto* file = me.board_file(O_RDONLY);
    if (file == nullptr) return no_call;
    const auto bytes = me.dice.below(sizeof(upciedev_status) + 8);
    me.log.begin(command::status, file->fd, bytes, 0);
    return me.log.end(
        ::pread(file->fd, me.memory.tail(bytes), bytes, static_cast<off_t>(UPCIEDEV_POS_STATUS)) < 0
            ? errno
            : 0);
}

/// With the lease, if that is what it was after all: a changed call may take the claim, too.
int claim_by(worker& me, command which, open_file& file, upciedev_claim claim) {
    const auto board = file.board;
    const int error = me.control(which, file.fd, UPCIEDEV_CLAIM, claim);
    if (error == 0 && claim.op == UPCIEDEV_CLAIM_TAKE)
        me.adopt({claim.lease, kind::claim, board, 0, 0, {}, false});
    return me.seen(file, error);
}

int claim_query(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    upciedev_claim claim{};
    claim.op = UPCIEDEV_CLAIM_QUERY;
    return claim_by(me, command::claim_query, *file, claim);
}

int claim_take(worker& me) {
    if (auto* lease = me.any(kind::claim); lease != nullptr && !me.dice.one_in(16))
        me.close(*lease);
    auto* file = me.board_file(O_RDWR);
    return file == nullptr ? no_call : claim_by(me, command::claim_take, *file, {});
}

int claim_join(worker& me) {
    if (me.any(kind::claim) == nullptr) claim_take(me);
    const auto* lease = me.any(kind::claim);
    if (lease == nullptr) return no_call;
    upciedev_claim claim{};
    claim.op = UPCIEDEV_CLAIM_JOIN;
    claim.lease = lease->fd;
    auto* file = me.board_file_of(lease->board, O_RDWR);
    return file == nullptr ? no_call : claim_by(me, command::claim_join, *file, claim);
}

/// Soon, since others are kept from writing.
int claim_end(worker& me) {
    auto* lease = me.any(kind::claim);
    return lease == nullptr ? no_call : me.close(*lease);
}

int reset(worker& me) {
    auto* file = me.board_file(O_RDWR);
    return file == nullptr
               ? no_call
               : me.seen(*file, me.control_number(command::reset, file->fd, UPCIEDEV_RESET, 0));
}

int irq_info(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    upciedev_irq_info info{};
    return me.seen(*file, me.control(command::irq_info, file->fd, UPCIEDEV_IRQ_INFO, info));
}

int irq_open(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    const auto vectors = me.board_of(*file).irqs.nr_vectors;
    const auto board = file->board;
    upciedev_irq_open irq{};
    irq.vectors = vectors == 0 ? 1 : 1U << me.dice.below32(vectors);
    irq.flags = me.dice.one_in(16) ? 0 : UPCIEDEV_IRQ_NONBLOCK;
    irq.eventfd = -1;
    irq.fd = -1;
    const int error = me.control(command::irq_open, file->fd, UPCIEDEV_IRQ_OPEN, irq);
    me.seen(*file, error);
    if (error == 0)
        me.adopt({irq.fd, kind::events, board, static_cast<int>(irq.flags), 0, {}, false});
    return error;
}

/// edu's, which a write raises.
void raise(worker& me, unsigned board) {
    constexpr std::uint64_t raise_at = 0x60;
    auto* file = me.board_file_of(board, O_RDWR);
    if (file == nullptr) return;
    const std::uint32_t cause = 1;
    me.log.begin(command::write, file->fd, raise_at, sizeof(cause));
    me.seen(*file,
            me.log.end(::pwrite(file->fd, &cause, sizeof(cause), static_cast<off_t>(raise_at)) < 0
                           ? errno
                           : 0));
}

int irq_read(worker& me) {
    auto* events = me.any(kind::events);
    if (events == nullptr) return irq_open(me);
    if (me.board_of(*events).is_edu() && me.dice.one_in(2)) {
        const int fd = events->fd;
        raise(me, events->board);
        events = me.any(kind::events);
        if (events == nullptr || events->fd != fd) return no_call;
    }
    pollfd ready{events->fd, POLLIN, 0};
    if (::poll(&ready, 1, 0) != 1 && !me.dice.one_in(50)) return no_call;
    const auto bytes = sizeof(upciedev_irq_event) * (1 + me.dice.below(8));
    me.log.begin(command::irq_read, events->fd, bytes, 0);
    return me.seen(*events,
                   me.log.end(::read(events->fd, me.memory.tail(bytes), bytes) < 0 ? errno : 0));
}

int irq_unmask(worker& me) {
    auto* events = me.any(kind::events);
    if (events == nullptr) return irq_open(me);
    return me.seen(*events, me.control_number(
                                command::irq_unmask, events->fd, UPCIEDEV_IRQ_UNMASK,
                                me.dice.below(std::min(2U, me.board_of(*events).irqs.nr_vectors))));
}

constexpr weighted calls[] = {{get_info, 30},   {get_bar, 30},        {get_areas, 30},
                              {batch, 200},     {read_registers, 60}, {write_registers, 60},
                              {seek, 15},       {read_status, 15},    {claim_query, 20},
                              {claim_take, 20}, {claim_join, 20},     {claim_end, 120},
                              {reset, 2},       {irq_info, 20},       {irq_open, 20},
                              {irq_read, 60},   {irq_unmask, 20}};

} // namespace of_board

std::span<const weighted> board_calls() {
    return of_board::calls;
}

} // namespace stress
