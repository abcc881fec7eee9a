// SPDX-License-Identifier: BSD-3-Clause
// What any file may have done to it: copies, other threads and processes, poll, sysfs.
#include "worker.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stress {

namespace of_file {

open_file* any_file(worker& me) {
    for (int look = 0; look < 4; ++look)
        if (auto* file = me.any(static_cast<kind>(me.dice.below(nr_kinds)))) return file;
    return me.board_file();
}

int close_any(worker& me) {
    auto* file = any_file(me);
    return file == nullptr ? no_call : me.close(*file);
}

int duplicate(worker& me) {
    const auto* file = any_file(me);
    if (file == nullptr) return no_call;
    auto copy = *file;
    me.log.begin(command::dup, file->fd, static_cast<unsigned>(file->what), 0);
    copy.fd = ::fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (copy.fd < 0) return me.log.end(errno);
    me.log.end(0);
    me.adopt(copy);
    return 0;
}

union control_buffer {
    cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
};

msghdr message_for(iovec& text, open_file& file, control_buffer& control) {
    text = {&file, sizeof(file)};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof(control.bytes);
    return message;
}

/// All that other threads have sent.
void receive(worker& me) {
    open_file file;
    iovec text{};
    control_buffer control{};
    for (;;) {
        auto message = message_for(text, file, control);
        if (::recvmsg(me.crate.sockets[me.number][0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <
            0)
            return;
        const auto* head = CMSG_FIRSTHDR(&message);
        if (head == nullptr) continue;
        std::memcpy(&file.fd, CMSG_DATA(head), sizeof(file.fd));
        me.adopt(file);
    }
}

/// To another thread, which then has the same file.
int pass(worker& me) {
    receive(me);
    auto* file = any_file(me);
    if (file == nullptr) return no_call;
    open_file copy = *file;
    iovec text{};
    control_buffer control{};
    auto message = message_for(text, copy, control);
    auto* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &file->fd, sizeof(int));
    const auto to = me.dice.below(me.crate.sockets.size());
    me.log.begin(command::pass, file->fd, static_cast<unsigned>(file->what), to);
    return me.log.end(::sendmsg(me.crate.sockets[to][1], &message, MSG_DONTWAIT) < 0 ? errno : 0);
}

/// The child has all files and maps, uses some of them and ends. Only system calls: the other
/// threads may have held any lock when it was made.
[[noreturn]] void live_as_child(worker& me, const open_file& file) {
    for (const auto& map : me.maps)
        (void)*reinterpret_cast<volatile std::uint32_t*>(map.begin);
    upciedev_board_info info{};
    info.size = sizeof(info);
    ::ioctl(file.fd, UPCIEDEV_GET_INFO, &info);
    ::close(file.fd);
    ::_exit(0);
}

int fork_child(worker& me) {
    const auto* file = any_file(me);
    if (file == nullptr) return no_call;
    me.log.begin(command::fork, file->fd, 0, 0);
    const auto child = ::fork();
    if (child < 0) return me.log.end(errno);
    if (child == 0) live_as_child(me, *file);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return me.log.end(status == 0 ? 0 : EIO);
}

int poll_some(worker& me) {
    const auto* one = any_file(me);
    if (one == nullptr) return no_call;
    pollfd files[2]{{one->fd, POLLIN, 0}, {-1, POLLIN, 0}};
    if (const auto* other = me.any(static_cast<kind>(me.dice.below(nr_kinds))))
        files[1].fd = other->fd;
    me.log.begin(command::poll, files[0].fd, static_cast<std::uint64_t>(files[1].fd), 0);
    return me.log.end(::poll(files, 2, static_cast<int>(me.dice.below(2))) < 0 ? errno : 0);
}

int epoll_some(worker& me) {
    if (me.epoll < 0) me.epoll = ::epoll_create1(EPOLL_CLOEXEC);
    const auto* file = any_file(me);
    if (file == nullptr) return no_call;
    epoll_event event{EPOLLIN | (me.dice.one_in(2) ? EPOLLET : 0U), {}};
    me.log.begin(command::epoll, file->fd, event.events, 0);
    if (::epoll_ctl(me.epoll, EPOLL_CTL_ADD, file->fd, &event) != 0 && errno == EEXIST)
        ::epoll_ctl(me.epoll, EPOLL_CTL_DEL, file->fd, &event);
    epoll_event found[8];
    return me.log.end(::epoll_wait(me.epoll, found, 8, 0) < 0 ? errno : 0);
}

int read_attribute(worker& me) {
    static constexpr const char* names[] = {"interrupts", "spurious", "storms",     "lost",
                                            "slot",       "card",     "generation", "uevent"};
    const auto board = me.dice.below(me.crate.boards.size());
    const auto path = "/sys/class/upciedev/" + me.crate.boards[board].address + "/" +
                      names[me.dice.below(std::size(names))];
    me.log.begin(command::attribute, -1, board, 0);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return me.log.end(errno);
    const auto got = ::read(fd, me.memory.data().data(), 256);
    const int error = got < 0 ? errno : 0;
    ::close(fd);
    return me.log.end(error);
}

constexpr weighted calls[] = {{close_any, 30},     {duplicate, 12}, {pass, 40},
                              {fork_child, 2},     {poll_some, 40}, {epoll_some, 25},
                              {read_attribute, 10}};

} // namespace of_file

std::span<const weighted> file_calls() {
    return of_file::calls;
}

} // namespace stress
