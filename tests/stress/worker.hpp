// SPDX-License-Identifier: BSD-3-Clause
// One thread of the fuzzer: its dice, its open files and maps, and how it calls.
#pragma once

#include "arena.hpp"
#include "crate.hpp"
#include "dice.hpp"
#include "journal.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include <pthread.h>

namespace stress {

enum class kind : unsigned { board, events, channel, claim, lease, count };
constexpr std::size_t nr_kinds = static_cast<std::size_t>(kind::count);

/// A ring, as the kernel described it; none has no frames.
struct ring_facts {
    std::uint64_t frame_length = 0, head_length = 0, position = 0, step = 0, seen = 0;
    std::uint32_t frames = 0;
    bool of_peer = false;
};

/// A file of the driver, of any kind. Copied where it is passed to another thread.
struct open_file {
    int fd = -1;
    kind what = kind::board;
    unsigned board = 0;
    int flags = 0; ///< of open(), for a board
    std::uint32_t channel = 0;
    ring_facts ring;
    bool stale = false; ///< its board has gone
};

struct mapping {
    std::byte* begin;
    std::size_t bytes;
    bool writable, may_write;
};

/// What all threads share.
struct crate_state {
    std::vector<board> boards;
    std::vector<std::array<int, 2>> sockets; ///< of each thread: its own end, the others' end
};

/// No file to call on, which the thread could not open.
constexpr int no_call = -1;

class worker {
  public:
    worker(crate_state& crate, unsigned number, std::uint64_t seed)
        : crate{crate}, number{number}, dice{seed, number}, memory{number} {}

    /// ioctl() with this structure, now and then changed in some way. Returns 0 or the errno; the
    /// structure is then what the kernel left.
    template <class T>
    int control(command which, int fd, unsigned long request, T& argument) {
        return control_bytes(which, fd, request,
                             {reinterpret_cast<std::byte*>(&argument), sizeof(T)});
    }
    /// With a number instead.
    int control_number(command which, int fd, unsigned long request, std::uint64_t number);

    /// A file of a board that may be used so (O_RDONLY: any), opened if need be; nullptr if that
    /// fails.
    open_file* board_file(int access = O_ANY);
    open_file* board_file_of(unsigned board, int access = O_ANY);
    /// Any of the kind; nullptr: there is none.
    open_file* any(kind what);
    std::vector<open_file>& files(kind what) { return files_[static_cast<std::size_t>(what)]; }
    const board& board_of(const open_file& file) const { return crate.boards[file.board]; }
    const upciedev_dma_info& channel_of(const open_file& file) const;
    /// Owns it from now on; closes the oldest where there are too many.
    open_file* adopt(const open_file& file);
    int close(open_file& file);
    int open(unsigned board, int flags);
    /// Notes what a call on the file returned: those of a board that has gone are given up.
    int seen(open_file& file, int error);
    void close_all();

    static constexpr int O_ANY = -1;
    crate_state& crate;
    const unsigned number;
    stress::dice dice;
    arena memory;
    journal log;
    std::vector<mapping> maps;
    int epoll = -1;
    std::atomic<bool> ended{false};
    pthread_t thread{};

  private:
    struct change {
        int fd;
        unsigned long request;
        std::byte* place;
    };
    int control_bytes(command which, int fd, unsigned long request, std::span<std::byte> argument);
    void change_call(change& what, std::span<std::byte> argument);
    void change_word(std::span<std::byte> argument);
    int other_fd();

    std::array<std::vector<open_file>, nr_kinds> files_;
};

/// One call, or two where the first one makes what the other one needs. Returns as control().
using call = int (*)(worker&);
struct weighted {
    call make;
    unsigned weight;
};
std::span<const weighted> board_calls();
std::span<const weighted> file_calls();
std::span<const weighted> map_calls();
std::span<const weighted> dma_calls();
std::span<const weighted> peer_calls();
/// Of the first thread alone: boards leave their driver and come back.
std::span<const weighted> bus_calls();
/// Gives every board back to its driver.
int bind_all(crate_state& crate);

} // namespace stress
