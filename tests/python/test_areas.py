# SPDX-License-Identifier: BSD-3-Clause
"""Areas and numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import upciedev

DTYPES = {
    "I8": np.int8,
    "U8": np.uint8,
    "I16": np.int16,
    "U16": np.uint16,
    "I32": np.int32,
    "U32": np.uint32,
    "I64": np.int64,
    "U64": np.uint64,
    "F32": np.float32,
    "F64": np.float64,
    "FIXED": np.int16,
    "BIG": np.uint16,
}


@pytest.mark.parametrize("name", DTYPES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_elements_return_exactly(board: upciedev.Board, name: str, data: Any) -> None:
    area = board.area(name)
    values = data.draw(hnp.arrays(DTYPES[name], st.integers(0, 300)))
    first = data.draw(st.integers(0, area.size - len(values)))
    area.write(first, values)
    read = area.read(first, len(values))
    assert read.dtype == area.dtype == DTYPES[name]
    assert read.tobytes() == values.tobytes()


def test_reading_without_arguments_reads_all(board: upciedev.Board) -> None:
    assert len(board.area("I16").read()) == len(board.area("I16")) == 4096
    assert len(board.area("I16").read(4000)) == 96


def test_the_array_is_the_callers_own(board: upciedev.Board) -> None:
    area = board.area("I16")
    array = area.read(0, 4)
    assert array.flags.owndata and array.flags.writeable
    array[:] = 9
    assert area.read(0, 4).tolist() == [0, 0, 0, 0]


def test_engineering_values(board: upciedev.Board) -> None:
    board.area("FIXED").write(0, np.array([4096, -2048], np.int16))
    volts = board.area("FIXED").read(0, 2, convert=True)
    assert volts.dtype == np.float64 and volts.tolist() == [1.0, -0.5]
    board.area("SCALED").write(0, [2, -1.5], convert=True)
    assert board.area("SCALED").read(0, 2).tolist() == [2, -5]
    with pytest.raises(upciedev.OutOfRange, match=r"FIXED\[6\]"):
        board.area("FIXED").write(5, [1.0, 8.0], convert=True)


@pytest.mark.parametrize(("first", "count"), [(4095, 2), (5000, 0), (0, 2**40), (-1, 1), (0, -1)])
def test_outside_is_an_index_error(board: upciedev.Board, first: int, count: int) -> None:
    with pytest.raises(IndexError, match="I16"):
        board.area("I16").read(first, count)


def test_writing_outside_is_an_index_error(board: upciedev.Board) -> None:
    with pytest.raises(IndexError):
        board.area("I16").write(4095, [1, 2])
    with pytest.raises(IndexError):
        board.area("I16").write(-1, [1])


def test_out_is_filled_in_place(board: upciedev.Board) -> None:
    board.area("I16").write(0, np.arange(8, dtype=np.int16))
    out = np.zeros(8, np.int16)
    assert board.area("I16").read(0, out=out) is out
    assert out.tolist() == list(range(8))
    square = np.zeros((2, 2), np.int16)
    board.area("I16").read(4, 4, out=square)
    assert square.tolist() == [[4, 5], [6, 7]]
    volts = np.zeros(2)
    board.area("FIXED").read(0, convert=True, out=volts)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float64, ">i2"])
def test_out_of_another_dtype_is_refused(board: upciedev.Board, dtype: Any) -> None:
    out = np.full(8, 1, dtype)
    with pytest.raises(TypeError, match="int16"):
        board.area("I16").read(0, out=out)
    assert out.tolist() == [1] * 8


def test_out_must_be_writable_contiguous_and_of_the_size(board: upciedev.Board) -> None:
    area = board.area("I16")
    frozen = np.zeros(8, np.int16)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        area.read(0, out=frozen)
    with pytest.raises(ValueError, match="contiguous"):
        area.read(0, out=np.zeros(16, np.int16)[::2])
    with pytest.raises(ValueError, match="contiguous"):
        area.read(0, out=np.zeros((4, 4), np.int16).T)
    with pytest.raises(ValueError, match="count"):
        area.read(0, 9, out=np.zeros(8, np.int16))
    with pytest.raises(TypeError):
        area.read(0, 2, out=[0, 0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        np.arange(8, dtype=np.int16)[::2],
        np.arange(8, dtype=np.int64)[::-2][::-1] - 1,
        np.array([0, 2, 4, 6], ">i2"),
        [0, 2, 4, 6],
        (0, 2, 4, 6),
        range(0, 8, 2),
        np.array([[0, 2], [4, 6]], np.uint8),
        np.array([[0, 4], [2, 6]], np.int16).T,
    ],
)
def test_any_array_of_integers_can_be_written(board: upciedev.Board, values: Any) -> None:
    board.area("I16").write(0, values)
    assert board.area("I16").read(0, 4).tolist() == [0, 2, 4, 6]


def test_nothing_is_cut_when_writing(board: upciedev.Board) -> None:
    area = board.area("I16")
    with pytest.raises(upciedev.OutOfRange, match="40000"):
        area.write(0, [40000])
    with pytest.raises(upciedev.OutOfRange):
        board.area("U32").write(0, np.array([-1]))
    with pytest.raises(TypeError, match="convert=True"):
        area.write(0, np.array([1.5]))
    with pytest.raises(TypeError):
        area.write(0, ["1"])
    assert area.read(0, 1)[0] == 0


def test_empty_blocks(board: upciedev.Board) -> None:
    area = board.area("I16")
    area.write(4096, [])
    assert area.read(4096, 0).shape == (0,)


def test_read_only_areas(board: upciedev.Board) -> None:
    with pytest.raises(upciedev.ReadOnly):
        board.area("INPUT").write(0, [1])
    assert board.area("INPUT").description.access == "ro"


def test_an_unknown_area_is_a_key_error(board: upciedev.Board) -> None:
    with pytest.raises(upciedev.NoSuchRegister):
        board.area("I15")
