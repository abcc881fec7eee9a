// SPDX-License-Identifier: BSD-3-Clause
// A vfio-user client for tests, and a board for it to talk to.
#pragma once

#include "simulation/endpoint/protocol.hpp"

#include "simulation/endpoint/server.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <utility>

namespace vfio_test {

using namespace upciedev::vfio_user;

/// A file in memory.
unique_fd memory_file(std::size_t size);
std::string contents(const unique_fd& file, std::uint64_t offset, std::size_t size);
void put(const unique_fd& file, std::uint64_t offset, std::string_view text);
std::size_t open_descriptors();

/// Registers that remember; what a test wants more it puts into `on_write`.
class test_board : public device {
  public:
    void read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) override;
    void write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) override;
    void reset() override { resets++; }

    std::function<void()> on_write;
    std::array<std::byte, 0x10000> registers{};
    std::atomic<int> resets = 0;
    std::atomic<unsigned> last_size = 0;
};

struct received {
    protocol::header head{};
    std::vector<std::byte> payload;
    std::vector<unique_fd> fds;

    template <class T>
    [[nodiscard]] T as() const {
        return protocol::take<T>(payload).value();
    }
};

class client {
  public:
    explicit client(unique_fd socket) : socket_(std::move(socket)) {}

    /// Sends a request of one structure and more bytes; the answer's errno, 0 for success.
    template <class T>
    int ask(std::uint16_t command, const T& body, std::string_view more = {},
            const std::vector<int>& fds = {}) {
        std::vector<std::byte> payload;
        protocol::append(payload, body);
        const auto rest = std::as_bytes(std::span(more));
        payload.insert(payload.end(), rest.begin(), rest.end());
        return exchange(command, payload, fds);
    }
    int exchange(std::uint16_t command, std::span<const std::byte> payload,
                 const std::vector<int>& fds = {});
    int negotiate(std::string_view json = "");
    int map(std::uint64_t address, std::uint64_t size, int fd = -1, std::uint32_t flags = 3,
            std::uint64_t offset = 0);
    int unmap(std::uint64_t address, std::uint64_t size, std::uint32_t flags = 0);
    template <class T>
    T read(std::uint32_t region, std::uint64_t offset) {
        last_error = ask(protocol::region_read, protocol::region_access{offset, region, sizeof(T)});
        T value{};
        if (last_error == 0)
            std::memcpy(&value, answer.payload.data() + sizeof(protocol::region_access),
                        sizeof value);
        return value;
    }
    template <class T>
    int write(std::uint32_t region, std::uint64_t offset, T value) {
        return ask(protocol::region_write, protocol::region_access{offset, region, sizeof(T)},
                   {reinterpret_cast<const char*>(&value), sizeof value});
    }
    void bus_master(bool on) { write<std::uint16_t>(protocol::config_region, 4, on ? 6 : 2); }

    /// Raw bytes, whatever they mean; false when the server has gone.
    bool send(std::span<const std::byte> bytes, const std::vector<int>& fds = {});
    bool send(const protocol::header& head, std::span<const std::byte> payload = {},
              const std::vector<int>& fds = {});
    /// The next message from the server, within five seconds; false when it has closed.
    bool receive(received& into);
    bool closed(); ///< by the server, within five seconds
    void close() { socket_.reset(); }
    [[nodiscard]] int fd() const { return socket_.get(); }

    received answer; ///< to the last request
    int last_error = 0;

  private:
    unique_fd socket_;
    std::uint16_t last_id_ = 0;
};

std::pair<unique_fd, unique_fd> connected_pair();

/// A place for a socket with a name.
struct folder {
    folder() { std::filesystem::create_directory(path); }
    ~folder() { std::filesystem::remove_all(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("vfio-test-" + std::to_string(::getpid()));
    std::string socket = path / "board.sock";
};

client connect_to(const std::string& path);

/// BAR 0: 64 KiB of registers, BAR 2: 1 MiB of memory of which 64 KiB are trapped, 4 MSI vectors
device_facts usual_facts(int memory_fd);

/// A server and a client that have met and agreed on the version.
struct stand {
    explicit stand(options settings = {}) : stand({}, std::move(settings)) {}
    stand(const std::function<void(device_facts&)>& change, options settings = {});

    unique_fd memory = memory_file(1 << 20);
    test_board board;
    server serving;
    client host;
};

} // namespace vfio_test
