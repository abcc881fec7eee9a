#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver while boards leave: unbind, reset, bus errors, a second node, forks, busy threads.

    ./dev guest --expect 'PCIe Bus Error' --expect 'error status/mask' --expect SDES -- tests/guest/removal.py

Only the injected bus error may leave messages in the kernel's log, nothing an object; the bench looks.
With the argument "suspend" it tests just that: the bench's serial ports do not outlive it, with or
without our modules, so that the guest has to be ended by its time limit.
"""

import errno
import fcntl
import mmap
import os
import stat
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from smoke import (CLASS, COUNTERS, EDU_ID, ID, INVERT, MODIFY, POLL, POS_STATUS, READ, WRITE, areas, batch, check,
                   fails_with, ioctl_number, read32, write32)
from waiting import wait_for, wait_until_it_waits

TOOLS = Path(__file__).resolve().parent

PCI = Path("/sys/bus/pci")
EDU = PCI / "drivers/upciedev_edu"
ROUNDS = 15
BUSY_ROUNDS = 20  # of all threads, between two removals
IRQ_OPEN = ioctl_number(0x31, 32)
IRQ_RAISE = 0x60
INTX_DISABLE = 0x400  # in the Command register
EVENT_BYTES = 32


def counters() -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in COUNTERS.read_text().splitlines())}


def boards(card: str) -> list[str]:
    return sorted(path.name for path in CLASS.iterdir() if (path / "card").read_text().strip() == card)


def open_board(name: str, flags: int = os.O_RDWR) -> int:
    return os.open(f"/dev/upciedev/{name}", flags)


def registers_of(board: int) -> mmap.mmap:
    return mmap.mmap(board, 4096, prot=mmap.PROT_READ)


def word(memory: mmap.mmap, offset: int = ID) -> int:
    return struct.unpack_from("=I", memory, offset)[0]


def rebind(name: str) -> None:
    (EDU / "unbind").write_text(name)
    (EDU / "bind").write_text(name)


def second_node(name: str) -> None:
    """A node made by mknod has an address space of its own, which has to be zapped too."""
    path = "/dev/upciedev-second"
    os.mknod(path, stat.S_IFCHR | 0o600, os.stat(f"/dev/upciedev/{name}").st_rdev)
    board = os.open(path, os.O_RDWR)
    first = open_board(name)
    maps = [registers_of(first), registers_of(board)]
    check([word(each) for each in maps] == [EDU_ID] * 2, "two nodes, two maps")
    rebind(name)
    check([word(each) for each in maps] == [0xFFFFFFFF] * 2, "both read all ones after removal")
    check(counters()["replacement_pages"] == 2, "each from a page of its own")
    check(fails_with(errno.ENODEV, os.open, path, os.O_RDWR), "the second node leads to the board that has gone")
    for each in maps:
        each.close()
    os.close(first)
    os.close(board)
    os.unlink(path)


def waiting_poll(name: str) -> None:
    board = open_board(name)
    result: list[object] = []

    def wait() -> None:
        try:
            batch(board, (READ, 1, ID, 0, 0), (POLL, 10_000_000, ID, 1, 0xFFFFFFFF))
        except OSError as problem:
            result.extend([problem.errno, problem.filename])

    thread = threading.Thread(target=wait)
    thread.start()
    wait_until_it_waits(thread)
    read32(board, ID)
    check(not result, "a waiting poll delays nobody")
    rebind(name)
    thread.join()
    check(result == [errno.ENODEV, 1], f"removal ends the poll ({result})")
    os.close(board)


def forked_map(name: str) -> None:
    board = open_board(name)
    registers = registers_of(board)
    check(word(registers) == EDU_ID, "a map before fork")
    begin, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(begin, 1)  # until the board has left
        os._exit(0 if word(registers) == 0xFFFFFFFF else 1)
    rebind(name)
    os.write(end, b"\n")
    check(os.waitpid(child, 0)[1] == 0, "the child's copy of the map reads all ones")
    registers.close()
    os.close(board)


def read_only_file(name: str) -> None:
    board = open_board(name, os.O_RDONLY)
    check(read32(board, ID) == EDU_ID, "a file opened read-only reads")
    check(fails_with(errno.EBADF, write32, board, INVERT, 1), "and does not write")
    check(fails_with(errno.EBADF, batch, board, (WRITE, 1, INVERT, 1, 0)), "nor by a batch")
    check(fails_with(errno.EACCES, lambda: mmap.mmap(board, 4096, offset=4096)), "nor by a map")
    check([rights for _, _, rights in areas(board)] == [0x5], "its areas say so")
    os.close(board)


class Reader:
    """A program in a blocked read of interrupts."""

    def __init__(self, board: int) -> None:
        self.file = subscribe(board)
        self.ended: list[int] = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self) -> None:
        try:
            os.read(self.file, EVENT_BYTES)
            self.ended.append(0)
        except OSError as problem:
            self.ended.append(problem.errno)

    def end(self) -> int:
        self.thread.join(20)
        if not self.thread.is_alive():
            os.close(self.file)
        return self.ended[0] if self.ended else -1


def subscribe(board: int) -> int:
    request = bytearray(struct.pack("=IIiiQQ", 1, 0, -1, -1, 0, 0))
    fcntl.ioctl(board, IRQ_OPEN, request)
    return struct.unpack_from("=i", request, 12)[0]


def interrupts_work(board: int) -> bool:
    reader = Reader(board)
    write32(board, IRQ_RAISE, 1)
    return reader.end() == 0


def intx_enabled() -> list[str]:
    """The boards of ours that may assert INTx, by their Command registers."""
    command = {path.name: (PCI / "devices" / path.name / "config").read_bytes()[4:6] for path in CLASS.iterdir()}
    return [name for name, value in command.items() if not int.from_bytes(value, "little") & INTX_DISABLE]


def interruption(name: str, what: str, interrupt: Callable[[], object]) -> None:
    """Something after which the same device goes on as another board."""
    board = open_board(name)
    check(interrupts_work(board), f"an interrupt before {what}")
    reader = Reader(board)
    registers = registers_of(board)
    status = mmap.mmap(board, 4096, prot=mmap.PROT_READ, offset=POS_STATUS)
    generation = int((CLASS / name / "generation").read_text())
    check(word(registers) == EDU_ID and word(status, 4) == 0, f"a map before {what}")
    interrupt()
    check(reader.end() == errno.ENODEV, f"{what} ends a wait for interrupts")
    check(not intx_enabled(), f"after {what} INTx is off on all boards, for nobody listens")
    check(word(registers) == 0xFFFFFFFF and fails_with(errno.ENODEV, read32, board, ID), f"{what} makes files stale")
    check(word(status, 4) == 1, "their status page says so")
    check(int((CLASS / name / "generation").read_text()) > generation, "the generation has grown")
    again = open_board(name)
    check(read32(again, ID) == EDU_ID and interrupts_work(again), "a file opened afterwards works, and interrupts")
    for memory in (registers, status):
        memory.close()
    os.close(again)
    os.close(board)


def reset(name: str) -> None:
    interruption(name, "a reset", lambda: (PCI / "devices" / name / "reset").write_text("1"))


def suspend(name: str) -> None:
    Path("/sys/power/pm_test").write_text("devices")
    interruption(name, "suspend", lambda: Path("/sys/power/state").write_text("freeze"))
    Path("/sys/power/pm_test").write_text("none")


def bus_error(name: str) -> None:
    """Injected at the port above the board, fatal: the port is reset."""
    def inject() -> None:
        subprocess.run([TOOLS / "monitor", "pcie_aer_inject_error slot1 SDN"], check=True)
        wait_for(lambda: (CLASS / name / "generation").read_text() not in ("0\n", before), "another generation")
    before = (CLASS / name / "generation").read_text()
    interruption(name, "a bus error", inject)


def surprise(name: str) -> None:
    board = open_board(name)
    registers = registers_of(board)
    reader = Reader(board)
    check(word(registers) == EDU_ID, "a map before the board is pulled")
    subprocess.run([TOOLS / "surprise-remove", "1"], check=True)
    check(word(registers) == 0xFFFFFFFF and fails_with(errno.ENODEV, read32, board, ID), "pulled: all ones, ENODEV")
    check(not os.path.exists(f"/dev/upciedev/{name}") and reader.end() == errno.ENODEV, "the node has gone, a wait has ended")
    subprocess.run([TOOLS / "replug", "1"], check=True)
    again = open_board(name)
    check(read32(again, ID) == EDU_ID and fails_with(errno.ENODEV, read32, board, ID), "plugged in: new files only")
    registers.close()
    os.close(again)
    os.close(board)


def busy(name: str, stop: threading.Event, seen: list[int], rounds: Counter[int]) -> None:
    """Whatever a program does with a board, over and over; only proper errors may come."""
    while not stop.is_set():
        try:
            board = open_board(name)
        except OSError as problem:
            if problem.errno not in (errno.ENODEV, errno.ENOENT, errno.ENXIO):
                seen.append(problem.errno)
            time.sleep(0.01)  # for others
            continue
        try:
            with mmap.mmap(board, 4096, prot=mmap.PROT_READ) as registers, \
                    mmap.mmap(board, 8192, offset=4096) as plain:
                for _ in range(200):
                    if word(registers) not in (EDU_ID, 0xFFFFFFFF):
                        seen.append(-1)
                    plain[0:4] = b"\0\0\0\0"
                    batch(board, *[(READ, 1, ID, 0, 0)] * 100, (POLL, 2000, ID, 0xED, 0xFF))
                    os.pread(board, 1024, 0x1000)
                    areas(board)
                    rounds[threading.get_ident()] += 1
        except OSError as problem:
            if problem.errno != errno.ENODEV:
                seen.append(problem.errno)
        os.close(board)


def busy_removal(name: str) -> None:
    stop, seen, rounds = threading.Event(), [], Counter()
    threads = [threading.Thread(target=busy, args=(name, stop, seen, rounds)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(ROUNDS):
        at_work = rounds.total() + BUSY_ROUNDS
        wait_for(lambda: rounds.total() >= at_work, "busy threads")
        rebind(name)
    stop.set()
    for thread in threads:
        thread.join()
    check(not seen, f"{ROUNDS} removals under busy threads: only ENODEV ({seen[:4]})")


def count_half(board: int, shift: int, rounds: int) -> None:
    for value in range(1, rounds + 1):
        batch(board, (MODIFY, 1, 0, value << shift, 0xFFFF << shift), bar=2)


def two_writers() -> None:
    """Two threads count in one register of ivshmem, each in its half."""
    name = next(name for name in boards("generic") if (PCI / "devices" / name / "device").read_text() == "0x1110\n")
    board, rounds = open_board(name), 2000
    memory = mmap.mmap(board, 4096, offset=2 << 60)
    memory[0:4] = bytes(4)
    threads = [threading.Thread(target=count_half, args=(board, shift, rounds)) for shift in (0, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(word(memory) == rounds << 16 | rounds, "modifies of two threads do not undo each other")
    memory.close()
    os.close(board)


def main() -> None:
    name = boards("edu")[0]
    if sys.argv[1:] == ["suspend"]:
        suspend(name)
        return
    two_writers()
    for step in (second_node, waiting_poll, forked_map, read_only_file, reset, bus_error, surprise, busy_removal):
        step(name)
    left = counters()
    check(left["files"] == left["maps"] == left["replacement_pages"] == 0, f"no file, map or page is left: {left}")


if __name__ == "__main__":
    main()
