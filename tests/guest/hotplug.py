#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Boards are pulled and unplugged while programs hold them open, have them mapped and wait:

    ./dev guest --crate devices/crates/full.yaml -- ./dev run -- tests/guest/hotplug.py [CRATE]

The crate has a digitizer in slot 2 and I/O carriers in 8 and 9. $UPCIEDEV_CYCLES says how often a
board leaves in the last test (default 20).
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
import models
from verdicts import run_all
from waiting import wait_for, wait_until_it_waits

NAMES = sys.argv[1] if len(sys.argv) > 1 else models.NAMES
TOOLS = Path(__file__).resolve().parent
COUNTERS = Path("/sys/kernel/debug/upciedev/counters")
SECONDS = 100  # at most, for a board to leave or to come back
LONG = 60.0  # a wait that only removal ends
PULLED_EACH = 5  # of the cycles, every fifth takes the power away; the others remove and rescan
DIGITIZER = 2
ALL_ONES = 0xFFFFFFFF


def tool(name: str, *words: object) -> None:
    subprocess.run([TOOLS / name, *map(str, words)], check=True)


class Program:
    """What a program has when its board leaves: handles, a map, and a thread in a wait, on a digitizer for an interrupt."""

    def __init__(self, board: upciedev.Board, slot: int) -> None:
        self.board, self.slot = board, slot
        self.digitizes = slot == DIGITIZER
        self.register = board.reg("SCRATCH")
        self.memory = board.area("DDR" if self.digitizes else "WINDOW")
        self.register.write(0x1234)
        self.memory.write(0, [1, 2, 3])
        self.ended: list[BaseException | str] = []
        self.waiting = threading.Thread(target=self.wait)
        self.waiting.start()
        wait_until_it_waits(self.waiting)
        assert not self.ended, self.ended

    def wait(self) -> None:
        try:
            if self.digitizes:
                with self.board.irq("done") as irq:
                    irq.wait(LONG)
            else:
                self.register.wait_raw(ALL_ONES, 0xDEAD, LONG)
            self.ended.append("the wait ended without an error")
        except upciedev.Error as problem:
            self.ended.append(problem)

    def finds_the_link_down(self) -> None:
        wait_for(lambda: self.register.raw() == ALL_ONES, "all ones")
        assert list(self.memory.read(0, 3)) == [ALL_ONES] * 3
        self.register.write(0x55)
        assert self.register.raw() == ALL_ONES
        assert not self.ended, self.ended

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
        for place in (0, len(self.memory) - 1):
            self.memory.write(place, [7])
            assert self.memory.read(place, 1)[0] == 7


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


def leaves_and_comes_back(slot: int, leave: Callable[[Program], None], come: Callable[[], None]) -> None:
    with upciedev.open("local", names=NAMES) as crate, crate.monitor() as monitor:
        program = Program(crate[slot], slot)
        leave(program)
        change(monitor, slot, arrived=False)
        program.lost_its_board()
        come()
        change(monitor, slot, arrived=True)
        program.has_it_again()
        assert monitor.wait(0) is None


def a_pulled_board() -> None:
    leaves_and_comes_back(8, lambda _: tool("surprise-remove", 8), lambda: plug(8))


def plug(slot: int) -> None:
    """QEMU connects anew, and finds the same process. The generic driver has to be told each time."""
    tool("replug", slot)
    tool("bind-crate")


def a_board_unplugged_by_its_handle() -> None:
    """As QEMU's monitor does it: the attention button, then the driver lets go."""
    leaves_and_comes_back(9, lambda _: tool("monitor", "device_del board9"), lambda: plug(9))


def a_board_with_a_large_memory_finds_room_again() -> None:
    leaves_and_comes_back(DIGITIZER, lambda _: tool("monitor", f"device_del board{DIGITIZER}"), lambda: plug(DIGITIZER))


def dies(program: Program) -> None:
    """The link goes down. As QEMU's ports do not tell of that, the hub takes the power away."""
    tool("board-process", "kill", program.slot)
    program.finds_the_link_down()
    tool("surprise-remove", program.slot)


def rises(slot: int) -> None:
    tool("board-process", "start", slot)
    plug(slot)


def a_board_whose_process_dies() -> None:
    leaves_and_comes_back(8, dies, lambda: rises(8))


def a_digitizer_whose_process_dies() -> None:
    leaves_and_comes_back(DIGITIZER, dies, lambda: rises(DIGITIZER))


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
            program = Program(board, 8)
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
    sys.exit(run_all(
        a_pulled_board,
        a_board_unplugged_by_its_handle,
        a_board_with_a_large_memory_finds_room_again,
        a_board_whose_process_dies,
        a_digitizer_whose_process_dies,
        a_board_that_leaves_over_and_over,
        nothing_is_left_in_the_driver,
    ))
