#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Guards where an IOMMU translates; runs.toml says how to boot.

On the root bus the IOMMU confines a board, so a bus address written there reaches nothing of
others: the guards of a card without DMA channels open. Where there are channels the guards stay, since
the IOMMU keeps the memory of one user from no other user of the board. The ports of QEMU's switch
have no ACS: what a board behind it sends may turn off to its neighbours before the IOMMU sees it. The
table of MSI-X stays shut everywhere. Without interrupt remapping ("no-remapping" as argument) nothing
is confined: a write to the interrupt controller's address is an interrupt of any kind.
"""

import errno
import fcntl
import mmap
import os
import struct
import subprocess
import sys
from pathlib import Path

from smoke import DMA_SOURCE, GET_INFO, WRITE, areas, batch, check, fails_with

PCI = Path("/sys/bus/pci")
CONFINED = 1 << 1
MAP_WRITE, CALL_WRITE = 1 << 1, 1 << 3
NVME_CLASS = "0x010802\n"


def open_board(address: str) -> int:
    return os.open(f"/dev/upciedev/{address}", os.O_RDWR)


def is_confined(board: int) -> bool:
    info = bytearray(184)
    struct.pack_into("=I", info, 0, len(info))
    fcntl.ioctl(board, GET_INFO, info)
    return bool(struct.unpack_from("=I", info, 8)[0] & CONFINED)


def edus() -> list[str]:
    """On the root bus first."""
    return sorted(path.name for path in PCI.glob("drivers/upciedev_edu/0000:*"))


def bind_nvme(driver: str) -> str:
    """The one on the root bus."""
    device = next(path for path in PCI.glob("devices/0000:00:*") if (path / "class").read_text() == NVME_CLASS)
    if (device / "driver").exists():
        (device / "driver/unbind").write_text(device.name)
    (device / "driver_override").write_text(driver)
    (PCI / "drivers_probe").write_text(device.name)
    return device.name


def map_page(board: int, offset: int) -> None:
    mmap.mmap(board, mmap.PAGESIZE, offset=offset).close()


def guard_without_channels(*, is_open: bool) -> None:
    """Of tests/abi/plugin/test_guards.c: a stretch of BAR 0."""
    subprocess.run(["insmod", f"{os.environ['UPCIEDEV_OUT']}/modules/test_guards.ko", "bar=0"], check=True)
    board = open_board(bind_nvme("test_guards"))
    rights = next(rights for first, length, rights in areas(board) if first <= 0x1000 < first + length)
    check(bool(rights & CALL_WRITE) == is_open, f"a guard of a card without channels is {'open' if is_open else 'shut'}")
    os.close(board)
    bind_nvme("upciedev_generic")
    subprocess.run(["rmmod", "test_guards"], check=True)


def confined(address: str) -> None:
    board = open_board(address)
    check(is_confined(board), f"the IOMMU confines {address}")
    check(fails_with(errno.EPERM, batch, board, (WRITE, 1, DMA_SOURCE, 0x1000, 0)), "guards of a card with channels stay")
    check(fails_with(errno.EPERM, map_page, board, 0), "and so does the page")
    os.close(board)


def not_confined(address: str) -> None:
    board = open_board(address)
    check(not is_confined(board), f"the IOMMU does not confine {address}, behind a switch without ACS")
    check(fails_with(errno.EPERM, batch, board, (WRITE, 1, DMA_SOURCE, 0x1000, 0)), "its guarded register is refused")
    check(fails_with(errno.EPERM, map_page, board, 0), "and so is a map")
    os.close(board)


def interrupts_stay_guarded(address: str) -> None:
    board = open_board(address)
    check(is_confined(board), f"the IOMMU confines {address}")
    tables = [first for first, _, rights in areas(board) if not rights & MAP_WRITE]
    check(bool(tables), "its MSI-X table cannot be mapped for writing")
    check(fails_with(errno.EPERM, map_page, board, tables[0]), "nor does mmap() give it")
    os.close(board)


def without_remapping() -> None:
    for address in edus():
        board = open_board(address)
        check(not is_confined(board), f"the IOMMU does not confine {address} without interrupt remapping")
        os.close(board)
    guard_without_channels(is_open=False)


def main() -> None:
    if sys.argv[1:] == ["no-remapping"]:
        without_remapping()
        return
    inside, behind_switch, *_ = edus()
    confined(inside)
    not_confined(behind_switch)
    interrupts_stay_guarded(bind_nvme("upciedev_generic"))
    guard_without_channels(is_open=True)


main()
