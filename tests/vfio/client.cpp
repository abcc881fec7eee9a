// SPDX-License-Identifier: BSD-3-Clause
#include "client.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace vfio_test {

unique_fd memory_file(std::size_t size) {
    unique_fd file(::memfd_create("test", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
    return file;
}

std::string contents(const unique_fd& file, std::uint64_t offset, std::size_t size) {
    std::string text(size, '\0');
    const ssize_t got = ::pread(file.get(), text.data(), size, static_cast<off_t>(offset));
    return got == static_cast<ssize_t>(size) ? text : "short read";
}

void put(const unique_fd& file, std::uint64_t offset, std::string_view text) {
    const ssize_t done = ::pwrite(file.get(), text.data(), text.size(), static_cast<off_t>(offset));
    ASSERT_EQ(done, static_cast<ssize_t>(text.size()));
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

void test_board::read(unsigned /*bar*/, std::uint64_t offset, std::span<std::byte> to) {
    last_size = static_cast<unsigned>(to.size());
    std::copy_n(registers.begin() + static_cast<std::ptrdiff_t>(offset % registers.size()),
                to.size(), to.begin());
}

void test_board::write(unsigned /*bar*/, std::uint64_t offset, std::span<const std::byte> from) {
    std::copy(from.begin(), from.end(),
              registers.begin() + static_cast<std::ptrdiff_t>(offset % registers.size()));
    if (on_write) on_write();
}

bool client::send(std::span<const std::byte> bytes, const std::vector<int>& fds) {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 64)] = {};
    msghdr whole{nullptr, 0, &part, 1, nullptr, 0, 0};
    if (!fds.empty()) {
        whole.msg_control = control;
        whole.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr* rights = CMSG_FIRSTHDR(&whole);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
    }
    return ::sendmsg(socket_.get(), &whole, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool client::send(const protocol::header& head, std::span<const std::byte> payload,
                  const std::vector<int>& fds) {
    std::vector<std::byte> bytes;
    protocol::append(bytes, head);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return send(bytes, fds);
}

int client::exchange(std::uint16_t command, std::span<const std::byte> payload,
                     const std::vector<int>& fds) {
    const auto size = static_cast<std::uint32_t>(sizeof(protocol::header) + payload.size());
    const protocol::header head{++last_id_, command, size, 0, 0};
    EXPECT_TRUE(send(head, payload, fds));
    do { // a DMA request that the test does not care for may come before
        if (!receive(answer)) return -1;
    } while ((answer.head.flags & protocol::flag_type) != protocol::flag_reply);
    EXPECT_EQ(answer.head.id, last_id_);
    EXPECT_EQ(answer.head.command, command);
    EXPECT_EQ((answer.head.flags & protocol::flag_error) != 0, answer.head.error != 0);
    return static_cast<int>(answer.head.error);
}

int client::negotiate(std::string_view json) {
    const std::string text = json.empty() ? std::string() : std::string(json) + '\0';
    return ask(protocol::version, protocol::version_numbers{0, 0}, text);
}

int client::map(std::uint64_t address, std::uint64_t size, int fd, std::uint32_t flags,
                std::uint64_t offset) {
    const protocol::dma_map_request body{sizeof body, flags, offset, address, size};
    return ask(protocol::dma_map, body, {}, fd < 0 ? std::vector<int>() : std::vector{fd});
}

int client::unmap(std::uint64_t address, std::uint64_t size, std::uint32_t flags) {
    return ask(protocol::dma_unmap, protocol::dma_unmap_request{24, flags, address, size});
}

bool client::receive(received& into) {
    into = {};
    std::vector<std::byte> bytes(sizeof into.head);
    std::size_t have = 0;
    while (have < bytes.size()) {
        pollfd wait{socket_.get(), POLLIN, 0};
        if (::poll(&wait, 1, 5000) != 1) return false;
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 16)];
        iovec part{bytes.data() + have, bytes.size() - have};
        msghdr whole{nullptr, 0, &part, 1, control, sizeof control, 0};
        const ssize_t got = ::recvmsg(socket_.get(), &whole, MSG_CMSG_CLOEXEC);
        if (got <= 0) return false;
        for (cmsghdr* c = CMSG_FIRSTHDR(&whole); c; c = CMSG_NXTHDR(&whole, c)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c), sizeof fd); // the server sends one at most
            into.fds.emplace_back(fd);
        }
        have += static_cast<std::size_t>(got);
        if (have != sizeof into.head || bytes.size() != have) continue;
        std::memcpy(&into.head, bytes.data(), sizeof into.head);
        bytes.resize(into.head.size);
    }
    into.payload.assign(bytes.begin() + sizeof into.head, bytes.end());
    return true;
}

bool client::closed() {
    for (;;) {
        pollfd wait{socket_.get(), POLLIN, 0};
        if (::poll(&wait, 1, 5000) != 1) return false;
        std::array<char, 4096> rest{};
        const ssize_t got = ::recv(socket_.get(), rest.data(), rest.size(), 0);
        if (got <= 0) return true;
    }
}

std::pair<unique_fd, unique_fd> connected_pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    return {unique_fd(ends[0]), unique_fd(ends[1])};
}

client connect_to(const std::string& path) {
    unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client(std::move(fd));
}

device_facts usual_facts(int memory_fd) {
    device_facts facts;
    facts.vendor = 0x1a2b;
    facts.device = 0x0001;
    facts.subvendor = 0x1a2c;
    facts.subdevice = 0x0002;
    facts.revision = 3;
    facts.serial = 0x1122334455667788;
    facts.bars[0].size = 0x10000;
    facts.bars[2] = {1 << 20, true, true, memory_fd, {{0, 0x10000}, {0x20000, 0xe0000}}};
    facts.msi_vectors = 4;
    return facts;
}

namespace {

device_facts changed(int memory_fd, const std::function<void(device_facts&)>& change) {
    device_facts facts = usual_facts(memory_fd);
    if (change) change(facts);
    return facts;
}

} // namespace

stand::stand(const std::function<void(device_facts&)>& change, options settings)
    : serving(changed(memory.get(), change), board, std::move(settings)), host(unique_fd()) {
    auto [ours, theirs] = connected_pair();
    serving.start_connected(std::move(theirs));
    host = client(std::move(ours));
    EXPECT_EQ(host.negotiate(), 0);
}

} // namespace vfio_test
