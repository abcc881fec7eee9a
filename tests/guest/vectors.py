#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Boards with several interrupt vectors, served by vfio_board.cpp; runs.toml says how to boot.

    ./dev run -- tests/guest/vectors.py SLOT:KIND:VECTORS...

KIND and VECTORS are what the kernel has to grant: without interrupt remapping it grants one MSI.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import upciedev
from smoke import ioctl_number
from verdicts import report, verdict

ROOT = Path(__file__).resolve().parents[2]
PCI = Path("/sys/bus/pci")
NAMES = ("zero", "one", "two", "three")
KINDS = ("none", "INTx", "MSI", "MSI-X")
IRQ_INFO = ioctl_number(0x30, 32)


class Stand(NamedTuple):
    slot: int
    kind: str
    vectors: int

    @property
    def address(self) -> str:
        return (PCI / f"slots/{self.slot}/address").read_text().strip() + ".0"


def stand(text: str) -> Stand:
    slot, kind, vectors = text.split(":")
    return Stand(int(slot), kind, int(vectors))


def granted(address: str) -> tuple[str, int]:
    node = os.open(f"/dev/upciedev/{address}", os.O_RDONLY)
    info = bytearray(32)
    fcntl.ioctl(node, IRQ_INFO, info)
    os.close(node)
    kind, vectors = struct.unpack_from("=II", info)
    return KINDS[kind], vectors


def each_vector_is_told_to_its_subscriber(board: upciedev.Board, vectors: int) -> None:
    irqs = [board.irq(name) for name in NAMES]
    for number in (2, 0, 3, 1, 1):
        board["TRIGGER"] = number
        event = irqs[number].wait(10)
        assert event is not None, f"vector {number} did not come"
        assert event.name == NAMES[number] and event.vector == number % vectors, event
        for other, irq in enumerate(irqs):
            folded = other != number and other % vectors == number % vectors
            assert (irq.wait(10 if folded else 0) is not None) == folded, f"{other} at {number}"


def one_subscriber_hears_several_vectors(board: upciedev.Board, vectors: int) -> None:
    with board.irqs(["one", "three"]) as irq:
        for number in (3, 1, 3):
            board["TRIGGER"] = number
            event = irq.wait(10)
            assert event is not None and event.vector == number % vectors, event
        if vectors > 2:
            with board.irq("two") as two:
                board["TRIGGER"] = 2
                assert two.wait(10) is not None
            assert irq.wait(0) is None


def nobody_hears_a_vector_without_subscriber(board: upciedev.Board, _vectors: int) -> None:
    board["TRIGGER"] = 0
    with board.irq("zero") as zero, board.irq("one") as one:
        board["TRIGGER"] = 1
        assert one.wait(10) is not None
        assert zero.wait(0) is None, "what came before anybody subscribed"


def judge(which: Stand) -> bool:
    found = granted(which.address)
    good = report(f"slot {which.slot} is granted {which.vectors} {which.kind}",
                  "" if found == (which.kind, which.vectors) else f"granted {found}")
    with upciedev.open("local", devices=[str(ROOT / "tests/guest/devices")]) as crate:
        board = crate[which.slot]
        tests = [each_vector_is_told_to_its_subscriber, one_subscriber_hears_several_vectors]
        if which.vectors >= len(NAMES):  # folded, they cannot be told apart
            tests.append(nobody_hears_a_vector_without_subscriber)
        for test in tests:
            def named(test=test) -> None:
                test(board, which.vectors)
            named.__name__ = f"{test.__name__} by {which.kind}"
            good = verdict(named) and good
    return good


def take(address: str) -> None:
    subprocess.run([ROOT / "tests/guest/unbind", address], check=True)
    (PCI / "devices" / address / "driver_override").write_text("\n")


def main() -> int:
    stands = [stand(word) for word in sys.argv[1:]]
    for each in stands:
        take(each.address)
    subprocess.run(["insmod", f"{os.environ['UPCIEDEV_OUT']}/modules/test_vectors.ko"], check=True)
    try:
        subprocess.run(["udevadm", "settle"], check=True)
        return 0 if all([judge(each) for each in stands]) else 1
    finally:
        subprocess.run(["rmmod", "test_vectors"], check=True)
        subprocess.run([ROOT / "tests/guest/bind-crate"], check=True)


if __name__ == "__main__":
    sys.exit(main())
