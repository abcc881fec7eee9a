// SPDX-License-Identifier: BSD-3-Clause
#include "worker.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stress {

namespace of_worker {

constexpr std::uint64_t changed_calls = 7; // one in so many
constexpr std::array<std::size_t, nr_kinds> most_files{6, 4, 5, 1, 2};
constexpr std::array<std::uint64_t, 18> boundaries{
    0,          1,          2,           3,           7,          63,
    64,         4095,       4096,        0x7fffffff,  0x80000000, 0xffffffff,
    0xfffffffe, 1ULL << 32, 1ULL << 60U, 1ULL << 63U, UINT64_MAX, UINT64_MAX - 4095};

std::uint64_t boundary(dice& dice) {
    return boundaries[dice.below(boundaries.size())];
}

bool allows(int flags, int access) {
    const int mode = flags & O_ACCMODE;
    return access == worker::O_ANY || mode == O_RDWR || mode == access;
}

} // namespace of_worker

int worker::other_fd() {
    const auto& some = files_[dice.below(nr_kinds)];
    return some.empty() || dice.one_in(4) ? static_cast<int>(dice.below(12)) - 1
                                          : some[dice.below(some.size())].fd;
}

/// One word of 32 or 64 bits: a boundary, one more or less, another bit.
void worker::change_word(std::span<std::byte> argument) {
    const std::size_t size = argument.size() >= 8 && dice.one_in(2) ? 8 : 4;
    auto* at = &argument[dice.below(argument.size() / size) * size];
    std::uint64_t value = 0;
    std::memcpy(&value, at, size);
    switch (dice.below(4)) {
    case 0:
        value = of_worker::boundary(dice);
        break;
    case 1:
        ++value;
        break;
    case 2:
        --value;
        break;
    default:
        value ^= 1ULL << dice.below(8 * size);
    }
    std::memcpy(at, &value, size);
}

void worker::change_call(change& what, std::span<std::byte> argument) {
    const std::span placed{what.place, argument.size()};
    switch (dice.below(10)) {
    case 0: // one byte of it is not there, or all
        what.place = memory.tail(argument.size()) + 1 + dice.below(argument.size());
        break;
    case 1:
        what.place = memory.constant_tail(placed);
        break;
    case 2:
        what.place = arena::at(dice.one_in(2) ? 0 : of_worker::boundary(dice));
        break;
    case 3: // another size, or a command that is not there
        what.request =
            dice.one_in(2) ? what.request ^ (1UL << (16 + dice.below(14))) : what.request | 0x80;
        break;
    case 4:
        if (what.request != UPCIEDEV_BATCH) what.fd = other_fd();
        break;
    default:
        change_word(placed);
    }
}

int worker::control_bytes(command which, int fd, unsigned long request,
                          std::span<std::byte> argument) {
    change what{fd, request, memory.tail(argument.size())};
    auto* const usual = what.place;
    std::memcpy(usual, argument.data(), argument.size());
    if (dice.one_in(of_worker::changed_calls)) change_call(what, argument);
    log.begin(which, what.fd, what.request, reinterpret_cast<std::uintptr_t>(what.place));
    const int error = ::syscall(SYS_ioctl, what.fd, what.request, what.place) < 0 ? errno : 0;
    std::memcpy(argument.data(), usual, argument.size());
    return log.end(error);
}

int worker::control_number(command which, int fd, unsigned long request, std::uint64_t number) {
    if (dice.one_in(of_worker::changed_calls)) number = of_worker::boundary(dice);
    log.begin(which, fd, request, number);
    return log.end(::syscall(SYS_ioctl, fd, request, number) < 0 ? errno : 0);
}

int worker::open(unsigned board, int flags) {
    log.begin(command::open, -1, board, static_cast<unsigned>(flags));
    open_file file{::open(crate.boards[board].node.c_str(), flags | O_CLOEXEC),
                   kind::board,
                   board,
                   flags,
                   0,
                   {},
                   false};
    if (file.fd < 0) return log.end(errno);
    log.end(0);
    adopt(file);
    return 0;
}

/// Tries the files that are there first, from a place that the dice say.
open_file* worker::board_file(int access) {
    auto& some = files(kind::board);
    const auto first = dice.below(some.size());
    for (std::size_t i = 0; i < some.size() && !dice.one_in(12); ++i) {
        auto& file = some[(first + i) % some.size()];
        if (of_worker::allows(file.flags, access) && (!file.stale || dice.one_in(8))) return &file;
    }
    unsigned board = 0;
    do
        board = dice.below32(static_cast<std::uint32_t>(crate.boards.size()));
    while (access != O_ANY && access != O_RDONLY && !crate.boards[board].takes_writes());
    return board_file_of(board, access);
}

open_file* worker::board_file_of(unsigned board, int access) {
    for (auto& file : files(kind::board))
        if (file.board == board && of_worker::allows(file.flags, access) && !file.stale)
            return &file;
    const int modes[] = {O_RDWR, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY};
    int flags = access == O_ANY  ? modes[dice.below(std::size(modes))]
                : dice.one_in(8) ? access
                                 : O_RDWR;
    if (!crate.boards[board].takes_writes()) flags = O_RDONLY;
    if (!of_worker::allows(flags, access)) return nullptr;
    return open(board, flags) == 0 ? &files(kind::board).back() : nullptr;
}

open_file* worker::any(kind what) {
    auto& some = files(what);
    if (some.empty()) return nullptr;
    auto& file = some[dice.below(some.size())];
    return file.stale && !dice.one_in(8) ? &some.back() : &file;
}

/// A changed call may have opened a channel of another board, of which this says nothing.
const upciedev_dma_info& worker::channel_of(const open_file& file) const {
    static const upciedev_dma_info unknown{.size = sizeof(unknown),
                                           .channel = 0,
                                           .flags = 0,
                                           .nr_channels = 1,
                                           .alignment = 4096,
                                           .address_bits = 64,
                                           .max_length = 4096,
                                           .memory = 4096,
                                           .name = "",
                                           .reserved = {}};
    const auto& channels = board_of(file).channels;
    return file.channel < channels.size() ? channels[file.channel] : unknown;
}

open_file* worker::adopt(const open_file& file) {
    auto& some = files(file.what);
    some.push_back(file);
    if (some.size() > of_worker::most_files[static_cast<std::size_t>(file.what)])
        close(some.front());
    return &some.back();
}

int worker::close(open_file& file) {
    auto& some = files(file.what);
    log.begin(command::close, file.fd, static_cast<unsigned>(file.what), file.board);
    const int error = ::close(file.fd) != 0 ? errno : 0;
    some.erase(some.begin() + (&file - some.data()));
    return log.end(error);
}

int worker::seen(open_file& file, int error) {
    if (error != ENODEV) return error;
    if (dice.one_in(4))
        file.stale = true;
    else
        close(file);
    return error;
}

void worker::close_all() {
    for (auto& some : files_)
        while (!some.empty())
            close(some.back());
    if (epoll >= 0) ::close(epoll);
}

} // namespace stress
