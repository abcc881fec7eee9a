# SPDX-License-Identifier: BSD-3-Clause
"""Crates and how boards are found in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import upciedev
from conftest import CRATE


def test_iterating_lists_the_boards_by_slot(crate: upciedev.Crate) -> None:
    entries = [(entry.slot, entry.alias, entry.name) for entry in crate]
    assert entries == [(3, "first", "allsorts"), (7, "second", "allsorts")]
    assert [entry.slot for entry in crate.list()] == [3, 7]


@pytest.mark.parametrize("key", [7, np.int64(7), "slot:7", "second"])
def test_a_board_is_found_by_slot_and_by_name(crate: upciedev.Crate, key: int | str) -> None:
    for board in (crate.board(key), crate[key]):
        assert board.identity.slot == 7
        assert board.alias == "second"


@pytest.mark.parametrize("key", [5, -1, 2**70, "nobody"])
def test_an_unknown_board_is_a_key_error(crate: upciedev.Crate, key: int | str) -> None:
    with pytest.raises(upciedev.NoSuchBoard) as raised:
        crate.board(key)
    assert isinstance(raised.value, KeyError)
    assert raised.value.remedy


def test_an_empty_slot_names_the_others(crate: upciedev.Crate) -> None:
    with pytest.raises(KeyError, match="3.*7"):
        crate.board(5)


def test_an_ambiguous_name_lists_the_candidates(crate: upciedev.Crate) -> None:
    with pytest.raises(upciedev.NoSuchBoard, match="3.*7"):
        crate.board("allsorts")


def test_a_board_key_is_a_number_or_a_name(crate: upciedev.Crate) -> None:
    with pytest.raises(TypeError):
        crate.board(3.0)  # type: ignore[arg-type]


def test_in_does_not_guess(crate: upciedev.Crate, board: upciedev.Board) -> None:
    with pytest.raises(TypeError):
        3 in crate  # type: ignore[operator]
    with pytest.raises(TypeError):
        "CTRL" in board  # type: ignore[misc]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(upciedev.Error, match="no-such-crate.yaml"):
        upciedev.open("sim:no-such-crate.yaml")


def test_a_broken_file_tells_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("format: 1\ncrate: broken\nslits: {}\n")
    with pytest.raises(upciedev.BadBoardFile) as raised:
        upciedev.open(f"sim:{file}", devices=[tmp_path])
    assert isinstance(raised.value, ValueError)
    assert raised.value.where == f"{file}:3:1"


def test_boards_describe_themselves(board: upciedev.Board) -> None:
    assert (board.name, board.alias, board.gone) == ("allsorts", "first", False)
    assert board.title == "A register of every sort"
    assert board.identity.ids.vendor == 0x1234
    assert board.registers()[:2] == ["plain.U8", "plain.S8"]
    assert board.areas()[0] == "I8"
    assert repr(board) == f"<upciedev.Board {board.label}>"


def test_two_openings_are_separate_simulations() -> None:
    with upciedev.open(CRATE) as one, upciedev.open(CRATE) as other:
        one[3]["plain.U32"] = 5
        assert other[3]["plain.U32"] == 0
