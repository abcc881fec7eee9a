// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_link.hpp"
#include "base/signal_hold.hpp"
#include "base/transport_error.hpp"
#include "simulation/process/slot_socket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <poll.h>
#include <sys/socket.h>

extern "C" { // which its header in Debian 12 forgets
#include <sys/pidfd.h>
}

namespace upciedev::inline v1::detail {
namespace {

using steady = std::chrono::steady_clock;
constexpr int longest_ms = 3000; // for a packet to be taken, and for its answer

/// One process that does not answer. Error codes point to it for ever.
class stuck_category final : public std::error_category {
  public:
    explicit stuck_category(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const char* name() const noexcept override { return "upciedev slot"; }
    [[nodiscard]] std::string message(int) const override { return text_; }
    [[nodiscard]] std::error_condition default_error_condition(int number) const noexcept override {
        return {number, std::generic_category()};
    }

  private:
    std::string text_;
};

std::string stuck_text(unsigned slot, std::int32_t process) {
    return fmt::format("slot {} does not answer: its process {} is stopped or stuck", slot,
                       process);
}

const std::error_category& stuck(unsigned slot, std::int32_t process) {
    static auto& all = *new std::map<std::string, std::unique_ptr<stuck_category>>;
    static std::mutex lock;
    const std::lock_guard hold(lock);
    auto text = stuck_text(slot, process);
    auto& found = all[text];
    if (!found) found = std::make_unique<stuck_category>(std::move(text));
    return *found;
}

[[noreturn]] void refuse_connection(const std::filesystem::path& socket, unsigned slot,
                                    int number) {
    const auto where = fmt::format("slot {}", slot);
    if (number == ENOENT || number == ECONNREFUSED)
        throw error(errc::no_such_board, where, "nothing is plugged in",
                    "'upciedev sim ls' lists the crates that run; 'upciedev sim plug' brings a "
                    "board back",
                    from_errno(number));
    if (number == EAGAIN)
        throw error(errc::io_error, where, "its process takes no more connections",
                    "is it stopped? see 'upciedev sim ls'", from_errno(ETIME));
    throw error(errc::io_error, where, from_errno(number).message() + ": " + socket.string(), {},
                from_errno(number));
}

unique_fd connect_to(const std::filesystem::path& path, unsigned slot) {
    const auto address = socket_address(path);
    unique_fd made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!made) throw_access_error(from_errno(errno), path.string());
    set_socket_times(made.get(), longest_ms, longest_ms);
    if (connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        refuse_connection(path, slot, errno);
    return made;
}

} // namespace

void fair_mutex::lock() {
    std::unique_lock hold(lock_);
    const auto mine = next_++;
    turn_.wait(hold, [&] { return served_ == mine; });
}

void fair_mutex::unlock() {
    {
        const std::lock_guard hold(lock_);
        ++served_;
    }
    turn_.notify_all();
}

slot_link::slot_link(const std::filesystem::path& socket, unsigned slot)
    : slot_(slot), socket_(connect_to(socket, slot)), process_(process_behind(socket_.get())),
      owner_(getpid()) {
    auto answer = ask(slot_wire::call::hello);
    if (answer.error != 0) refuse(answer.error);
    answer.bytes.erase(answer.bytes.begin(), answer.bytes.begin() + sizeof(slot_wire::header));
    greeting_ = std::move(answer.bytes);
}

/// While signals are held they come here. \returns errno
int slot_link::wait_for_packet() const {
    const auto* const mask = signal_hold::waiting_mask();
    if (mask == nullptr) return 0; // receiving waits
    pollfd state{socket(), POLLIN, 0};
    constexpr timespec longest{.tv_sec = longest_ms / 1000, .tv_nsec = 0};
    const int ready = ppoll(&state, 1, &longest, mask);
    if (ready < 0) return errno;
    return ready == 0 ? ETIME : 0;
}

/// Answers to calls that were given up come late, and are passed over.
int slot_link::receive(slot_answer& into, std::uint32_t number, on_signal signals) const {
    const auto end = steady::now() + std::chrono::milliseconds(longest_ms);
    slot_wire::header head;
    do {
        int failed = wait_for_packet();
        if (failed == 0) failed = receive_packet(socket(), into.bytes, &into.file);
        if (failed != 0) into.bytes.clear();
        if (failed == EINTR && signals.came != nullptr) *signals.came = true;
        if (failed != 0 && (failed != EINTR || signals.give_up)) return failed;
        head = failed == 0 ? slot_wire::reader(into.bytes).take<slot_wire::header>()
                           : slot_wire::header{};
        if (head.magic != slot_wire::magic) return EPROTO;
        if (head.version != slot_wire::version) return ENOTTY;
        if (steady::now() > end) return ETIME;
    } while (head.number != number);
    return head.error;
}

bool slot_link::hung_up() const noexcept {
    pollfd state{socket(), 0, 0};
    return poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

slot_answer slot_link::exchange(slot_wire::call what, std::span<const std::byte> body,
                                on_signal signals) {
    slot_answer answer;
    if (getpid() != owner_) {
        answer.error = EOPNOTSUPP;
        return answer;
    }
    const std::lock_guard hold(turn_);
    slot_wire::writer packet(slot_wire::header{.what = what, .number = ++number_});
    packet.put_bytes(body);
    answer.error = send_packet(socket(), packet.bytes());
    if (answer.error == 0) answer.error = receive(answer, number_, signals);
    return answer;
}

std::error_code slot_link::code_of(int number) const {
    return number == ETIME ? std::error_code(ETIME, stuck(slot_, process_)) : from_errno(number);
}

void slot_link::refuse(int number) const {
    const auto where = fmt::format("slot {}", slot_);
    if (number == ENOTTY)
        throw error(errc::abi_mismatch, where,
                    fmt::format("process {} is of another version than this library", process_),
                    "take its crate down, and up again", from_errno(number));
    if (number == EUSERS)
        throw error(errc::busy, where, "too many programs use it", {}, from_errno(number));
    throw_access_error(code_of(number), where);
}

slot_process::slot_process(const std::filesystem::path& socket, unsigned slot) {
    try {
        const auto connection = connect_to(socket, slot);
        process_ = process_behind(connection.get());
        handle_ = unique_fd(pidfd_open(process_, 0));
        if (!handle_) process_ = 0; // ended meanwhile
    } catch (const error& nobody) {
        if (nobody.kind() != errc::no_such_board) throw;
    }
}

bool slot_process::signal(int number) const noexcept {
    return pidfd_send_signal(handle_.get(), number, nullptr, 0) == 0;
}

bool slot_process::wait(int milliseconds) const noexcept {
    pollfd state{handle_.get(), POLLIN, 0};
    return poll(&state, 1, milliseconds) == 1;
}

} // namespace upciedev::inline v1::detail
