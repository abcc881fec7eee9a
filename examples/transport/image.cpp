// SPDX-License-Identifier: BSD-3-Clause
// "image:FOLDER": boards whose BAR 0 is a file. The file slot4-1b36-00a8.bar0 is the board with
// these ids in slot 4; it keeps what is written, and all programs that open it share it. Removing
// the file is pulling the board out.
#include <upciedev/extend/memory_transport.hpp>
#include <upciedev/extend/transport_plugin.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace upciedev;
namespace fs = std::filesystem;

constexpr capability_set image_can{capability::mapping, capability::hot_plug, capability::shared};

/// Slot and ids from the name of a file; nothing for other files.
std::optional<found_board> board_of(const fs::path& file) {
    found_board found;
    unsigned slot = 0;
    char end = 0;
    const int fields = std::sscanf(file.filename().c_str(), "slot%u-%4hx-%4hx.bar%c", &slot,
                                   &found.ids.vendor, &found.ids.device, &end);
    if (fields != 4 || end != '0') return std::nullopt;
    found.slot = slot;
    found.address = file.filename();
    return found;
}

class image_board final : public memory_transport {
  public:
    image_board(const fs::path& file, const found_board& what)
        : file_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
        struct stat about {};
        if (file_ < 0 || fstat(file_, &about) != 0) fail(file);
        size_ = static_cast<std::uint64_t>(about.st_size);
        if (size_ == 0) fail(file, EINVAL);
        void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
        if (memory == MAP_FAILED) fail(file);
        memory_ = static_cast<std::byte*>(memory);
        who_.ids = what.ids;
        who_.slot = what.slot;
        who_.card = "image";
    }
    ~image_board() override {
        munmap(memory_, size_);
        close(file_);
    }

    [[nodiscard]] std::string name() const override { return "image"; }
    [[nodiscard]] board_identity identity() const override { return who_; }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    [[nodiscard]] capability_set capabilities() const noexcept override { return image_can; }
    [[nodiscard]] bar_facts bar(unsigned index) const override {
        bar_facts facts;
        if (index != 0) return facts;
        facts.size = size_;
        facts.mapping = "all";
        return facts;
    }
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool) noexcept override {
        const bool inside = bar == 0 && length > 0 && length <= size_ && offset <= size_ - length;
        return inside ? memory_ + offset : nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override {
        struct stat about {};
        return fstat(file_, &about) != 0 || about.st_nlink == 0;
    }

  private:
    /// The destructor does not run for what the constructor began.
    [[noreturn]] void fail(const fs::path& file, int number = errno) const {
        if (file_ >= 0) close(file_);
        throw error(errc::io_error, file.string(), "cannot be mapped as BAR 0",
                    "it must be a file that you may write, as large as the BAR",
                    {number, std::generic_category()});
    }

    int file_;
    std::uint64_t size_ = 0;
    std::byte* memory_ = nullptr;
    board_identity who_;
};

class image_plugin final : public transport_plugin {
  public:
    [[nodiscard]] std::string usage() const override { return "image:FOLDER"; }
    [[nodiscard]] std::string title() const override { return "files that stand for boards"; }
    [[nodiscard]] capability_set capabilities() const noexcept override { return image_can; }

    std::vector<found_board> list(const std::string& where) override {
        if (!fs::is_directory(where))
            throw error(errc::bad_value, "image:" + where, "there is no such folder",
                        "name one with files like slot4-1b36-00a8.bar0");
        std::vector<found_board> found;
        for (const auto& entry : fs::directory_iterator(where))
            if (auto board = board_of(entry.path())) found.push_back(*std::move(board));
        return found;
    }
    transport_ptr open(const std::string& where, const found_board& what) override {
        return std::make_shared<image_board>(fs::path(where) / what.address, what);
    }
};

} // namespace

UPCIEDEV_TRANSPORT_PLUGIN("image", image_plugin);
