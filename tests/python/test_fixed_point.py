# SPDX-License-Identifier: BSD-3-Clause
"""Fixed point of every width, with the binary point within, at the end of and beyond the bits,
against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Iterator, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upciedev


class Shape(NamedTuple):
    signed: bool
    bits: int
    fraction: int

    @property
    def type(self) -> str:
        return f"{'s' if self.signed else 'u'}fix{self.bits}.{self.fraction}"

    @property
    def name(self) -> str:
        return self.type.upper().replace(".", "_")

    @property
    def codes(self) -> tuple[int, int]:
        top = 2 ** (self.bits - self.signed)
        return (-top if self.signed else 0), top - 1

    def value(self, code: int) -> float:
        return float(Fraction(code, 2**self.fraction))

    def nearest(self, number: float) -> int:
        return int(round(Fraction(number) * 2**self.fraction))  # ties to even


SHAPES = sorted(
    {
        Shape(signed, bits, fraction)
        for signed in (False, True)
        for bits in range(1, 65)
        for fraction in (1, bits // 2 + 1, bits, bits + 6)
    }
)
FIELD_SHAPES = [shape for shape in SHAPES if shape.bits <= 32]
AREA_SHAPES = [shape for shape in SHAPES if shape.bits in (8, 12, 16, 18, 24, 32, 48)]


def board_file() -> str:
    lines = ["format: 1", "board: shapes", "title: Shapes", "match: {vendor: 1, device: 2}"]
    lines += ["bars: {regs: {index: 0, size: 64 KiB}, ram: {index: 2, size: 64 KiB}}", "registers:"]
    for number, shape in enumerate(SHAPES):
        width = 64 if shape.bits > 32 else 32
        about = f"at: regs+{number * 8}, width: {width}, type: {shape.type}"
        lines.append(f"  {shape.name}: {{{about}}}")
    for number, shape in enumerate(FIELD_SHAPES):
        field = f"PART: {{bits: {shape.bits + 7}:8, type: {shape.type}}}"
        at = f"at: regs+{0x8000 + number * 8}, width: 64"
        lines.append(f"  IN_{shape.name}: {{{at}, fields: {{{field}}}}}")
    lines.append("areas:")
    for number, shape in enumerate(AREA_SHAPES):
        lines.append(f"  RAM_{shape.name}: {{at: ram+{number * 64}, count: 8, type: {shape.type}}}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[upciedev.Board]:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "shapes.yaml").write_text(board_file())
    crate = folder / "crate.yaml"
    crate.write_text("format: 1\ncrate: shapes\nslots:\n  1: {board: shapes.yaml}\n")
    with upciedev.open(f"sim:{crate}") as opened:
        yield opened[1]


def numbers(shape: Shape) -> st.SearchStrategy[float]:
    """Within, at and a little outside the limits, and half-way between two codes."""
    least, greatest = shape.codes
    codes = st.integers(2 * least - 2, 2 * greatest + 2) | st.sampled_from(
        [2 * least - 1, 2 * least, 2 * greatest, 2 * greatest + 1]
    )
    halves = codes.map(lambda twice: float(Fraction(twice, 2 ** (shape.fraction + 1))))
    low, high = shape.value(least), shape.value(greatest)
    return halves | st.floats(low, high)


def check(what: upciedev.Reg | upciedev.Field, shape: Shape, number: float) -> None:
    code = shape.nearest(number)
    least, greatest = shape.codes
    before = what.raw()
    if not least <= code <= greatest:
        with pytest.raises(upciedev.OutOfRange):
            what.write(number)
        assert what.raw() == before
        return
    what.write(number)
    assert what.raw() == code % 2**shape.bits
    assert what.read() == shape.value(code)


@settings(max_examples=1500)
@given(data=st.data())
def test_registers_round_to_the_nearest_code(shapes: upciedev.Board, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(SHAPES))
    check(shapes.reg(shape.name), shape, data.draw(numbers(shape)))


@settings(max_examples=800)
@given(data=st.data())
def test_fields_do_so_and_leave_their_neighbours(
    shapes: upciedev.Board, data: st.DataObject
) -> None:
    shape = data.draw(st.sampled_from(FIELD_SHAPES))
    reg = shapes.reg("IN_" + shape.name)
    mask = (2**shape.bits - 1) << 8
    reg.write_raw(~mask % 2**64)
    check(reg.field("PART"), shape, data.draw(numbers(shape)))
    assert reg.raw() | mask == 2**64 - 1


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.type for shape in SHAPES])
def test_the_limits_are_written_and_what_lies_beyond_is_not(
    shapes: upciedev.Board, shape: Shape
) -> None:
    reg = shapes.reg(shape.name)
    assert reg.description.type == shape.type
    for code in (*shape.codes, 0):
        reg.write_raw(code % 2**shape.bits)
        assert reg.read() == shape.value(code)
        if Fraction(shape.value(code)) == Fraction(code, 2**shape.fraction):
            check(reg, shape, shape.value(code))
    least, greatest = shape.codes
    for number in (shape.value(2 * greatest + 2), shape.value(2 * least - 2), math.nan, math.inf):
        with pytest.raises(ValueError):
            reg.write(number)


@settings(max_examples=300)
@given(data=st.data())
def test_areas_agree_with_registers(shapes: upciedev.Board, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(AREA_SHAPES))
    codes = data.draw(st.lists(st.integers(*shape.codes), min_size=8, max_size=8))
    area = shapes.area("RAM_" + shape.name)
    area.write(0, [shape.value(code) for code in codes], convert=True)
    assert area.read(0).astype(object).tolist() == codes
    values = [shape.value(code) for code in codes]
    assert area.read(0, convert=True).tolist() == values
    assert area.read(0, convert=True).dtype == np.float64
