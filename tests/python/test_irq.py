# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts from Python."""

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Iterator

import pytest

import upciedev

CRATE = "sim:devices/crates/full.yaml"


@pytest.fixture
def adc() -> Iterator[upciedev.Board]:
    with upciedev.open(CRATE) as crate:
        yield crate["adc1"]


def acquire(board: upciedev.Board) -> None:
    board["CTRL.SINGLE"] = 1
    board["CTRL.ARM"] = 1
    board["CTRL.SOFT_TRIGGER"] = 1


def test_an_acquisition_tells_its_end(adc: upciedev.Board) -> None:
    before = time.monotonic()
    with adc.irq("done") as done:
        assert done.names == ["done"] and done.wait(0) is None
        acquire(adc)
        event = done.wait(10)
        assert event is not None and event.name == "done" and event.has("done")
        assert "done" in event.causes
        assert event.status & 4 and event.vector == 0 and event.lost == 0 and not event.masked
        assert before <= event.time <= time.monotonic()
        assert "done" in repr(event)
    assert done.closed
    with pytest.raises(ValueError):
        done.wait(0)


def test_select_and_drain(adc: upciedev.Board) -> None:
    done = adc.irq("done")
    assert select.select([done], [], [], 0)[0] == []
    acquire(adc)
    assert select.select([done], [], [], 10)[0] == [done]
    assert [event.name for event in done.drain()] == ["done"]


def test_iteration(adc: upciedev.Board) -> None:
    done = adc.irqs(["done"])
    acquire(adc)
    assert next(iter(done)).name == "done"


def test_async_iteration(adc: upciedev.Board) -> None:
    async def first() -> str:
        done = adc.irq("done")
        asyncio.get_running_loop().call_later(0.05, acquire, adc)
        async for event in done:
            return event.name
        raise AssertionError("the iteration ended")

    assert asyncio.run(asyncio.wait_for(first(), 10)) == "done"


def test_names(adc: upciedev.Board) -> None:
    assert adc.irqs().names == ["dma_done", "trigger", "done", "overflow"]
    with pytest.raises(upciedev.NoSuchRegister, match="did you mean 'done'"):
        adc.irq("dome")


def test_ctrl_c_ends_a_wait(adc: upciedev.Board) -> None:
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        adc.irq("done").wait()
    timer.join()


def test_a_board_that_leaves_ends_a_wait(adc: upciedev.Board) -> None:
    timer = threading.Timer(0.1, adc.remove)
    timer.start()
    with pytest.raises(upciedev.BoardGone, match="interrupt done"):
        adc.irq("done").wait(10)
    timer.join()
