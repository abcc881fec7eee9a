#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A board that our own vfio-user server plays is a PCI endpoint to the stock kernel; runs.toml says
how it is plugged (slot 7). What no driver does here, DMA and MSI, is set up with setpci."""

import ctypes
import mmap
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

from smoke import read32, write32
from waiting import wait_for

SLOT = "7"
PAGE = 4096
BUS_MASTER = "COMMAND=6:6"
# Registers, as in devices/vfio-test.yaml; the tool, which takes seconds to start in here, is used for a few.
ID, SCRATCH, TRIGGER, RESETS, ADDRESS_LOW, ADDRESS_HIGH, LENGTH, CONTROL, STATUS = range(0, 9 * 4, 4)
MEMORY = 2 << 60
DONE, FAILED = 2, 3


def check(condition: bool, text: str) -> None:
    if not condition:
        sys.exit(f"vfio: {text}")
    print(f"  ok: {text}", flush=True)


def output(*command: str) -> str:
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def tool(command: str, *names: str) -> str:
    return output("upciedev", "--devices", "tests/guest/devices", command, SLOT, *names)


def read_by_name(name: str) -> int:
    return int(tool("read", name).split()[-1], 0)


def board_address() -> str:
    return Path(f"/sys/bus/pci/slots/{SLOT}/address").read_text().strip() + ".0"


def enumeration(address: str) -> None:
    listed = output("lspci", "-vv", "-n", "-s", address)
    for text in ("1d50:f10f", "[size=64K]", "64-bit, prefetchable) [size=1M]", "MSI: Enable- Count=1/4",
                 "FLReset+", "Device Serial Number 00-00-00-00-1d-50-f1-0f"):
        check(text in listed, f"lspci shows {text}")
    driver = Path(f"/sys/bus/pci/devices/{address}/driver").resolve().name
    check(driver == "upciedev_generic", f"bound to {driver}")


def access() -> None:
    check(read_by_name("ID") == 0x76667573, "a trapped register reads")
    tool("write", "SCRATCH=0x12345678")
    check(read_by_name("SCRATCH") == 0x12345678, "a trapped register keeps what is written")


def memory(board: int) -> None:
    """Mapped: the guest's accesses do not reach the server, whose file they change nevertheless."""
    with mmap.mmap(board, 1 << 20, offset=MEMORY) as ram:
        ram[PAGE:PAGE + 8] = b"by map  "
        check(read_by_name(f"MEMORY[{PAGE // 4}]") == struct.unpack("<I", b"by m")[0],
              "memory is mapped and read by name")
        started = time.monotonic()
        for offset in range(0, 1 << 20, 64):
            ram[offset]
        mapped = (time.monotonic() - started) / (1 << 14)
        started = time.monotonic()
        for _ in range(1 << 10):
            read32(board, SCRATCH)
        trapped = (time.monotonic() - started) / (1 << 10)
        check(2 * mapped < trapped, f"a mapped access costs {mapped * 1e6:.1f} us, a trapped one {trapped * 1e6:.1f}")


class LockedPage:
    """A page of the guest whose bus address we know."""

    def __init__(self) -> None:
        self.data = mmap.mmap(-1, PAGE)
        self.data[:] = bytes(PAGE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.data))
        if ctypes.CDLL(None).mlock(ctypes.c_void_p(address), PAGE) != 0:
            sys.exit("vfio: mlock failed")
        with open("/proc/self/pagemap", "rb") as pagemap:
            pagemap.seek(address // PAGE * 8)
            self.bus = (struct.unpack("<Q", pagemap.read(8))[0] & (1 << 55) - 1) * PAGE


def transfer(board: int, bus: int, length: int, control: int) -> int:
    for register, value in ((ADDRESS_LOW, bus & 0xFFFFFFFF), (ADDRESS_HIGH, bus >> 32), (LENGTH, length), (CONTROL, control)):
        write32(board, register, value)
    wait_for(lambda: read32(board, STATUS) in (DONE, FAILED), "the end of a transfer")
    return read32(board, STATUS)


def dma(board: int, address: str) -> None:
    page = LockedPage()
    write32(board, MEMORY, 0x64726162)
    check(transfer(board, page.bus, 4, 1) == FAILED and page.data[:4] == bytes(4), "no DMA without Bus Master")
    output("setpci", "-s", address, BUS_MASTER)
    check(transfer(board, page.bus, 4, 1) == DONE and page.data[:4] == b"bard", "the board writes the host's memory")
    page.data[:4] = b"host"
    check(transfer(board, page.bus, 4, 2) == DONE, "the board reads the host's memory")
    check(read32(board, MEMORY) == struct.unpack("<I", b"host")[0], "and has it")
    check(transfer(board, 0xFFFF_0000_0000, 4, 2) == FAILED, "a read by message from nowhere fails")
    own = int(Path(f"/sys/bus/pci/devices/{address}/resource").read_text().splitlines()[0].split()[0], 16)
    check(transfer(board, own + 4, 4, 1) == DONE, "a write by message")
    check(read32(board, SCRATCH) == struct.unpack("<I", b"host")[0], "reached a BAR")


def msi(board: int, address: str) -> None:
    """An MSI is a write of 32 bits: let it go to memory where we see it."""
    page = LockedPage()
    low, high = page.bus & 0xFFFFFFFF, page.bus >> 32
    output("setpci", "-s", address, f"CAP_MSI+4.l={low:x}", f"CAP_MSI+8.l={high:x}", "CAP_MSI+c.w=1230", "CAP_MSI+2.w=1:71")
    write32(board, TRIGGER, 3)
    wait_for(lambda: page.data[:4] != bytes(4), "a message")
    output("setpci", "-s", address, "CAP_MSI+2.w=0:1")
    check(page.data[:4] == struct.pack("<I", 0x1230), "an interrupt arrives, folded to the one vector granted")


def reset(board: int, address: str) -> None:
    before = read32(board, RESETS)
    Path("/sys/bus/pci/devices", address, "reset").write_text("1")
    again = os.open(f"/dev/upciedev/{address}", os.O_RDWR)
    found = [read32(again, register) for register in (RESETS, SCRATCH, ID)]
    check(found == [before + 1, 0, 0x76667573], "function level reset, and the board is back")
    os.close(again)


def main() -> None:
    address = board_address()
    enumeration(address)
    access()
    board = os.open(f"/dev/upciedev/{address}", os.O_RDWR)
    memory(board)
    dma(board, address)
    msi(board, address)
    reset(board, address)
    os.close(board)


if __name__ == "__main__":
    main()
