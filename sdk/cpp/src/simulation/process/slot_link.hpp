// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"
#include "simulation/process/slot_wire.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace upciedev::inline v1::detail {

/// Gives its turn to whoever waits longest.
class fair_mutex {
  public:
    void lock();
    void unlock();

  private:
    std::mutex lock_;
    std::condition_variable turn_;
    std::uint64_t next_ = 0, served_ = 0;
};

/// What a slot answered.
struct slot_answer {
    int error = 0;                ///< errno
    std::vector<std::byte> bytes; ///< with header, or nothing at all
    unique_fd file;
    [[nodiscard]] slot_wire::reader body() const {
        const std::span all(bytes);
        return slot_wire::reader(all.subspan(std::min(all.size(), sizeof(slot_wire::header))));
    }
};

/// A connection to the process of a simulated slot. Thread-safe, one call at a time.
class slot_link {
  public:
    /// \throws error no_such_board (nobody answers there), io_error (a process that does not)
    slot_link(const std::filesystem::path& socket, unsigned slot);

    /// \param body behind the header. Errors: of the call; ENODEV: the process has gone; ETIME: it
    /// does not answer.
    slot_answer ask(slot_wire::call what, std::span<const std::byte> body = {}) {
        return exchange(what, body, {});
    }
    /// Gives up with EINTR when a signal comes, as the driver's waits do. The slot may be busy with
    /// the call for a while after that.
    slot_answer ask_until_signal(slot_wire::call what, std::span<const std::byte> body) {
        return exchange(what, body, {.give_up = true});
    }
    /// Waits on when a signal comes, and tells of it.
    slot_answer ask_noting_signals(slot_wire::call what, std::span<const std::byte> body,
                                   bool& came) {
        return exchange(what, body, {.came = &came});
    }
    template <class Body>
    requires(!std::is_convertible_v<const Body&, std::span<const std::byte>>) slot_answer
        ask(slot_wire::call what, const Body& body) {
        return ask(what, std::as_bytes(std::span(&body, 1)));
    }
    /// \throws error for the errno of an answer
    [[noreturn]] void refuse(int number) const;
    /// An ETIME that says which process of which slot it is.
    [[nodiscard]] std::error_code code_of(int number) const;

    /// The process has gone. Cheap, and waits for nothing.
    [[nodiscard]] bool hung_up() const noexcept;
    [[nodiscard]] int socket() const noexcept { return socket_.get(); }
    [[nodiscard]] unsigned slot() const noexcept { return slot_; }
    [[nodiscard]] std::int32_t process() const noexcept { return process_; }
    [[nodiscard]] const std::vector<std::byte>& greeting() const noexcept { return greeting_; }

  private:
    /// What a signal does to a wait.
    struct on_signal {
        bool give_up = false;
        bool* came = nullptr;
    };
    slot_answer exchange(slot_wire::call what, std::span<const std::byte> body, on_signal signals);
    [[nodiscard]] int wait_for_packet() const;
    int receive(slot_answer& into, std::uint32_t number, on_signal signals) const;

    unsigned slot_;
    unique_fd socket_;
    std::int32_t process_ = 0; // serves it
    std::int32_t owner_;       // uses it: a child shares the socket, and may not
    fair_mutex turn_;
    std::uint32_t number_ = 0;
    std::vector<std::byte> greeting_; // answer to hello, behind the header
};

/// The process behind a socket, seen without asking it, so that one that is stuck is found too.
class slot_process {
  public:
    /// \throws error, but where nobody is: then it is not there()
    slot_process(const std::filesystem::path& socket, unsigned slot);
    [[nodiscard]] bool there() const noexcept { return process_ > 0; }
    [[nodiscard]] std::int32_t number() const noexcept { return process_; }
    bool signal(int number) const noexcept;
    /// \returns whether it has ended
    [[nodiscard]] bool wait(int milliseconds) const noexcept;

  private:
    std::int32_t process_ = 0;
    unique_fd handle_; // the process, whoever has its number later
};

} // namespace upciedev::inline v1::detail
