#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The full crate as endpoints, each board a process of its own, through our driver:

    ./dev guest --crate devices/crates/full.yaml -- ./dev run -- tests/guest/models.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

import upciedev
from verdicts import run_all
from waiting import wait_for

NAMES = "devices/crates/full.yaml"
SOFTWARE, EXTERNAL = 0, 1  # CTRL.MODE of vadc10
BACKPLANE, INTERNAL = 2, 2  # trigger[].CTRL.OUTPUT and CTRL.SOURCE of vtimer
FRAMES, CHANNELS, WORDS_OF_A_FRAME = 1000, 10, 12
EXPECTED = {1: "vtimer", 2: "vadc10", 3: "vadc10", 4: "vadc10", 5: "vadc10", 6: "vadc8", 7: "vadc8",
            8: "vio", 9: "vio", 10: "vllrf", 11: "vllrf", 12: "edu"}


def every_slot_has_its_board_on_the_driver() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        found = {entry.slot: entry.name for entry in crate}
        ways = {entry.transport for entry in crate}
    assert found == EXPECTED, found
    assert ways == {"chardev"}, ways


def registers_are_the_models_own() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        assert crate["adc1"]["SERIAL"] == 1
        assert crate["adc4"]["SERIAL"] == 4
        assert crate["adc1"]["TEMP"] == 40.25
        crate["edu"]["LIVENESS"] = 0x12345678
        assert crate["edu"]["LIVENESS"] == 0xEDCBA987
        io = crate["io1"]  # big-endian
        io["SCRATCH"] = 0x11223344
        assert io["SCRATCH"] == 0x11223344
        assert crate["io2"]["SCRATCH"] != 0x11223344


def memories_are_mapped() -> None:
    with upciedev.open("local", names=NAMES) as crate:
        ram = crate["adc5"].area("DDR")
        ram.write(1000, [1, 2, 0xFFFFFFFF])
        assert list(ram.read(999, 5)) == [0, 1, 2, 0xFFFFFFFF, 0]
        assert list(crate["adc6"].area("DDR").read(999, 5)) == [0] * 5


def set_field(board: upciedev.Board, register: str, field: str, number: int) -> None:
    board.reg(register).field(field).write(number)


def acquire(adc: upciedev.Board, start: Callable[[], None]) -> np.ndarray:
    """The channels of one acquisition: frame x channel, counts."""
    set_field(adc, "CTRL", "STOP", 1)
    adc["LENGTH"] = FRAMES
    set_field(adc, "CTRL", "ARM", 1)
    start()
    wait_for(lambda: adc["WRITTEN"] == FRAMES and not adc.reg("STATUS").field("RUNNING").read(), "the end of an acquisition")
    samples = adc.area("DAQ").read(0, FRAMES * WORDS_OF_A_FRAME)
    return samples.reshape(FRAMES, WORDS_OF_A_FRAME)[:, :CHANNELS]


def a_trace_is_that_of_the_simulation() -> None:
    traces = []
    for uri in ("local", f"sim:{NAMES}"):
        with upciedev.open(uri, names=NAMES) as crate:
            adc = crate["adc1"]
            set_field(adc, "CTRL", "MODE", SOFTWARE)
            traces.append(acquire(adc, lambda adc=adc: set_field(adc, "CTRL", "SOFT_TRIGGER", 1)))
    assert np.array_equal(traces[0], traces[1]), traces
    assert len({tuple(channel) for channel in traces[0].T}) == CHANNELS, "channels look alike"


def the_timer_triggers_the_digitizers_over_the_backplane() -> None:
    """From process to process: nothing of it passes the guest."""
    with upciedev.open("local", names=NAMES) as crate:
        adcs, timer = [crate["adc2"], crate["adc3"]], crate["timer"]
        for adc in adcs:
            adc["LENGTH"] = FRAMES
            set_field(adc, "CTRL", "LINE", 1)
            set_field(adc, "CTRL", "MODE", EXTERNAL)
            set_field(adc, "CTRL", "ARM", 1)
        set_field(timer, "trigger[1].CTRL", "OUTPUT", BACKPLANE)
        set_field(timer, "trigger[1].CTRL", "ENABLE", 1)
        assert [adc["TRIGGERS"] for adc in adcs] == [0, 0]
        set_field(timer, "CTRL", "SOURCE", INTERNAL)
        for adc in adcs:
            wait_for(lambda adc=adc: adc["TRIGGERS"] > 0, "a trigger")
        set_field(timer, "CTRL", "SOURCE", 0)
        assert timer["trigger[1].COUNT"] >= 1


if __name__ == "__main__":
    sys.exit(run_all(
        every_slot_has_its_board_on_the_driver,
        registers_are_the_models_own,
        memories_are_mapped,
        a_trace_is_that_of_the_simulation,
        the_timer_triggers_the_digitizers_over_the_backplane,
    ))
