// SPDX-License-Identifier: BSD-3-Clause
// The user ABI from a 32-bit process: no structure may change its layout, no command its number.
// Freestanding, so that neither a 32-bit libc nor gcc-multilib is needed. usage: compat32 NODE
// Exit code: 0, or the number of the check that failed.
#include <linux/fcntl.h>
#include <linux/upciedev.h>

#define SYS_exit 1
#define SYS_open 5
#define SYS_close 6
#define SYS_ioctl 54
#define SYS_pread 180
#define ENOTTY 25
#define EFAULT 14
#define CHECK(ok)                                                                                  \
    do {                                                                                           \
        if (!(ok)) return __COUNTER__ + 1;                                                         \
    } while (0)

// Six arguments would need ebp: five are enough.
static long call(long number, long a, long b, long c, long d, long e) {
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory");
    return result;
}

static long control(long fd, unsigned long command, void* argument) {
    return call(SYS_ioctl, fd, (long)command, (long)argument, 0, 0);
}

static int check_info(long fd) {
    struct upciedev_board_info info = {.size = sizeof(info)};
    CHECK(sizeof(info) == 184);
    CHECK(control(fd, UPCIEDEV_GET_INFO, &info) == 0);
    CHECK(info.abi == UPCIEDEV_ABI_VERSION);
    CHECK(info.vendor == 0x1234);
    CHECK(info.card[0] == 'e');
    return 0;
}

static int check_bar(long fd) {
    struct upciedev_bar_info info = {.size = sizeof(info)};
    CHECK(control(fd, UPCIEDEV_GET_BAR, &info) == 0);
    CHECK(info.length == 1 << 20);
    return 0;
}

static int check_areas(long fd) {
    struct upciedev_bar_area room[8];
    struct upciedev_bar_areas request = {.count = 8, .areas = (unsigned long)room};
    CHECK(control(fd, UPCIEDEV_GET_BAR_AREAS, &request) == 0);
    CHECK(request.count >= 3);
    CHECK(room[0].offset == 0 && room[0].length == 0x80);
    return 0;
}

// The upper half of a user address is checked, not cut off.
static int check_batch(long fd) {
    struct upciedev_op ops[2] = {
        {.op = UPCIEDEV_OP_WRITE, .width = 32, .count = 1, .offset = 4, .value = 0x32323232},
        {.op = UPCIEDEV_OP_READ, .width = 32, .count = 1, .offset = 4},
    };
    struct upciedev_batch batch = {.count = 2, .ops = (unsigned long)ops};
    CHECK(control(fd, UPCIEDEV_BATCH, &batch) == 0);
    CHECK(batch.done == 2);
    CHECK(ops[1].value == 0xcdcdcdcd);
    batch.ops |= 1ULL << 32;
    CHECK(control(fd, UPCIEDEV_BATCH, &batch) == -EFAULT);
    return 0;
}

// 64-bit positions reach every BAR, and offsets above 4 GiB are not cut off.
static int check_pread(long fd) {
    unsigned int id = 0;
    CHECK(call(SYS_pread, fd, (long)&id, 4, 0, 0) == 4);
    CHECK((id & 0xff) == 0xed);
    CHECK(call(SYS_pread, fd, (long)&id, 4, 0, 1) < 0);
    return 0;
}

static int check_claim(long fd) {
    struct upciedev_claim claim = {.op = UPCIEDEV_CLAIM_TAKE};
    CHECK(sizeof(claim) == 32);
    CHECK(control(fd, UPCIEDEV_CLAIM, &claim) == 0);
    CHECK(claim.lease >= 0 && claim.state == UPCIEDEV_CLAIM_MINE && claim.holder > 0);
    CHECK(call(SYS_close, claim.lease, 0, 0, 0, 0) == 0);
    return 0;
}

static int check_irq(long fd) {
    struct upciedev_irq_info info = {.kind = 0};
    struct upciedev_irq_open open = {.vectors = 1, .flags = UPCIEDEV_IRQ_NONBLOCK, .eventfd = -1};
    CHECK(sizeof(open) == 32 && sizeof(struct upciedev_irq_event) == 32);
    CHECK(control(fd, UPCIEDEV_IRQ_INFO, &info) == 0);
    CHECK(info.kind == UPCIEDEV_IRQ_MSI && info.nr_vectors == 1 && info.nr_causes == 2);
    CHECK(control(fd, UPCIEDEV_IRQ_OPEN, &open) == 0);
    CHECK(call(SYS_ioctl, open.fd, UPCIEDEV_IRQ_UNMASK, 0, 0, 0) == 0);
    CHECK(call(SYS_close, open.fd, 0, 0, 0, 0) == 0);
    return 0;
}

static int check_refusals(long fd) {
    CHECK(control(fd, _IOWR(UPCIEDEV_IOC, 0x7f, int), 0) == -ENOTTY);
    CHECK(control(fd, UPCIEDEV_GET_INFO, (void*)0xfffffff0) == -EFAULT);
    CHECK(control(fd, UPCIEDEV_GET_INFO, 0) == -EFAULT);
    return 0;
}

static int checks(const char* node) {
    int (*const all[])(long) = {check_info,  check_bar,   check_areas, check_batch,
                                check_pread, check_claim, check_irq,   check_refusals};
    const long fd = call(SYS_open, (long)node, O_RDWR, 0, 0, 0);
    CHECK(fd >= 0);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); ++i) {
        const int failed = all[i](fd);
        if (failed) return failed;
    }
    return 0;
}

__attribute__((used)) static void start(long* stack) {
    call(SYS_exit, stack[0] == 2 ? checks((const char*)stack[2]) : 255, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call "
        "start\n");
