#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Guards where an IOMMU translates; runs.toml says how to boot.

On the root bus the IOMMU confines a board, so a bus address written there reaches nothing of
others and the guards of its card open. The ports of QEMU's switch have no ACS: what a board behind
it sends may turn off to its neighbours before the IOMMU sees it, so its guards stay. The table of
MSI-X stays shut everywhere, since interrupts are not confined.
"""

import errno
import fcntl
import mmap
import os
import struct
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


def bind_nvme() -> str:
    """The one on the root bus."""
    device = next(path for path in PCI.glob("devices/0000:00:*") if (path / "class").read_text() == NVME_CLASS)
    (device / "driver_override").write_text("upciedev_generic")
    (PCI / "drivers_probe").write_text(device.name)
    return device.name


def map_page(board: int, offset: int) -> None:
    mmap.mmap(board, mmap.PAGESIZE, offset=offset).close()


def confined(address: str) -> None:
    board = open_board(address)
    check(is_confined(board), f"the IOMMU confines {address}")
    check(all(rights & MAP_WRITE and rights & CALL_WRITE for _, _, rights in areas(board)), "all of its BAR is open")
    batch(board, (WRITE, 1, DMA_SOURCE, 0x1000, 0))
    map_page(board, 0)
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


def main() -> None:
    inside, behind_switch, *_ = edus()
    confined(inside)
    not_confined(behind_switch)
    interrupts_stay_guarded(bind_nvme())


main()
