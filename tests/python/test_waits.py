# SPDX-License-Identifier: BSD-3-Clause
"""Waiting: time-outs, Ctrl-C, and the GIL meanwhile."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

import upciedev


@pytest.mark.parametrize("timeout", [0, 0.02, timedelta(milliseconds=20)])
def test_time_running_out_is_none(board: upciedev.Board, timeout: Any) -> None:
    start = time.monotonic()
    assert board.reg("plain.U32").wait_raw(1, 1, timeout) is None
    assert time.monotonic() - start < 5


def test_a_wait_takes_its_time(board: upciedev.Board) -> None:
    start = time.monotonic()
    board.reg("plain.U32").wait_raw(1, 1, 0.2)
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("timeout", [-1, math.nan, -math.inf])
def test_a_foolish_time_out_is_a_value_error(board: upciedev.Board, timeout: float) -> None:
    with pytest.raises(ValueError):
        board.reg("plain.U32").wait_raw(1, 1, timeout)


def test_a_time_out_is_a_number(board: upciedev.Board) -> None:
    with pytest.raises(TypeError):
        board.reg("plain.U32").wait_raw(1, 1, "1")  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [None, math.inf, 60])
def test_another_thread_ends_the_wait(board: upciedev.Board, timeout: float | None) -> None:
    reg = board.reg("plain.U32")
    timer = threading.Timer(0.1, lambda: reg.write_raw(0x103))
    timer.start()
    assert reg.wait_raw(0xFF, 0x3, timeout) == 0x103
    timer.join()


class Stop(Exception):
    pass


def raise_stop(*_: object) -> None:
    raise Stop


def interrupt_after(seconds: float) -> threading.Timer:
    signal.signal(signal.SIGUSR1, raise_stop)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    return timer


def test_a_signal_ends_a_wait(board: upciedev.Board) -> None:
    timer = interrupt_after(0.2)
    start = time.monotonic()
    with pytest.raises(Stop):
        board.reg("plain.U32").wait_raw(1, 1, 60)
    assert time.monotonic() - start < 10
    timer.join()


def test_a_signal_ends_a_batch(board: upciedev.Board) -> None:
    def stop(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Stop

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.02)  # one may come between two pauses
    start = time.monotonic()
    with pytest.raises(Stop):
        with board.batch() as batch:
            batch.wait(board.reg("plain.U32"), 1, 1, timeout=10)
    assert time.monotonic() - start < 5


def test_a_signal_without_exception_does_not(board: upciedev.Board) -> None:
    seen = []
    signal.signal(signal.SIGUSR2, lambda *_: seen.append(1))
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR2))
    timer.start()
    start = time.monotonic()
    assert board.reg("plain.U32").wait_raw(1, 1, 0.4) is None
    assert time.monotonic() - start >= 0.4
    assert seen == [1]
    timer.join()


def test_a_closed_crate_does_not_harm_a_wait(crate: upciedev.Crate) -> None:
    reg = crate.board(3).reg("plain.U32")
    timer = threading.Timer(0.1, crate.close)
    timer.start()
    assert reg.wait_raw(1, 1, 0.3) is None
    timer.join()
    assert crate.closed
