#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts of the models as endpoints, through our driver:

    ./dev guest --crate devices/crates/full.yaml -- ./dev run -- tests/guest/interrupts.py
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import upciedev
from hotplug import plug, tool
from models import BACKPLANE, EXTERNAL, INTERNAL, NAMES, set_field
from verdicts import run_all
from waiting import wait_for, wait_until_it_waits

ROOT = Path(__file__).resolve().parents[2]
PCI = Path("/sys/bus/pci")
OPTICAL = 0
SECONDS = 100  # at most
PULSES = 40
RATE = 10  # Hz: a pulse that comes before the last one is acknowledged is not an event of its own


def pulses(event: upciedev.IrqEvent | None) -> int:
    """That it stands for."""
    assert event is not None, "a pulse without an interrupt"
    return ("pulse" in event.causes) + event.lost


def a_pulse_is_an_event() -> None:
    """Two clients see all of them, and as many as the board itself has counted."""
    with upciedev.open("local", names=NAMES) as crate:
        timer, other = crate["timer"], crate["timer"]
        timer["RATE"] = RATE
        before = timer["PULSE"]
        with timer.irq("pulse") as mine, other.irq("pulse") as theirs:
            set_field(timer, "CTRL", "SOURCE", INTERNAL)
            events = [mine.wait(SECONDS) for _ in range(PULSES)]
            set_field(timer, "CTRL", "SOURCE", OPTICAL)
            while timer["PULSE"] - before > sum(pulses(event) for event in events):
                events.append(mine.wait(SECONDS))
            seen = [theirs.wait(SECONDS) for _ in events]
        assert None not in events
        assert [event.sequence for event in events] == [event.sequence for event in seen]
        lost = sum(event.lost for event in events)
        told = sum("pulse" in event.causes for event in events)
        assert told + lost == timer["PULSE"] - before, (told, lost, timer["PULSE"] - before)
        assert lost == 0
        assert all(later.time > earlier.time for earlier, later in zip(events, events[1:]))


def the_examples_of_the_readme_run_unchanged() -> None:
    for example in (["build/cmake/examples/interrupt"], ["examples/interrupt.py"]):
        words = [sys.executable] if example[0].endswith(".py") else []
        done = subprocess.run([*words, str(ROOT / example[0]), "local"], text=True, capture_output=True)
        assert done.returncode == 0 and done.stdout.endswith("done, 0 lost; a trace\n"), done


def a_trigger_of_one_board_is_an_interrupt_of_another() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        adc, timer = crate["adc3"], crate["timer"]
        set_field(adc, "CTRL", "STOP", 1)
        set_field(adc, "CTRL", "LINE", 4)
        set_field(adc, "CTRL", "MODE", EXTERNAL)
        set_field(timer, "trigger[4].CTRL", "OUTPUT", BACKPLANE)
        set_field(timer, "trigger[4].CTRL", "ENABLE", 1)
        with adc.irqs(["trigger", "done"]) as irq:
            set_field(adc, "CTRL", "ARM", 1)
            set_field(timer, "CTRL", "SOURCE", INTERNAL)
            causes: set[str] = set()
            while not {"trigger", "done"} <= causes:
                event = irq.wait(SECONDS)
                assert event is not None, causes
                causes.update(event.causes)
        set_field(timer, "CTRL", "SOURCE", OPTICAL)
        set_field(timer, "trigger[4].CTRL", "ENABLE", 0)
        set_field(adc, "CTRL", "STOP", 1)


def the_command_prints_them() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        set_field(crate["timer"], "CTRL", "SOURCE", INTERNAL)
        done = subprocess.run(["upciedev", "irq", "1", "pulse", "--count", "3", "--timeout", "100"],
                              text=True, capture_output=True)
        set_field(crate["timer"], "CTRL", "SOURCE", OPTICAL)
    assert done.returncode == 0 and done.stdout.count("pulse") >= 3, done


class Waiter:
    """A program in a blocked wait for an interrupt."""

    def __init__(self, board: upciedev.Board, name: str) -> None:
        self.irq = board.irq(name)
        self.ended: list[object] = []
        self.thread = threading.Thread(target=self.wait)
        self.thread.start()
        wait_until_it_waits(self.thread)
        assert not self.ended, self.ended

    def wait(self) -> None:
        try:
            self.ended.append(self.irq.wait(60))
        except upciedev.Error as problem:
            self.ended.append(problem)

    def lost_its_board(self) -> None:
        self.thread.join(SECONDS)
        assert not self.thread.is_alive(), "the wait goes on"
        assert isinstance(self.ended[0], upciedev.BoardGone), self.ended
        self.irq.close()


def a_wait_ends_when(leave: Callable[[upciedev.Board], None], come: Callable[[], None], slot: int, name: str,
                     provoke: Callable[[upciedev.Board], None]) -> None:
    with upciedev.open("local", names=NAMES) as crate:
        board = crate[slot]
        waiter = Waiter(board, name)
        leave(board)
        waiter.lost_its_board()
        come()
        board.reopen()
        with board.irq(name) as irq:
            provoke(board)
            event = irq.wait(SECONDS)
            assert event is not None and event.name == name, event


def pulse(board: upciedev.Board) -> None:
    before = board["PULSE"]
    set_field(board, "CTRL", "SOURCE", INTERNAL)
    wait_for(lambda: board["PULSE"] > before, "a pulse")
    set_field(board, "CTRL", "SOURCE", OPTICAL)


def edu_raises(board: upciedev.Board) -> None:
    board["IRQ_RAISE"] = 1


def a_pulled_board_ends_a_wait() -> None:
    a_wait_ends_when(lambda _: tool("surprise-remove", 1), lambda: plug(1), 1, "pulse", pulse)


def a_board_unplugged_by_its_handle_ends_a_wait() -> None:
    a_wait_ends_when(lambda _: tool("monitor", "device_del board12"), lambda: plug(12), 12, "factorial", edu_raises)


def a_driver_that_lets_go_ends_a_wait() -> None:
    address = (PCI / "slots/1/address").read_text().strip() + ".0"
    a_wait_ends_when(lambda _: tool("unbind", address), lambda: tool("rebind", address), 1, "pulse", pulse)


def a_reset_ends_a_wait() -> None:
    a_wait_ends_when(lambda board: board.reset(), lambda: None, 1, "pulse", pulse)


if __name__ == "__main__":
    sys.exit(run_all(a_pulse_is_an_event, the_examples_of_the_readme_run_unchanged,
                     a_trigger_of_one_board_is_an_interrupt_of_another, the_command_prints_them,
                     a_reset_ends_a_wait, a_driver_that_lets_go_ends_a_wait,
                     a_board_unplugged_by_its_handle_ends_a_wait, a_pulled_board_ends_a_wait))
