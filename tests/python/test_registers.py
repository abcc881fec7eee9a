# SPDX-License-Identifier: BSD-3-Clause
"""Registers and fields: values, bits and names, both ways."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import upciedev

INTEGERS = {
    "U8": (0, 2**8 - 1),
    "S8": (-(2**7), 2**7 - 1),
    "U16": (0, 2**16 - 1),
    "S16": (-(2**15), 2**15 - 1),
    "U32": (0, 2**32 - 1),
    "S32": (-(2**31), 2**31 - 1),
    "U64": (0, 2**64 - 1),
    "S64": (-(2**63), 2**63 - 1),
    "BIG32": (0, 2**32 - 1),
    "BIG64": (0, 2**64 - 1),
    "U12": (0, 2**12 - 1),
}
on_one_board = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", INTEGERS)
@on_one_board
@given(data=st.data())
def test_integers_return_exactly(board: upciedev.Board, name: str, data: Any) -> None:
    low, high = INTEGERS[name]
    number = data.draw(st.integers(low, high) | st.sampled_from([low, high]))
    reg = board.reg(f"plain.{name}")
    reg.write(number)
    read = reg.read()
    assert type(read) is int and read == number


@pytest.mark.parametrize("name", INTEGERS)
@on_one_board
@given(data=st.data())
def test_integers_beyond_the_type_are_refused(board: upciedev.Board, name: str, data: Any) -> None:
    low, high = INTEGERS[name]
    number = data.draw(st.integers(min_value=high + 1) | st.integers(max_value=low - 1))
    reg = board.reg(f"plain.{name}")
    before = reg.raw()
    with pytest.raises(upciedev.OutOfRange, match=reg.path) as raised:
        reg.write(number)
    assert isinstance(raised.value, ValueError)
    assert reg.raw() == before


@on_one_board
@given(number=st.floats(width=64))
def test_float64_returns_exactly(board: upciedev.Board, number: float) -> None:
    board["plain.F64"] = number
    read = board["plain.F64"]
    assert type(read) is float
    assert read == number or (math.isnan(read) and math.isnan(number))


@on_one_board
@given(number=st.floats(width=32, allow_nan=False))
def test_float32_returns_exactly(board: upciedev.Board, number: float) -> None:
    board["plain.F32"] = number
    assert board["plain.F32"] == number


@on_one_board
@given(number=st.floats(-8, 8 - 2**-12))
def test_fixed_point_rounds_to_the_nearest(board: upciedev.Board, number: float) -> None:
    board["plain.SFIX"] = number
    assert abs(board["plain.SFIX"] - number) <= 2**-13


@on_one_board
@given(number=st.integers(-(2**15), 2**15 - 1))
def test_scaling_is_undone_by_writing(board: upciedev.Board, number: int) -> None:
    reg = board.reg("plain.SCALED")
    reg.write_raw(number & 0xFFFF)
    reg.write(reg.read())
    assert reg.raw() & 0xFFFF == number & 0xFFFF
    assert reg.read() == pytest.approx(number * 0.01 + 20)


@pytest.mark.parametrize(
    "number",
    [3, True, 3.0, np.int16(3), np.uint64(3), np.float32(3), np.array(3.0), Decimal(3)],
)
def test_whatever_is_a_number_can_be_written(board: upciedev.Board, number: Any) -> None:
    board["plain.S32"] = number
    assert board["plain.S32"] == int(number)


@pytest.mark.parametrize("number", [None, 1j, [1], b"1", object()])
def test_what_is_no_number_is_a_type_error(board: upciedev.Board, number: Any) -> None:
    with pytest.raises(TypeError):
        board["plain.S32"] = number
    with pytest.raises(TypeError):
        board.reg("plain.S32").write(number)


@pytest.mark.parametrize("number", [math.nan, math.inf, 0.5, 1e300])
def test_an_integer_register_rounds_or_refuses(board: upciedev.Board, number: float) -> None:
    if number == 0.5:
        board["plain.S32"] = number
        assert board["plain.S32"] == 0  # ties to even
        return
    with pytest.raises(ValueError):
        board["plain.S32"] = number


@pytest.mark.parametrize("bits", [-1, 2**32, 2**64, 2**99])
def test_bits_beyond_the_register_are_refused(board: upciedev.Board, bits: int) -> None:
    with pytest.raises(upciedev.OutOfRange, match="plain.U32"):
        board.reg("plain.U32").write_raw(bits)


def test_bits_are_integers(board: upciedev.Board) -> None:
    board.reg("plain.U32").write_raw(np.uint32(7))
    assert board.reg("plain.U32").raw() == 7
    with pytest.raises(TypeError):
        board.reg("plain.U32").write_raw(1.0)  # type: ignore[arg-type]


def test_a_range_is_enforced_and_named(board: upciedev.Board) -> None:
    with pytest.raises(upciedev.OutOfRange, match="LIMITED.*6"):
        board["plain.LIMITED"] = 6.5


def test_all_ones_is_a_value(board: upciedev.Board) -> None:
    board["plain.U32"] = 0xFFFFFFFF
    assert board["plain.U32"] == 0xFFFFFFFF
    assert board.reg("plain.U32").raw() == 0xFFFFFFFF


@pytest.mark.parametrize("path", ["TABLE[3]", "TABLE.3"])
def test_elements_of_arrays(board: upciedev.Board, path: str) -> None:
    reg = board.reg(path)
    reg.write(33)
    assert board["TABLE[3]"] == 33
    assert (reg.path, reg.offset) == ("TABLE[3]", 0x10C)
    assert board["TABLE[2]"] == 0


def test_an_index_outside_is_an_index_error(board: upciedev.Board) -> None:
    with pytest.raises(IndexError):
        board.reg("TABLE[16]")


def test_an_unknown_register_is_a_key_error_with_a_suggestion(board: upciedev.Board) -> None:
    with pytest.raises(KeyError) as raised:
        board.reg("CTRLS")
    assert "CTRL" in str(raised.value)
    assert not str(raised.value).startswith("'")  # as KeyError's own str() would


def test_names_of_a_register(board: upciedev.Board) -> None:
    reg = board.reg("plain.MODE")
    reg.write("external")
    assert (reg.raw(), reg.read_name()) == (2, "external")
    reg.write(9)
    assert reg.read_name() is None
    with pytest.raises(ValueError, match="off, internal, external"):
        reg.write("sideways")
    board["plain.MODE"] = "internal"
    assert board["plain.MODE"] == 1


def test_fields_leave_their_neighbours(board: upciedev.Board) -> None:
    ctrl = board.reg("CTRL")
    ctrl.field("GAIN").write(-3)
    ctrl.field("MODE").write("external")
    ctrl.field("ENABLE").write(True)
    assert ctrl.raw() == 0xFD05
    assert (ctrl.field("GAIN").read(), ctrl.field("GAIN").raw()) == (-3, 0xFD)
    assert ctrl.field("MODE").read_name() == "external"
    ctrl.field("MODE").write_raw(0)
    assert ctrl.raw() == 0xFD01
    assert ctrl.field("MODE").path == "CTRL.MODE"


def test_fields_are_reached_by_their_path(crate: upciedev.Crate) -> None:
    board = crate["first"]
    board["CTRL.MODE"] = "external"
    board["CTRL.GAIN"] = -3
    assert (board["CTRL.MODE"], crate["first"]["CTRL.GAIN"]) == (2, -3)
    mode = board.field("CTRL.MODE")
    assert (mode.path, mode.read_name(), mode.description.lsb) == ("CTRL.MODE", "external", 1)
    with board.batch() as batch:
        batch.write(mode, 0)
        batch.modify_raw(board.reg("CTRL"), mask=1, bits=1)
        result = batch.read(board.reg("CTRL"))
    assert result.raw() == 0xFD01


@pytest.mark.parametrize("path", ["CTRL.MODEL", "CTLR.MODE", "CTRL.", "CTRL.MODE.X", "", "plain"])
def test_unknown_fields_are_key_errors(board: upciedev.Board, path: str) -> None:
    for use in (board.field, board.reg, board.__getitem__):
        with pytest.raises(upciedev.NoSuchRegister):
            use(path)
    with pytest.raises(KeyError):
        board[path] = 1


def test_a_register_is_no_field_and_a_field_no_register(board: upciedev.Board) -> None:
    with pytest.raises(KeyError, match="CTRL: is a register.*ENABLE, MODE, GAIN, START"):
        board.field("CTRL")
    with pytest.raises(KeyError, match="MODE is a field of CTRL; open it as a field"):
        board.reg("CTRL.MODE")
    with pytest.raises(KeyError, match="CTRL has no field 'MDOE'; did you mean 'MODE'?"):
        board["CTRL.MDOE"]


def test_values_too_wide_for_any_register_name_the_place(board: upciedev.Board) -> None:
    with pytest.raises(upciedev.OutOfRange, match="slot 3 allsorts: CTRL.MODE"):
        board["CTRL.MODE"] = 2**64


def test_modify_returns_the_bits_before(board: upciedev.Board) -> None:
    reg = board.reg("plain.U32")
    reg.write_raw(0x1234)
    assert reg.modify_raw(0xFF, 0x56) == 0x1234
    assert reg.modify_raw(mask=0, bits=0) == 0x1256


def test_reading_that_clears(board: upciedev.Board) -> None:
    assert [board["COUNT"], board["COUNT"]] == [7, 0]


def test_access_rights(board: upciedev.Board) -> None:
    with pytest.raises(upciedev.ReadOnly):
        board["READ_ONLY"] = 1
    with pytest.raises(upciedev.WriteOnly):
        board.reg("WRITE_ONLY").raw()
    with pytest.raises(upciedev.NotPermitted):
        board["GUARDED"] = 1
    with pytest.raises(PermissionError):
        board["READ_ONLY"] = 1


def test_descriptions(board: upciedev.Board) -> None:
    limited = board.reg("plain.LIMITED").description
    assert (limited.type, limited.unit, limited.range) == ("sfix16.12", "dB", (-6, 6))
    mode = board.reg("plain.MODE").description
    assert mode.values == {"off": 0, "internal": 1, "external": 2}
    assert (mode.text, mode.access, mode.reset) == ("Trigger source", "rw", None)
    assert board.reg("READ_ONLY").description.reset == 0xCAFE
    start = board.reg("CTRL").field("START").description
    assert (start.mask, start.on_write, start.access) == (0x10000, "strobe", "rw")
    assert [field.name for field in board.reg("CTRL").description.fields][0] == "ENABLE"


def test_repr_names_the_place(board: upciedev.Board) -> None:
    assert repr(board.reg("CTRL")) == f"<upciedev.Reg {board.label}: CTRL>"
    assert repr(board.reg("CTRL").field("MODE")) == f"<upciedev.Field {board.label}: CTRL.MODE>"


def test_the_fast_methods_check_self(board: upciedev.Board) -> None:
    with pytest.raises(TypeError):
        upciedev.Reg.raw(board)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        upciedev.Reg.__new__(upciedev.Reg).raw()
    with pytest.raises(TypeError):
        type("Mine", (upciedev.Reg,), {})


def test_bars(board: upciedev.Board) -> None:
    bar = board.bar(0)
    assert (bar.index, bar.facts.size, board.bar("regs").index) == (0, 65536, 0)
    board["plain.U32"] = 0x11223344
    assert bar.read(0x8) == 0x11223344
    assert bar.read(0xA, width=16) == 0x1122
    bar.write(0x8, 5)
    assert board["plain.U32"] == 5
    bar.write_block(0x100, range(16))
    block = bar.read_block(0x100, 16)
    assert block.dtype == np.uint32 and block.tolist() == list(range(16))
    out = np.zeros(4, np.uint32)
    assert bar.read_block(0x104, out=out) is out and out.tolist() == [1, 2, 3, 4]
    with pytest.raises(KeyError):
        board.bar(1)
    with pytest.raises(upciedev.OutOfRange):
        bar.read(0x10000)
    with pytest.raises(upciedev.OutOfRange):
        bar.read_block(0, 2**40)
    with pytest.raises(TypeError):
        bar.read_block(0)
