#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver's main path on QEMU's edu, in a guest whose modules are loaded:

    ./dev guest -- tests/guest/smoke.py

Reads and writes by position, batch and map; takes the board away under open files and
maps; unloads everything. The exhaustive negative tests are in tests/abi.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
CLASS = Path("/sys/class/upciedev")
COUNTERS = Path("/sys/kernel/debug/upciedev/counters")
ID, INVERT, FACTORIAL, STATUS, DMA_SOURCE = 0x00, 0x04, 0x08, 0x20, 0x80
EDU_ID = 0x010000ED
READ, WRITE, MODIFY, READ_BLOCK, WRITE_BLOCK, POLL = range(6)
OP = struct.Struct("=BBBBIQQQ")
POS_STATUS = 7 << 60


def ioctl_number(number: int, size: int) -> int:
    return 3 << 30 | size << 16 | 0xE7 << 8 | number


GET_INFO = ioctl_number(0x00, 184)
GET_BAR_AREAS = ioctl_number(0x02, 24)
BATCH = ioctl_number(0x10, 32)


def check(condition: bool, text: str) -> None:
    if not condition:
        sys.exit(f"smoke: {text}")
    print(f"  ok: {text}")


def fails_with(code: int, call, *arguments) -> bool:
    try:
        call(*arguments)
    except OSError as problem:
        return problem.errno == code
    return False


def batch(board: int, *ops: tuple, bar: int = 0) -> list[int]:
    """Values of (op, count, offset, value, mask); raises OSError with `done` as filename."""
    memory = bytearray(b"".join(OP.pack(op, bar, 32, 0, *rest) for op, *rest in ops))
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    argument = bytearray(struct.pack("=IIQQQ", len(ops), 99, address, 0, 0))
    try:
        fcntl.ioctl(board, BATCH, argument)
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, struct.unpack_from("=I", argument, 4)[0]) from None
    return [fields[6] for fields in OP.iter_unpack(memory)]


def read32(board: int, position: int) -> int:
    return struct.unpack("=I", os.pread(board, 4, position))[0]


def write32(board: int, position: int, value: int) -> None:
    os.pwrite(board, struct.pack("=I", value), position)


def by_position(board: int) -> None:
    check(read32(board, ID) == EDU_ID, "pread of the id register")
    write32(board, INVERT, 0x12345678)
    check(read32(board, INVERT) == 0xEDCBA987, "pwrite reached the board")
    check(fails_with(errno.EINVAL, os.pread, board, 4, 2), "an unaligned position is refused")
    check(fails_with(errno.EINVAL, os.pread, board, 3, 0), "an unaligned length is refused")
    check(fails_with(errno.ERANGE, os.pread, board, 8, 0xFFFFC), "a read past the BAR is refused")
    check(fails_with(errno.ENXIO, os.pread, board, 4, 1 << 60), "a BAR that is not there is refused")
    check(fails_with(errno.EPERM, write32, board, DMA_SOURCE, 0), "a guarded register is refused")
    check(struct.unpack("=IIQ", os.pread(board, 16, POS_STATUS))[:2] == (1, 0), "pread of the status page")


def by_batch(board: int) -> None:
    values = batch(board, (READ, 1, ID, 0, 0), (WRITE, 1, FACTORIAL, 5, 0), (POLL, 1000000, STATUS, 0, 1),
                   (READ, 1, FACTORIAL, 0, 0))
    check((values[0], values[3]) == (EDU_ID, 120), "a batch computes 5! with the board")
    write32(board, INVERT, 0)
    old = batch(board, (MODIFY, 1, INVERT, 0x12, 0xFF))
    check(old == [0xFFFFFFFF] and read32(board, INVERT) == 0xED, "masked modify")
    write32(board, STATUS, 0x80)
    check(read32(board, STATUS) == 0, "an enable bit belongs to the driver")
    block = (ctypes.c_uint32 * 2)()
    batch(board, (READ_BLOCK, 2, ID, ctypes.addressof(block), 0))
    check(block[0] == EDU_ID, "block read")
    try:
        batch(board, (READ, 1, ID, 0, 0), (POLL, 20000, ID, 0, 1), (READ, 1, ID, 0, 0))
    except OSError as problem:
        check((problem.errno, problem.filename) == (errno.ETIMEDOUT, 1), "a poll runs out of time; done is 1")


def areas(board: int) -> list[tuple[int, int, int]]:
    out = bytearray(24 * 8)
    argument = bytearray(struct.pack("=IIQQ", 0, 8, ctypes.addressof(ctypes.c_char.from_buffer(out)), 0))
    fcntl.ioctl(board, GET_BAR_AREAS, argument)
    count = struct.unpack_from("=I", argument, 4)[0]
    return [struct.unpack_from("=QQI", out, 24 * index) for index in range(count)]


def by_map(board: int) -> mmap.mmap:
    check(areas(board) == [(0, 0x80, 0xD), (0x80, 0x20, 0x5), (0xA0, 0xF60, 0xD), (0x1000, 0xFF000, 0xF)],
          "the areas show the guard")
    check(fails_with(errno.EPERM, mmap.mmap, board, 4096), "no writable map of the guarded page")
    check(fails_with(errno.EINVAL, mmap.mmap, board, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ), "no private map")
    check(fails_with(errno.ERANGE, lambda: mmap.mmap(board, 0x101000, prot=mmap.PROT_READ)), "no map past the BAR")
    registers = mmap.mmap(board, 4096, prot=mmap.PROT_READ)
    check(struct.unpack_from("=I", registers, ID)[0] == EDU_ID, "read through a map")
    return registers


def removal(name: str, board: int, registers: mmap.mmap, status: mmap.mmap) -> None:
    Path("/sys/bus/pci/drivers/upciedev_edu/unbind").write_text(name)
    check(struct.unpack_from("=I", registers, ID)[0] == 0xFFFFFFFF, "a map of a gone board reads all ones")
    check(struct.unpack_from("=II", status)[1] == 1, "the status page says gone")
    check(fails_with(errno.ENODEV, os.pread, board, 4, ID), "the file of a gone board is stale")
    Path("/sys/bus/pci/drivers/upciedev_edu/bind").write_text(name)
    check(fails_with(errno.ENODEV, os.pread, board, 4, ID), "and stays so when the board comes back")
    again = os.open(f"/dev/upciedev/{name}", os.O_RDWR)
    check(read32(again, ID) == EDU_ID, "a new file works")
    os.close(again)


def unload() -> None:
    subprocess.run(["rmmod", *(path.name for path in Path("/sys/module").glob("upciedev_*"))], check=True)
    counters = COUNTERS.read_text()
    check(all(line.endswith(" 0") for line in counters.splitlines()), "all counters are back to zero")
    subprocess.run(["rmmod", "upciedev"], check=True)


def main() -> None:
    boards = sorted(path.name for path in CLASS.iterdir() if (path / "card").read_text() == "edu\n")
    check(len(boards) == 2, f"two edu boards: {boards}")
    slots = [(CLASS / name / "slot").read_text().strip() for name in boards]
    check(slots == ["1", "4"], f"in slots {slots}")
    node = f"/dev/upciedev/{boards[0]}"
    check(os.stat(node).st_mode & 0o777 == 0o660, "the node is there, mode 0660")
    board = os.open(node, os.O_RDWR)
    by_position(board)
    by_batch(board)
    registers = by_map(board)
    status = mmap.mmap(board, 4096, prot=mmap.PROT_READ, offset=POS_STATUS)
    removal(boards[0], board, registers, status)
    registers.close()
    status.close()
    os.close(board)
    unload()


if __name__ == "__main__":
    main()
