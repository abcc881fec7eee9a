# SPDX-License-Identifier: BSD-3-Clause
"""What surrounds an access: capabilities, flush, trace; and the numbers at the edges of a type."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import upciedev
from conftest import CRATE

on_one_board = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_board_tells_what_can_be_done(board: upciedev.Board) -> None:
    assert board.capabilities == ["mapping", "batch", "modify", "interrupts", "dma", "peer",
                                  "reset", "claim", "hot-plug"]


def test_a_trace_has_every_access_and_what_flush_reads(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    with upciedev.open(CRATE, trace=file) as crate:
        board = crate[3]
        board["plain.U32"] = 5
        board.flush()
        assert "mapping" not in board.capabilities
    lines = [line.split("\t")[3:5] for line in file.read_text().splitlines()]
    assert lines == [["plain.U32", "write"], ["plain.U8", "read"]]


def test_a_closed_board_cannot_be_flushed(crate: upciedev.Crate) -> None:
    board = crate[7]
    board.close()
    with pytest.raises(ValueError, match="closed"):
        board.flush()


@on_one_board
@given(bits=st.integers(0, 2**10 - 1))
def test_unsigned_fixed_point_returns_exactly(board: upciedev.Board, bits: int) -> None:
    reg = board.reg("plain.UFIX")
    reg.write(bits / 2**8)
    assert (reg.raw(), reg.read()) == (bits, bits / 2**8)


@pytest.mark.parametrize("number", [-1 / 2**8, 4.0])
def test_unsigned_fixed_point_has_an_end_on_both_sides(
    board: upciedev.Board, number: float
) -> None:
    with pytest.raises(upciedev.OutOfRange):
        board["plain.UFIX"] = number


@on_one_board
@given(sign=st.booleans(), payload=st.integers(1, 2**23 - 1))
def test_float32_reads_any_nan(board: upciedev.Board, sign: bool, payload: int) -> None:
    reg = board.reg("plain.F32")
    reg.write_raw(sign << 31 | 0x7F800000 | payload)
    assert math.isnan(reg.read())
    reg.write(math.nan)
    assert reg.raw() & 0x7F800000 == 0x7F800000 and reg.raw() & 0x7FFFFF != 0
