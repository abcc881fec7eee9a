#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGINT and SIGTERM end whatever a command waits for, through our driver and through sysfs; tests/cli/test_signals.py
does the same with a shared simulation:

    ./dev guest --crate devices/crates/full.yaml -- ./dev run -- tests/guest/signals.py

Each command may wait for an hour, so a wait that ignores the signal does not end within the limit of this test.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from hotplug import tool
from models import NAMES
from verdicts import run_all
from waiting import in_call, wait_for

CARRIER = "8"  # the slot of io1
LOCAL = ("--crate", "local", "--names", NAMES)
SYSFS = ("--crate", "sysfs")
WATCHDOG = 100  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM)
HOUR = ["--timeout", "3600"]


def value(crate: tuple[str, ...], board: str, register: str) -> int:
    done = subprocess.run(["upciedev", *crate, "read", "-q", "-x", board, register], text=True, capture_output=True, check=True)
    return int(done.stdout, 16)


def reads(crate: tuple[str, ...], board: str, register: str, wanted: int) -> Callable[[], bool]:
    return lambda: value(crate, board, register) == wanted


def ends(crate: tuple[str, ...], words: list[str], waits: Callable[[], bool] | None, number: signal.Signals) -> None:
    """The command does, once it waits: that is when \\p waits holds, or its first line has come."""
    process = subprocess.Popen(["upciedev", *crate, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if waits is None:
            assert process.stdout.readline(), process.communicate()
        else:
            wait_for(lambda: process.poll() is not None or waits(), "the start of " + words[0])
            wait_for(lambda: in_call(process.pid, process.pid), f"{words[0]} to wait")
        assert process.poll() is None, process.communicate()
        os.kill(process.pid, number)
        _, error = process.communicate(timeout=WATCHDOG)
        assert process.returncode in (0, 1, -number), (process.returncode, error)
        assert process.returncode != 1 or "interrupted" in error, error
    finally:
        process.kill()
        process.wait()


def a_transfer_by_a_hung_engine_ends() -> None:
    for number in SIGNALS:
        tool("fault", CARRIER, "engine_hangs", "on")
        for words in ("dma read io1 read --length 4 -o /dev/null", "dma check io1 read --length 4KiB",
                      "dma stream io1 read --frame 400 -o /dev/null"):
            ends(LOCAL, [*words.split(), *HOUR], reads(LOCAL, "io1", "dma[0].STATUS.BUSY", 1), number)
        tool("fault", CARRIER, "engine_hangs", "off")
        subprocess.run(["upciedev", *LOCAL, "dma", "read", "io1", "read", "--length", "4", "-o", "/dev/null"], check=True)


def waiting_for_an_interrupt_ends() -> None:
    for number in SIGNALS:
        for words in ("irq adc1 done", "dma stream adc1 read --frame 400 --on done -o /dev/null", "scope adc1 DAQ --on done"):
            ends(LOCAL, [*words.split(), *HOUR], reads(LOCAL, "adc1", "IRQ_ENABLE.DONE", 1), number)
            wait_for(reads(LOCAL, "adc1", "IRQ_ENABLE.DONE", 0), "the driver to switch the interrupt off")


def a_value_ends(crate: tuple[str, ...], board: str, number: signal.Signals) -> None:
    subprocess.run(["upciedev", *crate, "write", board, "SCRATCH=1"], check=True)
    words = ["write", "--timeout", "10000", board, "SCRATCH=7", "SCRATCH==7", "SCRATCH==8"]
    ends(crate, words, reads(crate, board, "SCRATCH", 7), number)
    subprocess.run(["upciedev", *crate, "write", board, "SCRATCH=9", "SCRATCH==9"], check=True)


def waiting_for_a_value_ends() -> None:
    for number in SIGNALS:
        a_value_ends(LOCAL, "io1", number)


def what_goes_on_for_long_ends() -> None:
    for number in SIGNALS:
        ends(LOCAL, ["watch", "io1", "SCRATCH", "--period", "3600"], None, number)
        ends(LOCAL, ["claim", "io1", "--time", "3600"], None, number)
        ends(LOCAL, ["monitor", "--time", "3600"], lambda: True, number)


def all_of_it_ends_without_a_driver() -> None:
    address = Path(f"/sys/bus/pci/slots/{CARRIER}/address").read_text().strip() + ".0"
    tool("unbind", address)
    try:
        for number in SIGNALS:
            a_value_ends(SYSFS, CARRIER, number)
            ends(SYSFS, ["watch", CARRIER, "SCRATCH", "--period", "3600"], None, number)
    finally:
        tool("rebind", address)


if __name__ == "__main__":
    sys.exit(run_all(a_transfer_by_a_hung_engine_ends, waiting_for_an_interrupt_ends, waiting_for_a_value_ends,
                     what_goes_on_for_long_ends, all_of_it_ends_without_a_driver))
