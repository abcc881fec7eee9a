# SPDX-License-Identifier: BSD-3-Clause
"""Crates, boards and registers may be used by any number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import upciedev

THREADS = 4


def test_threads_do_not_disturb_each_other(board: upciedev.Board) -> None:
    def work(number: int) -> int:
        reg = board.reg(f"TABLE[{number}]")
        area = board.area("I16")
        for step in range(300):
            reg.write(step)
            assert reg.read() == step
            area.write(number * 64, np.full(64, step, np.int16))
            assert (area.read(number * 64, 64) == step).all()
        return number

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS))) == list(range(THREADS))


def test_modify_is_atomic(board: upciedev.Board) -> None:
    reg = board.reg("plain.U32")

    def work(number: int) -> None:
        for step in range(500):
            reg.modify_raw(0xFF << (8 * number), (step & 0xFF) << (8 * number))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert reg.raw() == 0xF3F3F3F3


def test_closing_while_others_work(crate: upciedev.Crate) -> None:
    board = crate.board(3)

    def work(number: int) -> str:
        try:
            while True:
                board.area("I16").read()
                crate.board(7).reg("TABLE[0]").raw()
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(work, number) for number in range(THREADS)]
        for _ in range(50):
            board.area("I16").read()
        crate.close()
        assert all("closed" in job.result(timeout=60) for job in jobs)


def test_a_running_batch_is_not_touched(board: upciedev.Board) -> None:
    batch = board.batch()
    result = batch.read(board.reg("TABLE[0]"))
    batch.wait(board.reg("plain.U32"), 1, 1, timeout=10)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(batch.run)
        while not job.running():
            pass
        refused = 0
        while not job.done():
            try:
                batch.write(board.reg("TABLE[1]"), 1)
            except RuntimeError:
                refused += 1
                with pytest.raises(RuntimeError):
                    result.get()
                board["plain.U32"] = 1
                break
        job.result(timeout=30)
    assert refused == 1
