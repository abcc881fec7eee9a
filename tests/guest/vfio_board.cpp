// SPDX-License-Identifier: BSD-3-Clause
// upciedev-vfio-board [--msix] SOCKET: a board for tests/guest/vfio.py, served to QEMU. Registers
// are trapped, the memory is mapped by the guest, the engine moves data between memory and bus.
// devices/vfio-test.yaml describes it.
#include "simulation/endpoint/server.hpp"

#include <sys/mman.h>

#include <condition_variable>
#include <cstring>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

namespace {

using namespace upciedev::vfio_user;

constexpr std::size_t memory_size = 1 << 20;
enum registers {
    id,
    scratch,
    trigger,
    resets,
    address_low,
    address_high,
    length,
    control,
    status,
    pending,     // causes, of which only the first one that comes sends a message: vector 0
    raise,       // sets them
    acknowledge, // clears them; without a message for those that are left
    follow,      // so many acknowledgements find the other cause pending before they take effect
    enable,      // causes that may send one
    arrive,      // causes that come at the very moment in which one is enabled: without a message
    count
};
enum commands : std::uint32_t { to_bus = 1, from_bus = 2 };
enum states : std::uint32_t { idle, busy, done, failed };

class board : public device {
  public:
    explicit board(bool msix)
        : file_(::memfd_create("board", MFD_CLOEXEC)), memory_(map()),
          serving_(facts(msix), *this, {.log = [](std::string_view line) {
                       std::cerr << line << std::endl; // QEMU may kill us
                   }}) {
        values_[id] = 0x76667573;
    }

    [[noreturn]] void run(const std::string& socket) {
        serving_.start(listen_at(socket));
        std::cerr << "serving " << socket << std::endl; // tools/guest waits for this line
        for (;;) {
            std::unique_lock lock(mutex_);
            started_.wait(lock, [&] { return values_[status] == busy; });
            const auto [command, bus, size] = job_;
            lock.unlock();
            const bool good = size <= memory_size && !transfer(command, bus, size);
            lock.lock();
            values_[status] = good ? done : failed;
        }
    }

    void read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) override {
        if (bar == 2) return void(std::memcpy(to.data(), memory_ + offset, to.size()));
        const std::lock_guard lock(mutex_);
        std::memset(to.data(), 0, to.size());
        if (offset + to.size() > sizeof values_) return;
        std::memcpy(to.data(), reinterpret_cast<const std::byte*>(values_) + offset, to.size());
    }

    void write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) override {
        if (bar == 2) return void(std::memcpy(memory_ + offset, from.data(), from.size()));
        if (from.size() != sizeof(std::uint32_t) || offset >= sizeof values_) return;
        std::uint32_t value = 0;
        std::memcpy(&value, from.data(), sizeof value);
        const std::lock_guard lock(mutex_);
        store(offset / sizeof value, value);
    }

    void reset() override {
        const std::lock_guard lock(mutex_);
        values_[scratch] = 0;
        values_[resets]++;
    }

  private:
    struct job {
        std::uint32_t command = 0;
        std::uint64_t bus = 0;
        std::uint32_t size = 0;
    };

    std::byte* map() {
        if (::ftruncate(file_.get(), memory_size) != 0) throw std::bad_alloc();
        void* where =
            ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
        if (where == MAP_FAILED) throw std::bad_alloc();
        return static_cast<std::byte*>(where);
    }

    [[nodiscard]] device_facts facts(bool msix) const {
        device_facts facts;
        facts.vendor = facts.subvendor = 0x1d50;
        facts.device = facts.subdevice = 0xf10f;
        facts.bars[0].size = 0x10000;
        facts.bars[2] = {memory_size, true, true, file_.get(), {}};
        if (msix)
            facts.msix = {.vectors = 8, .bar = 0, .table_offset = 0x8000, .pending_offset = 0x9000};
        else
            facts.msi_vectors = 4;
        facts.serial = 0x1d50f10f;
        return facts;
    }

    /// With mutex_ held.
    void store(std::uint64_t which, std::uint32_t value) {
        if (which == trigger) serving_.interrupt(value);
        if (which == control && values_[status] != busy) start(value);
        if (which == raise) come(value);
        if (which == acknowledge) go(value);
        if (which == enable) values_[pending] |= std::exchange(values_[arrive], 0);
        if (which == scratch || (which >= address_low && which <= length) || which == follow ||
            which == enable || which == arrive)
            values_[which] = value;
    }

    void come(std::uint32_t causes) {
        const auto before = std::exchange(values_[pending], values_[pending] | causes);
        if (before == 0 && (causes & values_[enable]) != 0) serving_.interrupt(0);
    }

    void go(std::uint32_t causes) {
        constexpr std::uint32_t both = 3;
        if (values_[follow] != 0) {
            --values_[follow];
            values_[pending] |= both & ~causes;
        }
        values_[pending] &= ~causes;
    }

    void start(std::uint32_t command) {
        job_ = {command, std::uint64_t{values_[address_high]} << 32 | values_[address_low],
                values_[length]};
        values_[status] = busy;
        started_.notify_one();
    }

    std::error_code transfer(std::uint32_t command, std::uint64_t bus, std::uint32_t size) {
        const std::span memory(memory_, size);
        return command == to_bus ? serving_.dma_write(bus, memory) : serving_.dma_read(bus, memory);
    }

    std::mutex mutex_;
    std::condition_variable started_;
    std::uint32_t values_[count] = {};
    job job_;
    unique_fd file_;
    std::byte* memory_;
    server serving_;
};

} // namespace

int main(int argc, char** argv) try {
    const bool msix = argc == 3 && std::string_view(argv[1]) == "--msix";
    if (argc != 2 && !msix) {
        std::cerr << "usage: upciedev-vfio-board [--msix] SOCKET\n";
        return 2;
    }
    board(msix).run(argv[argc - 1]);
} catch (const std::exception& problem) {
    std::cerr << "upciedev-vfio-board: " << problem.what() << '\n';
    return 1;
}
