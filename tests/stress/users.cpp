// SPDX-License-Identifier: BSD-3-Clause
#include "users.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace stress {

namespace of_users {

constexpr std::uint32_t patient_ms = 600'000;
constexpr std::uint64_t page = 4096;
using namespace std::chrono_literals;
/// Between two calls of a user, so that dozens of them leave the machine to what takes the boards.
constexpr auto pause = 100ms;
/// The driver reads the register of a wait a thousand times a second: one board in so many has one.
constexpr std::size_t waits_each = 4;

/// Owns a descriptor.
class owned {
  public:
    explicit owned(int fd) : fd_{fd} {}
    ~owned() {
        if (fd_ >= 0) ::close(fd_);
    }
    owned(const owned&) = delete;
    owned& operator=(const owned&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

int control(int fd, unsigned long request, void* argument) {
    return ::ioctl(fd, request, argument) < 0 ? errno : 0;
}

/// Whether the call is to be made again: signals come at the end, claims pass.
bool passes(int error) {
    return error == 0 || error == EINTR || error == EBUSY || error == ETIMEDOUT;
}

int open_channel(int fd, std::uint32_t number, int& error) {
    upciedev_dma_open open{};
    open.channel = number;
    error = control(fd, UPCIEDEV_DMA_OPEN, &open);
    return error == 0 ? open.fd : -1;
}

std::uint32_t channel_from(const board& board) {
    std::uint32_t number = 0;
    for (const auto& channel : board.channels) {
        if ((channel.flags & UPCIEDEV_DMA_TO_BOARD) == 0) return number;
        ++number;
    }
    return UPCIEDEV_NO_CHANNEL;
}

int start(user& me, int channel) {
    upciedev_dma_start what{};
    what.timeout_ms = patient_ms;
    int error = EBUSY;
    for (; error == EBUSY && !me.ending(); std::this_thread::sleep_for(pause))
        error = control(channel, UPCIEDEV_DMA_START, &what);
    return error;
}

/// Frames go round until the board goes.
int stream(user& me, int fd) {
    int error = 0;
    const owned channel{open_channel(fd, channel_from(me.board()), error)};
    upciedev_dma_ring ring{};
    ring.frames = 4;
    ring.frame_length = 2048;
    if (error == 0) error = control(channel.get(), UPCIEDEV_DMA_RING, &ring);
    if (error == 0) error = start(me, channel.get());
    for (std::uint32_t frame = 0; passes(error) && !me.ending(); ++frame) {
        const std::uint32_t index = frame % ring.frames;
        upciedev_dma_exchange next{};
        next.indices = reinterpret_cast<std::uintptr_t>(&index);
        next.count = frame < ring.frames ? 0 : 1;
        next.seen = frame;
        next.timeout_ms = patient_ms;
        error = control(channel.get(), UPCIEDEV_DMA_EXCHANGE, &next);
        if (error == EINVAL) error = 0; // another order: the frame is not ours yet
        std::this_thread::sleep_for(pause);
    }
    return error;
}

int wait_for_interrupts(user& me, int fd) {
    upciedev_irq_open open{};
    open.vectors = 1;
    open.eventfd = -1;
    int error = control(fd, UPCIEDEV_IRQ_OPEN, &open);
    const owned events{error == 0 ? open.fd : -1};
    std::array<upciedev_irq_event, 16> some{};
    while (passes(error) && !me.ending())
        error = ::read(events.get(), some.data(), sizeof(some)) < 0 ? errno : 0;
    return error;
}

/// For a register that never has this value.
int wait_for_register(user& me, int fd) {
    int error = 0;
    while (passes(error) && !me.ending()) {
        upciedev_op op{};
        op.op = UPCIEDEV_OP_POLL;
        op.width = 32;
        op.count = UPCIEDEV_POLL_MAX_US;
        op.value = 0x0ddba11;
        op.mask = UINT32_MAX;
        upciedev_batch batch{};
        batch.count = 1;
        batch.ops = reinterpret_cast<std::uintptr_t>(&op);
        error = control(fd, UPCIEDEV_BATCH, &batch);
    }
    return error;
}

std::uint64_t mappable(const board& board) {
    for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar)
        for (const auto& area : board.bars[bar].areas)
            if ((area.rights & UPCIEDEV_AREA_MAP_READ) != 0 && area.offset % page == 0 &&
                area.length >= page)
                return UPCIEDEV_POS(bar, area.offset);
    return UPCIEDEV_POS_STATUS;
}

/// Loads from a map until the status page says that they are of no board.
int look_at_map(user& me, int fd) {
    void* const registers =
        ::mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(mappable(me.board())));
    if (registers == MAP_FAILED) return errno;
    void* const status =
        ::mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(UPCIEDEV_POS_STATUS));
    int error = status == MAP_FAILED ? errno : 0;
    while (error == 0 && !me.ending()) {
        [[maybe_unused]] const std::uint32_t value =
            *static_cast<volatile std::uint32_t*>(registers);
        if (static_cast<volatile upciedev_status*>(status)->gone != 0) error = ENODEV;
        std::this_thread::sleep_for(pause);
    }
    if (status != MAP_FAILED) ::munmap(status, page);
    ::munmap(registers, page);
    return error;
}

struct window {
    const board* peer;
    unsigned bar;
};

/// The peer, too, may go; it is opened again then.
int feed_peer(user& me, int fd, const window& where) {
    int error = 0;
    const owned channel{open_channel(fd, channel_from(me.board()), error)};
    while ((passes(error) || error == EHOSTDOWN) && !me.ending()) {
        const owned peer{::open(where.peer->node.c_str(), O_RDWR | O_CLOEXEC)};
        upciedev_dma_peer what{};
        what.length = 4096;
        what.peer = peer.get();
        what.bar = where.bar;
        what.timeout_ms = patient_ms;
        do {
            error = peer.get() < 0 ? EHOSTDOWN : control(channel.get(), UPCIEDEV_DMA_PEER, &what);
            std::this_thread::sleep_for(pause);
        } while (passes(error) && !me.ending());
    }
    return error;
}

bool offers(const board& board, unsigned bar) {
    return (board.bars[bar].info.flags & UPCIEDEV_BAR_PEER) != 0 && board.takes_writes();
}

std::vector<window> find_windows(const std::vector<board>& boards) {
    std::vector<window> found;
    for (const auto& board : boards)
        for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar)
            if (offers(board, bar)) found.push_back({&board, bar});
    return found;
}

} // namespace of_users

user::user(std::string name, const stress::board& board, usage use)
    : name_{std::move(name)}, board_{board}, use_{std::move(use)}, thread_{[this] { run(); }} {}

user::~user() {
    thread_.join();
}

void user::wake() {
    if (!ended_) ::pthread_kill(thread_.native_handle(), SIGUSR1);
}

std::string user::sleeps_at() const {
    const std::string of_thread = "/proc/self/task/" + std::to_string(thread_id_) + "/";
    const auto stack = read_file(of_thread + "stack");
    const auto stat = read_file(of_thread + "stat");
    const auto name_end = stat.rfind(") ");
    const bool sleeps = name_end != std::string::npos && stat[name_end + 2] != 'R';
    return sleeps && stack.find("[upciedev]") != std::string::npos ? stack : "";
}

/// Returns whether to go on.
bool user::use_once() {
    const of_users::owned fd{::open(board_.node.c_str(), O_RDWR | O_CLOEXEC)};
    upciedev_board_info info{};
    info.size = sizeof(info);
    if (fd.get() < 0 || of_users::control(fd.get(), UPCIEDEV_GET_INFO, &info) != 0) {
        std::this_thread::sleep_for(of_users::pause);
        return true;
    }
    generation_ = info.generation;
    const int error = use_(*this, fd.get());
    generation_ = 0;
    if (error == ENODEV) ++losses_;
    if (error == 0 || error == EINTR || error == ENODEV || error == EBUSY || ending_) return true;
    complaint_ = name_ + " ended with " + strerrorname_np(error);
    failed_ = true;
    return false;
}

void user::run() {
    thread_id_ = ::gettid();
    while (!ending_ && use_once()) {
    }
    ended_ = true;
}

std::vector<std::unique_ptr<user>> make_users(const std::vector<board>& boards) {
    using namespace of_users;
    std::vector<std::unique_ptr<user>> users;
    const auto windows = find_windows(boards);
    std::size_t next_window = 0, number = 0;
    for (const auto& board : boards) {
        const auto add = [&](const char* what, usage use) {
            users.push_back(
                std::make_unique<user>(board.address + " " + what, board, std::move(use)));
        };
        add("map", look_at_map);
        if (number++ % waits_each == 0) add("wait for a register", wait_for_register);
        if (board.irqs.nr_vectors > 0) add("wait for interrupts", wait_for_interrupts);
        if (channel_from(board) == UPCIEDEV_NO_CHANNEL || !board.takes_writes()) continue;
        add("stream", stream);
        if (windows.empty() || board.is_edu()) continue;
        const auto where = windows[next_window++ % windows.size()];
        if (where.peer != &board)
            add("peer", [where](user& me, int fd) { return feed_peer(me, fd, where); });
    }
    return users;
}

} // namespace stress
