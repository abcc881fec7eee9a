# SPDX-License-Identifier: BSD-3-Clause
"""Batches."""

from __future__ import annotations

import pytest

import upciedev


def test_a_batch_runs_when_its_block_ends(board: upciedev.Board) -> None:
    board["plain.SFIX"] = 1.5
    with board.batch() as batch:
        before = batch.read(board.reg("plain.SFIX"))
        batch.write(board.reg("plain.SFIX"), -2)
        batch.write(board.reg("plain.MODE"), "external")
        batch.write_raw(board.reg("plain.U32"), 7)
        batch.write(board.reg("CTRL").field("MODE"), "internal")
        after = batch.read(board.reg("plain.SFIX"))
        mode = batch.read(board.reg("CTRL").field("MODE"))
        assert len(batch) == 7 and batch.done == 0
        assert board["plain.U32"] == 0
    assert (before.get(), after.get(), mode.get()) == (1.5, -2.0, 1)
    assert before.raw() == 0x1800
    assert (board["plain.MODE"], board["plain.U32"], batch.done) == (2, 7, 7)


def test_an_exception_keeps_it_from_running(board: upciedev.Board) -> None:
    with pytest.raises(ZeroDivisionError):
        with board.batch() as batch:
            batch.write(board.reg("plain.U32"), 7)
            1 / 0
    assert board["plain.U32"] == 0


def test_answers_before_the_run_are_refused(board: upciedev.Board) -> None:
    batch = board.batch()
    result = batch.read(board.reg("plain.U32"))
    with pytest.raises(upciedev.NotSupported, match="run"):
        result.get()


def test_it_stops_at_the_first_error(board: upciedev.Board) -> None:
    batch = board.batch()
    batch.write(board.reg("plain.U32"), 1)
    batch.write(board.reg("GUARDED"), 1)
    batch.write(board.reg("plain.S32"), 1)
    with pytest.raises(upciedev.NotPermitted, match="GUARDED"):
        batch.run()
    assert batch.done == 1
    assert (board["plain.U32"], board["plain.S32"]) == (1, 0)


def test_it_waits_in_order(board: upciedev.Board) -> None:
    batch = board.batch()
    batch.write(board.reg("plain.U32"), 6)
    batch.wait(board.reg("plain.U32"), mask=2, wanted=2, timeout=1)
    batch.run()
    batch.clear()
    batch.wait(board.reg("plain.U32"), mask=1, wanted=1, timeout=0.01)
    with pytest.raises(TimeoutError):
        batch.run()
    with pytest.raises(upciedev.OutOfRange):
        batch.wait(board.reg("plain.U32"), 1, 1, timeout=60)


def test_a_batch_can_run_again(board: upciedev.Board) -> None:
    batch = board.batch()
    result = batch.read(board.reg("plain.U32"))
    for number in (1, 2):
        board["plain.U32"] = number
        batch.run()
        assert result.get() == number
    batch.clear()
    assert len(batch) == 0 and result.get() == 2


def test_boards_do_not_mix(crate: upciedev.Crate) -> None:
    with pytest.raises(upciedev.NotSupported):
        crate[3].batch().read(crate[7].reg("plain.U32"))
