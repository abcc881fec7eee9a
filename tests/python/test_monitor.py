# SPDX-License-Identifier: BSD-3-Clause
"""Boards that arrive and leave."""

import select
import signal
import threading
import time
from collections.abc import Iterator

import pytest

import upciedev


@pytest.fixture
def crate() -> Iterator[upciedev.Crate]:
    with upciedev.open("sim:devices/crates/demo.yaml") as opened:
        yield opened


def test_a_board_leaves_and_comes_back(crate: upciedev.Crate) -> None:
    with crate.monitor() as monitor:
        adc = crate["adc"]
        adc.remove()
        left = monitor.wait(10)
        assert left is not None
        assert (left.arrived, left.board.slot, left.board.alias) == (False, 4, "adc")
        assert "slot 4 left" in repr(left)
        crate.rescan()
        assert next(iter(monitor)).arrived
        assert monitor.wait(0.3) is None
        adc.reopen()
        adc["SCRATCH"] = 7


def test_select_knows_of_changes(crate: upciedev.Crate) -> None:
    monitor = crate.monitor()
    crate["adc"].remove()
    assert select.select([monitor], [], [], 10)[0] == [monitor]
    change = monitor.wait(0)
    assert change is not None and not change.arrived


def test_a_signal_handler_ends_the_wait(crate: upciedev.Crate) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            crate.monitor().wait()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_the_second_thread_is_turned_away(crate: upciedev.Crate) -> None:
    monitor = crate.monitor()
    waiting = threading.Thread(target=monitor.wait, args=(2,))
    waiting.start()
    time.sleep(0.3)
    with pytest.raises(RuntimeError, match="another thread"):
        monitor.wait(0)
    waiting.join()
    assert monitor.wait(0) is None


def test_it_ends_with_its_crate(crate: upciedev.Crate) -> None:
    monitor = crate.monitor()
    crate.close()
    assert monitor.closed
    with pytest.raises(ValueError):
        monitor.wait(0)
