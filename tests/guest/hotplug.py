#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Boards are pulled and unplugged while programs hold them open, have them mapped and wait:

    ./dev guest --crate devices/crates/full.yaml -- ./dev run -- tests/guest/hotplug.py

$UPCIEDEV_CYCLES says how often a board leaves in the last test (default 20).
A board whose process dies is not among the tests: QEMU 11.1 now and then aborts over it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import upciedev
from models import NAMES, wait_for
from verdicts import run_all

TOOLS = Path(__file__).resolve().parent
COUNTERS = Path("/sys/kernel/debug/upciedev/counters")
SECONDS = 30  # for a board to leave or to come back
LONG = 60.0  # a wait that only removal ends
PULLED_EACH = 5  # of the cycles, every fifth takes the power away; the others remove and rescan


def tool(name: str, *words: object) -> None:
    subprocess.run([TOOLS / name, *map(str, words)], check=True)


class Program:
    """What a program has when its board leaves: handles, a map, and a thread in a wait."""

    def __init__(self, board: upciedev.Board) -> None:
        self.board = board
        self.register = board.reg("SCRATCH")
        self.memory = board.area("WINDOW")
        self.register.write(0x1234)
        self.memory.write(0, [1, 2, 3])
        self.ended: list[BaseException | str] = []
        self.waiting = threading.Thread(target=self.wait)
        self.waiting.start()
        time.sleep(0.3)
        assert not self.ended, self.ended

    def wait(self) -> None:
        try:
            self.register.wait_raw(0xFFFFFFFF, 0xDEAD, LONG)
            self.ended.append("the wait ended without an error")
        except upciedev.Error as problem:
            self.ended.append(problem)

    def lost_its_board(self) -> None:
        self.waiting.join(SECONDS)
        assert not self.waiting.is_alive(), "the wait goes on"
        assert isinstance(self.ended[0], upciedev.BoardGone), self.ended
        for access in (self.register.read, lambda: self.register.write(1), lambda: self.memory.read(0, 3)):
            refused_with(upciedev.BoardGone, access)

    def has_it_again(self) -> None:
        self.board.reopen()
        self.register.write(0x4321)
        assert self.register.read() == 0x4321
        self.memory.write(0, [7])
        assert self.memory.read(0, 1)[0] == 7


def refused_with(kind: type[Exception], access: Callable[[], object]) -> None:
    try:
        access()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def change(monitor: upciedev.CrateMonitor, slot: int, arrived: bool) -> None:
    seen = monitor.wait(SECONDS)
    assert seen is not None, f"nobody tells that slot {slot} has {'arrived' if arrived else 'left'}"
    assert (seen.board.slot, seen.arrived) == (slot, arrived), seen


def leaves_and_comes_back(slot: int, leave: Callable[[], None], come: Callable[[], None]) -> None:
    with upciedev.open("local", names=NAMES) as crate, crate.monitor() as monitor:
        program = Program(crate[slot])
        leave()
        change(monitor, slot, arrived=False)
        program.lost_its_board()
        come()
        change(monitor, slot, arrived=True)
        program.has_it_again()
        assert monitor.wait(0) is None


# Boards 8 and 9 have small memories: the bridge above has no room for a large one that comes back.
def a_pulled_board() -> None:
    leaves_and_comes_back(8, lambda: tool("surprise-remove", 8), lambda: plug(8))


def plug(slot: int) -> None:
    """QEMU connects anew, and finds the same process. The generic driver has to be told each time."""
    tool("replug", slot)
    tool("bind-crate")


def a_board_unplugged_by_its_handle() -> None:
    """As QEMU's monitor does it: the attention button, then the driver lets go."""
    leaves_and_comes_back(9, lambda: tool("monitor", "device_del board9"), lambda: plug(9))


def remove_and_rescan(crate: upciedev.Crate, slot: int) -> None:
    crate[slot].remove()
    crate.rescan(slot)
    tool("bind-crate")


def a_board_that_leaves_over_and_over() -> None:
    cycles = int(os.environ.get("UPCIEDEV_CYCLES", "20"))
    started = time.monotonic()
    with upciedev.open("local", names=NAMES) as crate, crate.monitor() as monitor:
        board = crate[8]
        for number in range(cycles):
            program = Program(board)
            if number % PULLED_EACH == 0:
                tool("surprise-remove", 8)
                plug(8)
            else:
                remove_and_rescan(crate, 8)
            change(monitor, 8, arrived=False)
            change(monitor, 8, arrived=True)
            program.lost_its_board()
            program.has_it_again()
            if (number + 1) % 100 == 0:
                print(f"{number + 1} cycles after {time.monotonic() - started:.0f} s", flush=True)


def nothing_is_left_in_the_driver() -> None:
    def left() -> dict[str, int]:
        counts = dict(line.split() for line in COUNTERS.read_text().splitlines())
        return {name: int(counts[name]) for name in ("files", "maps", "replacement_pages")}

    wait_for(lambda: not any(left().values()), "the counters to return", seen=left)


if __name__ == "__main__":
    sys.exit(run_all(a_pulled_board, a_board_unplugged_by_its_handle,
                     a_board_that_leaves_over_and_over, nothing_is_left_in_the_driver))
