# SPDX-License-Identifier: BSD-3-Clause
"""close(), `with`, and what outlives what."""

from __future__ import annotations

import gc
from typing import Any, Callable

import numpy as np
import pytest

import upciedev
from conftest import CRATE

USES: dict[str, Callable[[Any], Any]] = {
    "crate.board": lambda a: a["crate"].board(3),
    "crate.list": lambda a: list(a["crate"]),
    "board.reg": lambda a: a["board"].reg("CTRL"),
    "board[]": lambda a: a["board"]["CTRL"],
    "board.name": lambda a: a["board"].name,
    "reg.raw": lambda a: a["reg"].raw(),
    "reg.write": lambda a: a["reg"].write(1),
    "reg.wait_raw": lambda a: a["reg"].wait_raw(1, 1, 0),
    "field.read": lambda a: a["field"].read(),
    "area.read": lambda a: a["area"].read(0, 1),
    "bar.read": lambda a: a["bar"].read(0),
    "batch.run": lambda a: a["batch"].run(),
    "with crate": lambda a: a["crate"].__enter__(),
}


def make_all() -> dict[str, Any]:
    crate = upciedev.open(CRATE)
    board = crate.board(3)
    reg = board.reg("CTRL")
    return {
        "crate": crate,
        "board": board,
        "reg": reg,
        "field": reg.field("ENABLE"),
        "area": board.area("I16"),
        "bar": board.bar(0),
        "batch": board.batch(),
    }


@pytest.mark.parametrize("use", USES)
def test_a_closed_crate_closes_all_that_came_from_it(use: str) -> None:
    things = make_all()
    if use != "with crate":
        USES[use](things)
    things["crate"].close()
    things["crate"].close()  # again is no error
    with pytest.raises(ValueError, match="closed"):
        USES[use](things)


class Closing:
    """A number, or a time, that closes the crate when it is looked at."""

    def __init__(self, crate: upciedev.Crate) -> None:
        self.crate = crate

    def __index__(self) -> int:
        self.crate.close()
        return 1

    def total_seconds(self) -> float:
        return self.__index__()


CONVERSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "reg.write": lambda a, number: a["reg"].write(number),
    "reg.write_raw": lambda a, number: a["reg"].write_raw(number),
    "reg.modify_raw": lambda a, number: a["reg"].modify_raw(number, 0),
    "field.write": lambda a, number: a["field"].write(number),
    "board[]": lambda a, number: a["board"].__setitem__("CTRL", number),
    "bar.read": lambda a, number: a["bar"].read(number),
    "batch.write": lambda a, number: a["batch"].write(a["reg"], number),
    "batch.write a field": lambda a, number: a["batch"].write(a["field"], number),
    "batch.write_raw": lambda a, number: a["batch"].write_raw(a["reg"], number),
    "batch.wait": lambda a, number: a["batch"].wait(a["reg"], 1, 1, timeout=number),
}


@pytest.mark.parametrize("call", CONVERSIONS)
def test_what_closes_while_it_is_converted_finds_all_closed(call: str) -> None:
    things = make_all()
    things["crate"].board(3).reg("CTRL").write(0)
    with pytest.raises(ValueError, match="closed"):
        CONVERSIONS[call](things, Closing(things["crate"]))
    assert things["reg"].__repr__() == "<upciedev.Reg closed>"


def test_a_closed_board_leaves_the_crate(crate: upciedev.Crate) -> None:
    with crate.board(3) as board:
        reg = board.reg("CTRL")
    assert board.closed and not crate.closed
    with pytest.raises(ValueError, match="closed"):
        reg.raw()
    assert crate.board(3).reg("CTRL").raw() == 0
    assert repr(reg) == "<upciedev.Reg closed>"


def test_handles_keep_their_board() -> None:
    reg = upciedev.open(CRATE).board(3).reg("plain.U32")
    gc.collect()
    reg.write(5)
    assert reg.read() == 5


def test_what_was_read_outlives_the_crate() -> None:
    with upciedev.open(CRATE) as crate:
        board = crate.board(3)
        board.area("I16").write(0, [1, 2, 3])
        array = board.area("I16").read(0, 3)
        entries = crate.list()
        description = board.reg("plain.LIMITED").description
        with board.batch() as batch:
            result = batch.read(board.reg("READ_ONLY"))
        unanswered = board.batch().read(board.reg("CTRL"))
    gc.collect()
    assert array.tolist() == [1, 2, 3]
    assert entries[0].name == "allsorts"
    assert description.unit == "dB"
    assert (result.get(), result.raw()) == (0xCAFE, 0xCAFE)
    with pytest.raises(ValueError, match="closed"):
        unanswered.get()


def test_the_order_of_collection_does_not_matter() -> None:
    for order in (["crate", "board", "reg"], ["reg", "board", "crate"]):
        things = make_all()
        for name in order:
            del things[name]
            gc.collect()
        assert things["area"].read(0, 1).dtype == np.int16
