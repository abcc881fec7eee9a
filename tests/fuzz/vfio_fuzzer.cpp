// SPDX-License-Identifier: BSD-3-Clause
// Whatever a client says to the vfio-user server, framing and lengths included, it answers or ends
// the conversation, and the endpoint is as new for the next one.
#include "conversation.hpp"
#include "fuzzer.hpp"
#include "simulation/endpoint/session.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>

#include <algorithm>

namespace {

using namespace upciedev::vfio_user;
using namespace std::chrono_literals;

constexpr std::size_t memory_size = 0x10000;

class registers final : public device {
  public:
    void read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) override {
        check(bar, offset, to.size());
        std::ranges::fill(to, std::byte{0x5a});
    }
    void write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) override {
        check(bar, offset, from.size());
    }
    void reset() override {}

  private:
    static void check(unsigned bar, std::uint64_t offset, std::size_t size) {
        fuzz::require(bar == 0 && (size == 1 || size == 2 || size == 4 || size == 8),
                      "a register access is one");
        fuzz::require(offset % size == 0 && offset + size <= memory_size, "it is in the BAR");
    }
};

device_facts facts() {
    device_facts facts;
    facts.vendor = 0x1b36;
    facts.device = 0x00ac;
    facts.bars[0].size = memory_size;
    facts.msi_vectors = 4;
    facts.msix = msix_facts{8, 0, 0x8000, 0x9000};
    return facts;
}

unique_fd memory_file() {
    unique_fd file(::memfd_create("fuzz", MFD_CLOEXEC));
    fuzz::require(::ftruncate(file.get(), memory_size) == 0, "there is memory");
    return file;
}

/// Sends \p bytes, with \p file as often as said.
void send(int socket, std::span<const std::uint8_t> bytes, int file, std::size_t files) {
    iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}; // only read
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 4)> control{};
    msghdr message{nullptr, 0, &part, 1, nullptr, 0, 0};
    if (files != 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * files);
        auto* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * files);
        for (std::size_t i = 0; i < files; ++i)
            std::memcpy(CMSG_DATA(rights) + (i * sizeof file), &file, sizeof file);
    }
    ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// The input as messages, as long as they say; those that take files get some.
void say(int socket, std::span<const std::uint8_t> input) {
    static const auto memory = memory_file();
    static const unique_fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    while (!input.empty()) {
        protocol::header head{};
        std::memcpy(&head, input.data(), std::min(sizeof head, input.size()));
        const auto length =
            std::min<std::size_t>(std::max<std::size_t>(head.size, sizeof head), input.size());
        const auto one = input.first(length);
        if (head.command == protocol::dma_map)
            send(socket, one, memory.get(), (head.flags >> 8U) % 3);
        else if (head.command == protocol::set_irqs)
            send(socket, one, event.get(), (head.flags >> 8U) % 5);
        else
            send(socket, one, -1, 0);
        input = input.subspan(length);
    }
}

/// What it has mapped can be copied from, wherever it is.
void copy_from_all(endpoint& state) {
    std::array<std::byte, 8192> data{};
    for (const std::uint64_t address : {0x0ULL, 0x1000ULL, 0xf000ULL, ~0x1fffULL})
        static_cast<void>(state.reach.advance({address, data.data(), data.size(), false}));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static registers behaviour;
    static endpoint state(facts(), behaviour);
    static const unique_fd never(::eventfd(0, EFD_CLOEXEC));
    dma_requests requests(1ms);
    {
        fuzz::conversation talk(SOCK_STREAM);
        const std::jthread client([&] { // many small messages fill a socket
            say(talk.fd(), {data, size});
            talk.end();
        });
        channel link(std::move(talk.theirs), never.get(), 5ms);
        const session::log_function silent;
        session(state, link, requests, silent).run();
    }
    copy_from_all(state);
    state.disconnect();
    fuzz::require(state.reach.size() == 0 && !state.reach.master(), "nothing is left of a client");
    std::uint32_t ids = 0;
    const int failed =
        state.read({0, protocol::config_region, 4}, std::as_writable_bytes(std::span(&ids, 1)));
    fuzz::require(failed == 0 && ids == 0x00ac1b36, "the endpoint is still what it was");
    return 0;
}
