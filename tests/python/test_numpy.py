# SPDX-License-Identifier: BSD-3-Clause
"""Arrays that the package makes are whole, whichever numpy is there (see with_numpy2.py)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import upciedev

CRATE = "sim:devices/crates/full.yaml"

MAKERS: dict[str, Callable[[upciedev.Board], "npt.NDArray[Any]"]] = {
    "area.read": lambda board: board.area("DDR").read(0, 6),
    "area.read, converted": lambda board: board.area("DAQ").read(0, 6, convert=True),
    "bar.read_block": lambda board: board.bar(0).read_block(0, 6),
    "dma.read": lambda board: board.dma("read").read(0, 6),
    "dma.read of int64": lambda board: board.dma("read").read(0, 6, dtype="i8"),
    "dma.read of records": lambda board: board.dma("read").read(0, 6, dtype="i2, f4"),
    "dma.read of pairs": lambda board: board.dma("read").read(0, 6, dtype="(2,)f4"),
    "dma.read of text": lambda board: board.dma("read").read(0, 6, dtype="S"),
    "dma_traces": lambda board: board.area("DAQ").dma_traces(0, 6).data,
}


@pytest.fixture
def board() -> Iterator[upciedev.Board]:
    with upciedev.open(CRATE) as crate:
        yield crate["adc1"]


@pytest.mark.parametrize("maker", MAKERS)
def test_elements_lie_one_behind_the_other(board: upciedev.Board, maker: str) -> None:
    array = MAKERS[maker](board)
    assert 6 in array.shape and array.itemsize > 0
    assert array.strides == np.empty(array.shape, array.dtype).strides
    assert array.flags.c_contiguous and array.flags.owndata and array.flags.writeable


def test_bytes_come_to_their_elements(board: upciedev.Board) -> None:
    numbers = np.arange(1, 49, dtype=np.uint8)
    board.area("DDR").write(0, numbers.view("<u4"))
    read = board.dma("read").read
    for dtype in ("u1", "<i2", "<u4", "<i8", "i2, f4", "(2,)f4", "S", "S3", "U2", "c16", "M8[ns]"):
        array = read(0, 2, dtype=dtype)
        assert array.tobytes() == numbers[:array.nbytes].tobytes(), dtype
        out = np.zeros(2, dtype)
        assert read(0, out=out) is out and out.tobytes() == numbers[:out.nbytes].tobytes(), dtype


def test_no_warning_is_given() -> None:
    script = (
        "import upciedev\n"
        f"board = upciedev.open({CRATE!r})['adc1']\n"
        "assert board.area('DDR').read(0, 2).tolist() == [0, 0]\n"
        "board.area('DDR').write(0, [1, 2])\n"
        "assert board.dma('read').read(0, 2, dtype='<u4').tolist() == [1, 2]\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
