# SPDX-License-Identifier: BSD-3-Clause
"""A board file with every feature answers in Python as it does in C++, where
tests/unit/every_feature_test.cpp asks the same."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import upciedev
from upciedev import _core

FOLDER = Path(__file__).parents[1] / "every-feature"
PROBES = [-6.0, -1.0, 0.0, 0.5, 1.0, 2.0, 5.0, 3e9]
Described = upciedev.RegisterDescription | upciedev.FieldDescription


def decimal(number: float) -> str:
    return f"{number:.17g}"


def answer(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except upciedev.Error as refused:
        return _core._message(refused.kind.value)


def facts(what: Described) -> str:
    limits = ":".join(decimal(end) for end in what.range) if what.range else "none"
    names = "".join(f" {name}={bits:#x}" for name, bits in what.values.items())
    effects = f"{what.access} {what.on_read} {what.on_write}"
    return f"{what.type} unit '{what.unit}' range {limits} {effects}{names} '{what.text}'"


def register_facts(reg: upciedev.Reg) -> str:
    what = reg.description
    reset = "none" if what.reset is None else f"{what.reset:#x}"
    guard = (" guard" if what.guard else "") + (" admin" if what.guard_admin else "")
    place = f"bar {what.bar} at {reg.offset:#x} width {what.width}"
    return f"{place} reset {reset}{guard} {facts(what)}"


def raw_of(what: upciedev.Reg | upciedev.Field) -> str:
    return answer(lambda: f"{what.raw():#x}")


def value_of(board: upciedev.Board, path: str) -> str:
    return answer(lambda: decimal(board[path]))


def describe(board: upciedev.Board, path: str) -> Iterator[str]:
    reg = board.reg(path)
    yield f"register {path}: {register_facts(reg)}"
    yield f"  reads {raw_of(reg)} {value_of(board, path)}"
    for part in reg.description.fields:
        field = board.field(f"{path}.{part.name}")
        about = field.description
        yield f"field {field.path}: bits {about.lsb}+{about.width} {facts(about)}"
        yield f"  reads {raw_of(field)} {value_of(board, field.path)}"


def write(board: upciedev.Board, path: str, number: float, reg: upciedev.Reg) -> str:
    board[path] = number
    return raw_of(reg)


def probe(board: upciedev.Board, path: str) -> Iterator[str]:
    reg = board.reg(path)
    for name in [path, *(f"{path}.{part.name}" for part in reg.description.fields)]:
        answers = [answer(lambda: write(board, name, number, reg)) for number in PROBES]
        yield f"writes {name}: {', '.join(answers)}"


def numbers(area: upciedev.Area, first: int, count: int) -> str:
    return answer(lambda: " ".join(map(decimal, area.read(first, count, convert=True).tolist())))


def fill(area: upciedev.Area) -> str:
    area.write(1, [0.5, -0.5, 1.0, 0.0], convert=True)
    return "well"


def use(area: upciedev.Area) -> Iterator[str]:
    what = area.description
    place = f"bar {what.bar} at {what.offset:#x} count {what.count}"
    yield f"area {what.path}: {place} {what.type} unit '{what.unit}' {what.access} '{what.text}'"
    yield f"  writes {answer(lambda: fill(area))}"
    yield f"  reads {numbers(area, 0, 6)}"
    yield f"  last {numbers(area, area.size - 1, 1)}"
    yield f"  behind {numbers(area, area.size, 1)}"


def interview(board: upciedev.Board) -> Iterator[str]:
    for path in board.registers():
        yield from describe(board, path)
    for path in board.registers():
        yield from probe(board, path)
    for path in board.areas():
        yield from use(board.area(path))


def test_it_answers_as_in_cpp() -> None:
    with upciedev.open(f"sim:{FOLDER}/crate.yaml") as crate:
        found = list(interview(crate.board("one")))
    assert found == (FOLDER / "answers.txt").read_text().splitlines()[1:]


def test_the_rest_of_the_file_is_there_too() -> None:
    with upciedev.open(f"sim:{FOLDER}/crate.yaml") as crate:
        board = crate.board(4)
        assert board.health().firmware == "0x10002"
        assert (crate.list()[0].expected, board.identity.ids.subdevice) == ("met", 1)
        assert board.bar("ddr").facts.write_combined
        settings = upciedev.Settings.of(board)
        board["SCRATCH"] = 1
        assert [change.path for change in settings.diff(board)] == ["SCRATCH"]
        board.flush()
