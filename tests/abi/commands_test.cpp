// SPDX-License-Identifier: BSD-3-Clause
// Every command x every way to hand it a bad argument. Rows: C1 C3 C5 C6 C17 C21 C45 C46.
#include "harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <ostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace raw {
namespace commands_test {

constexpr std::byte dirt{0xa5};

struct command {
    const char* name;
    unsigned long number;
    std::size_t size;
    void (*fill)(void*); // a good argument, apart from the pointers inside
};

template <class type>
void zero(void* at) {
    std::memset(at, 0, sizeof(type));
}

void fill_info(void* at) {
    zero<upciedev_board_info>(at);
    static_cast<upciedev_board_info*>(at)->size = sizeof(upciedev_board_info);
}

void fill_bar(void* at) {
    zero<upciedev_bar_info>(at);
    static_cast<upciedev_bar_info*>(at)->size = sizeof(upciedev_bar_info);
}

void fill_areas(void* at) {
    zero<upciedev_bar_areas>(at);
} // count 0: tells how many

upciedev_op& one_op() {
    static upciedev_op op;
    op = read_op(0, 0);
    return op;
}

void fill_batch(void* at) {
    zero<upciedev_batch>(at);
    auto* batch = static_cast<upciedev_batch*>(at);
    batch->count = 1;
    batch->ops = reinterpret_cast<std::uintptr_t>(&one_op());
}

void fill_claim(void* at) {
    zero<upciedev_claim>(at);
    static_cast<upciedev_claim*>(at)->op = UPCIEDEV_CLAIM_QUERY;
}

const command commands[] = {
    {"get_info", UPCIEDEV_GET_INFO, sizeof(upciedev_board_info), fill_info},
    {"get_bar", UPCIEDEV_GET_BAR, sizeof(upciedev_bar_info), fill_bar},
    {"get_bar_areas", UPCIEDEV_GET_BAR_AREAS, sizeof(upciedev_bar_areas), fill_areas},
    {"batch", UPCIEDEV_BATCH, sizeof(upciedev_batch), fill_batch},
    {"claim", UPCIEDEV_CLAIM, sizeof(upciedev_claim), fill_claim},
    {"irq_info", UPCIEDEV_IRQ_INFO, sizeof(upciedev_irq_info), zero<upciedev_irq_info>},
};

std::ostream& operator<<(std::ostream& out, const command& what) {
    return out << what.name;
}

class every_command : public testing::TestWithParam<command> {
  protected:
    int call(void* argument) { return control(board_.get(), GetParam().number, argument); }
    int call_at(std::uint64_t address) {
        return control_at(board_.get(), GetParam().number, address);
    }
    std::byte* good(std::byte* at) {
        GetParam().fill(at);
        return at;
    }
    std::size_t size() const { return GetParam().size; }
    void TearDown() override { // no lock was left behind: the board still answers everybody
        std::uint32_t id = 0;
        EXPECT_EQ(read32(open_board(role::edu).get(), 0, 0, id), 0);
        EXPECT_EQ(id & 0xff, 0xedU);
    }
    file board_ = open_board(role::edu);
    lone_page page_;
};

TEST_P(every_command, WorksAtTheEndOfAPage) {
    EXPECT_EQ(call(good(page_.end() - size())), 0);
}

TEST_P(every_command, WorksAtTheStartOfAPage) {
    EXPECT_EQ(call(good(page_.begin())), 0);
}

TEST_P(every_command, WorksAtAnOddAddress) {
    EXPECT_EQ(call(good(page_.begin() + 3)), 0);
}

TEST_P(every_command, C6_StructCutByAnUnmappedPage) {
    for (std::size_t cut = 1; cut < size(); cut += 3) {
        std::memset(page_.begin(), 0, page_size);
        std::vector<std::byte> whole(size());
        good(whole.data());
        auto* at = page_.end() - size() + cut;
        std::memcpy(at, whole.data(), size() - cut);
        EXPECT_EQ(call(at), EFAULT) << "cut by " << cut;
    }
}

TEST_P(every_command, C6_StructBeforeAMappedPage) {
    EXPECT_EQ(call(page_.begin() - 8), EFAULT);
}

TEST_P(every_command, C6_BadPointer) {
    for (std::uint64_t address :
         {0ULL, 1ULL, 0x7ffffffff000ULL, 0x800000000000ULL, 0x8000000000000000ULL,
          0xffff888000000000ULL, 0xffffffff81000000ULL, ~0ULL, ~0ULL - 4095})
        EXPECT_EQ(call_at(address), EFAULT) << std::hex << address;
}

TEST_P(every_command, C6_PageWithoutRights) {
    good(page_.begin());
    page_.protect(PROT_NONE);
    EXPECT_EQ(call(page_.begin()), EFAULT);
}

TEST_P(every_command, C6_ReadOnlyStruct) {
    good(page_.begin());
    page_.protect(PROT_READ);
    EXPECT_EQ(call(page_.begin()), EFAULT);
}

TEST_P(every_command, C45_OtherSizeOrDirectionIsAnotherCommand) {
    const auto number = GetParam().number;
    const auto nr = _IOC_NR(number);
    good(page_.begin());
    const unsigned right = _IOC_SIZE(number);
    for (unsigned size : {0U, 1U, 4U, right - 1, right + 8, 0x3fffU})
        EXPECT_EQ(control(board_.get(), _IOC(_IOC_READ | _IOC_WRITE, UPCIEDEV_IOC, nr, size),
                          page_.begin()),
                  ENOTTY)
            << size;
    for (unsigned direction : {_IOC_NONE, _IOC_READ, _IOC_WRITE})
        EXPECT_EQ(control(board_.get(), _IOC(direction, UPCIEDEV_IOC, nr, _IOC_SIZE(number)),
                          page_.begin()),
                  ENOTTY)
            << direction;
}

// The argument is the board itself: a copy that faults into the driver must not deadlock.
TEST_P(every_command, StructInsideTheMappedBoard) {
    const auto memory = open_board(role::memory);
    const map window{memory.get(), UPCIEDEV_POS(2, 0), page_size};
    ASSERT_EQ(window.error(), 0);
    std::vector<std::byte> whole(size());
    good(whole.data());
    std::memcpy(window.bytes(), whole.data(), size());
    EXPECT_EQ(control(memory.get(), GetParam().number, window.bytes()), 0);
}

TEST_P(every_command, C6_StructPastTheMappedBoard) {
    const auto memory = open_board(role::memory);
    const map window{memory.get(), UPCIEDEV_POS(2, 0), 2 * page_size};
    ASSERT_EQ(window.error(), 0);
    ASSERT_EQ(::munmap(window.bytes() + page_size, page_size), 0);
    std::vector<std::byte> whole(size());
    std::memcpy(window.bytes() + page_size - 4, good(whole.data()), 4);
    EXPECT_EQ(control(memory.get(), GetParam().number, window.bytes() + page_size - 4), EFAULT);
}

std::string name_of(const testing::TestParamInfo<command>& info) {
    return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(arguments, every_command, testing::ValuesIn(commands), name_of);

// Commands in general

bool heard_of(unsigned nr) {
    constexpr unsigned numbers[] = {0x00, 0x01, 0x02, 0x10, 0x20, 0x30,
                                    0x31, 0x40, 0x41, 0x50, 0x52};
    return std::ranges::find(numbers, nr) != std::end(numbers);
}

TEST(command_number, C45_UnknownIsRefused) {
    const auto board = open_board(role::edu);
    lone_page page;
    const auto size = sizeof(upciedev_batch);
    for (unsigned nr = 0; nr < 256; ++nr) {
        if (heard_of(nr)) continue;
        for (unsigned direction : {0U, 1U, 2U, 3U})
            ASSERT_EQ(control(board.get(), _IOC(direction, UPCIEDEV_IOC, nr, size), page.begin()),
                      ENOTTY)
                << nr;
    }
}

TEST(command_number, C45_OfOtherDriversIsRefused) {
    const auto board = open_board(role::edu);
    lone_page page;
    for (unsigned type = 0; type < 256; ++type) { // 'U' 61 to 85 are the legacy driver's
        if (type == UPCIEDEV_IOC || type == 'f' || type == 'X' || type == 'T') continue;
        for (unsigned nr : {0U, 1U, 61U, 71U, 73U, 85U})
            ASSERT_EQ(control(board.get(), _IOC(2U, type, nr, 4), page.begin()), ENOTTY)
                << type << ' ' << nr;
    }
    for (unsigned long number : {0x5401UL, 0x541bUL, 0UL, 0xffffffffUL}) // TCGETS, FIONREAD
        EXPECT_EQ(control(board.get(), number, page.begin()), ENOTTY) << number;
}

// A user must not be able to fill the kernel's log, at whatever level.
bool driver_spoke(const file& log) {
    char record[8192];
    bool spoke = false;
    for (ssize_t n = 0; (n = ::read(log.get(), record, sizeof(record) - 1)) > 0;) {
        record[n] = '\0';
        spoke |= std::strstr(record, "upciedev") != nullptr;
    }
    return spoke;
}

TEST(command_number, C22_BadCallsSayNothing) {
    const auto log = open_node("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    ASSERT_NE(::lseek(log.get(), 0, SEEK_END), -1);
    const auto board = open_board(role::edu);
    auto op = write_op(0, 0x80, 0);
    for (const auto& each : commands)
        EXPECT_EQ(control(board.get(), each.number, nullptr), EFAULT);
    EXPECT_EQ(control(board.get(), _IOWR(UPCIEDEV_IOC, 0x7f, int), nullptr), ENOTTY);
    EXPECT_EQ(run(board.get(), op).error, EPERM);
    EXPECT_EQ((map{board.get(), UPCIEDEV_POS(0, 0), page_size}.error()), EPERM);
    EXPECT_FALSE(driver_spoke(log));
}

// What the answers hold

template <class type>
type dirty() {
    type value;
    std::memset(&value, static_cast<int>(dirt), sizeof(value));
    value.size = sizeof(value);
    return value;
}

template <std::size_t n>
void expect_clean_string(const char (&text)[n]) {
    const auto length = ::strnlen(text, n);
    ASSERT_LT(length, n) << "not terminated";
    for (auto i = length; i < n; ++i)
        EXPECT_EQ(text[i], '\0') << "left-over byte " << i;
}

TEST(get_info, C21_NothingOfTheKernelLeaks) {
    const auto board = open_board(role::edu);
    auto info = dirty<upciedev_board_info>();
    ASSERT_EQ(control(board.get(), UPCIEDEV_GET_INFO, &info), 0);
    expect_clean_string(info.card);
    expect_clean_string(info.driver);
    for (auto word : info.reserved)
        EXPECT_EQ(word, 0U);
}

TEST(get_info, TellsTheTruth) {
    const auto board = open_board(role::edu);
    upciedev_board_info info{};
    info.size = sizeof(info);
    ASSERT_EQ(control(board.get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_EQ(info.abi, std::uint32_t{UPCIEDEV_ABI_VERSION});
    EXPECT_EQ(info.size, sizeof(info));
    EXPECT_EQ(info.vendor, 0x1234);
    EXPECT_EQ(info.slot, 1U);
    EXPECT_STREQ(info.card, "edu");
    char address[32];
    std::snprintf(address, sizeof(address), "%04x:%02x:%02x.%x", info.domain, info.bus,
                  info.devfn >> 3, info.devfn & 7);
    EXPECT_EQ(the(role::edu).address, address);
    EXPECT_TRUE(info.flags & UPCIEDEV_BOARD_WRITABLE);
    EXPECT_FALSE(info.flags & UPCIEDEV_BOARD_GENERIC);
    EXPECT_TRUE(the(role::nvme).info.flags & UPCIEDEV_BOARD_GENERIC);
}

TEST(get_info, WritableIsTheFiles) {
    upciedev_board_info info{};
    info.size = sizeof(info);
    ASSERT_EQ(control(open_board(role::edu, O_RDONLY).get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_FALSE(info.flags & UPCIEDEV_BOARD_WRITABLE);
}

TEST(get_info, C17_WrongSizeIsRefused) {
    const auto board = open_board(role::edu);
    for (std::uint32_t size : {0U, 1U, 8U, 183U, 4096U, 0xffffffffU}) {
        upciedev_board_info info{};
        info.size = size == sizeof(info) ? size + 1 : size;
        EXPECT_EQ(control(board.get(), UPCIEDEV_GET_INFO, &info), EINVAL) << size;
    }
}

TEST(get_bar, C17_WrongSizeIsRefused) {
    const auto board = open_board(role::edu);
    for (std::uint32_t size : {0U, 1U, 16U, 79U, 4096U, 0xffffffffU}) {
        upciedev_bar_info info{};
        info.size = size;
        EXPECT_EQ(control(board.get(), UPCIEDEV_GET_BAR, &info), EINVAL) << size;
    }
}

TEST(get_bar, C1_BarIndexOutOfRange) {
    const auto board = open_board(role::edu);
    for (std::uint32_t bar : {6U, 7U, 12U, 13U, 14U, 15U, 255U, 0x80000000U, 0xffffffffU}) {
        upciedev_bar_info info{};
        info.size = sizeof(info);
        info.bar = bar;
        EXPECT_EQ(control(board.get(), UPCIEDEV_GET_BAR, &info), EINVAL) << bar;
    }
}

TEST(get_bar, C21_NothingOfTheKernelLeaks) {
    const auto board = open_board(role::edu);
    for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar) {
        auto info = dirty<upciedev_bar_info>();
        info.bar = bar;
        ASSERT_EQ(control(board.get(), UPCIEDEV_GET_BAR, &info), 0) << bar;
        expect_clean_string(info.name);
        for (auto word : info.reserved)
            EXPECT_EQ(word, 0U);
    }
}

// The PCI core's own view of the BARs: lines "start end flags" of the resource file.
std::vector<std::array<std::uint64_t, 3>> resources(const board& which) {
    std::vector<std::array<std::uint64_t, 3>> lines(UPCIEDEV_NR_BARS);
    std::FILE* in =
        std::fopen(("/sys/bus/pci/devices/" + which.address + "/resource").c_str(), "r");
    for (auto& line : lines)
        EXPECT_EQ(std::fscanf(in, "%lx %lx %lx", &line[0], &line[1], &line[2]), 3);
    std::fclose(in);
    return lines;
}

constexpr std::uint64_t resource_io = 0x100, resource_mem = 0x200, resource_prefetch = 0x2000,
                        resource_unset = 0x20000000;

void expect_bar_matches(const upciedev_bar_info& info, const std::array<std::uint64_t, 3>& line) {
    const auto [start, end, flags] = line;
    const bool present = (flags & (resource_io | resource_mem)) != 0 && !(flags & resource_unset);
    EXPECT_EQ(bool(info.flags & UPCIEDEV_BAR_UNASSIGNED), bool(flags & resource_unset));
    EXPECT_EQ(bool(info.flags & UPCIEDEV_BAR_PRESENT), present);
    EXPECT_EQ(info.length, end > start ? end - start + 1 : 0); // C36: not one short
    EXPECT_EQ(bool(info.flags & UPCIEDEV_BAR_IO), bool(flags & resource_io));
    EXPECT_EQ(bool(info.flags & UPCIEDEV_BAR_PREFETCH), bool(flags & resource_prefetch));
}

TEST(get_bar, C46_EveryBarOfEveryBoardAsThePciCoreHasIt) {
    for (const auto& each : find_boards()) {
        const auto fd = open_node(each.node, O_RDONLY);
        const auto lines = resources(each);
        for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar) {
            SCOPED_TRACE(each.node + " BAR" + std::to_string(bar));
            upciedev_bar_info info{};
            ASSERT_EQ(bar_info(fd.get(), bar, info), 0);
            expect_bar_matches(info, lines[bar]);
            EXPECT_EQ(info.position, UPCIEDEV_POS(bar, 0));
        }
    }
}

} // namespace commands_test
} // namespace raw
