#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""DMA of the models as endpoints, through our driver and the SDK:

    ./dev guest --crate tests/guest/few.yaml -- ./dev run -- tests/guest/dma.py tests/guest/few.yaml
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import upciedev
from hotplug import NAMES, plug, refused_with, tool
from verdicts import run_all
from waiting import wait_until_it_waits

ROOT = Path(__file__).resolve().parents[2]
PCI = Path("/sys/bus/pci")
DIGITIZER, CARRIER = 2, 8
SECONDS = 100  # at most
MIB = 1 << 20


def the_examples_of_the_readme_run_unchanged() -> None:
    moves, recorded = "channels of 1000 samples, ch[0] moves\n", "480000 bytes\n"
    for example, wanted in (("build/cmake/examples/dma", moves), ("examples/trace.py", moves),
                            ("build/cmake/examples/record", recorded), ("examples/record.py", recorded)):
        words = [sys.executable] if example.endswith(".py") else []
        done = subprocess.run([*words, str(ROOT / example), "local"], text=True, capture_output=True)
        assert done.returncode == 0 and done.stdout.endswith(wanted), done


def the_command_checks_engines_and_draws() -> None:
    for words, wanted in ((["dma", "check", "8", "read"], "restored"),
                          (["dma", "check", "2", "read", "--length", "1MiB"], "alike for DMA and CPU"),
                          (["dma", "check", "11", "read", "--length", "8MiB"], "restored"),
                          (["scope", "2", "DAQ", "--set", "CTRL.MODE=software", "--set", "CTRL.SINGLE=1", "--set", "CTRL.ARM=1",
                            "--set", "CTRL.SOFT_TRIGGER=1", "--on", "done", "-c", "ch[3]", "--samples", "600"], "ch[3]  -0.5 to 0.5")):
        done = subprocess.run(["upciedev", "--names", NAMES, *words], text=True, capture_output=True)
        assert done.returncode == 0 and wanted in done.stdout, done


def samples(board: upciedev.Board, count: int) -> "np.ndarray[Any, Any]":
    numbers = np.arange(count, dtype=np.uint32)
    board.area("DDR").write(0, numbers)
    return numbers


def back_at_once() -> None:
    """reset() opens the board again by itself."""


class Reader:
    """A program with a frame in its hands, one transfer under way after the other, and a thread that waits for a frame."""

    def __init__(self, board: upciedev.Board) -> None:
        self.numbers = samples(board, 1000)
        self.channel = board.dma("read")
        stream = self.channel.stream(2, 4000, count=1)
        frame = stream.next(SECONDS)
        assert frame is not None
        self.kept = np.asarray(frame).view("<u4")
        self.waiting = board.dma("read").stream(2, 4000, trigger=["done"])
        self.ended: list[object] = []
        self.threads = [threading.Thread(target=self.run, args=(act,)) for act in (self.wait, self.move)]
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            wait_until_it_waits(thread)
        assert not self.ended, self.ended

    def run(self, act: Callable[[], object]) -> None:
        try:
            self.ended.append(act())
        except upciedev.Error as problem:
            self.ended.append(problem)

    def wait(self) -> object:
        return self.waiting.next(60)

    def move(self) -> None:
        while True:
            self.channel.read(0, 16 * MIB, timeout=60)

    def lost_its_board(self) -> None:
        for thread in self.threads:
            thread.join(SECONDS)
            assert not thread.is_alive(), "it goes on"
        assert all(isinstance(end, upciedev.BoardGone) for end in self.ended), self.ended
        assert np.array_equal(self.kept, self.numbers), "the frame is not what it was"
        self.waiting.close()


def a_board_leaves(leave: Callable[[upciedev.Board], None], come: Callable[[], None]) -> None:
    with upciedev.open("local", names=NAMES) as crate:
        board = crate[DIGITIZER]
        reader = Reader(board)
        leave(board)
        reader.lost_its_board()
        if come is not back_at_once:
            refused_with(upciedev.BoardGone, lambda: reader.channel.read(0, 4))
        come()
        board.reopen()
        numbers = samples(board, 64)
        assert np.array_equal(board.dma("read").read(0, 64, dtype="<u4"), numbers)
        assert np.array_equal(reader.kept, reader.numbers), "written after the board had left"


def a_pulled_board_ends_transfers_and_streams() -> None:
    a_board_leaves(lambda _: tool("surprise-remove", DIGITIZER), lambda: plug(DIGITIZER))


def a_driver_that_lets_go_ends_them() -> None:
    address = (PCI / f"slots/{DIGITIZER}/address").read_text().strip() + ".0"
    a_board_leaves(lambda _: tool("unbind", address), lambda: tool("rebind", address))


def a_reset_ends_them() -> None:
    a_board_leaves(lambda board: board.reset(), back_at_once)


def registers_answer_while_an_engine_hangs() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        board = crate[CARRIER]
        tool("fault", CARRIER, "engine_hangs", "on")
        ended: list[object] = []

        def hang() -> None:
            try:
                board.dma("read").read(0, 4096, timeout=3)
            except upciedev.Timeout as problem:
                ended.append(problem)

        thread = threading.Thread(target=hang)
        thread.start()
        wait_until_it_waits(thread)
        for number in range(100):
            board["SCRATCH"] = number
            assert board["SCRATCH"] == number
        assert not ended and thread.is_alive(), "the transfer was to wait all the time"
        thread.join(SECONDS)
        tool("fault", CARRIER, "engine_hangs", "off")
        assert len(ended) == 1, ended
        board.dma("write").write(0, np.arange(64, dtype=np.uint8))
        assert list(board.dma("read").read(0, 64)) == list(range(64)), "the engine was stopped, and works"


if __name__ == "__main__":
    sys.exit(run_all(the_examples_of_the_readme_run_unchanged, the_command_checks_engines_and_draws,
                     registers_answer_while_an_engine_hangs, a_reset_ends_them, a_driver_that_lets_go_ends_them,
                     a_pulled_board_ends_transfers_and_streams))
