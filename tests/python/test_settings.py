# SPDX-License-Identifier: BSD-3-Clause
"""Settings of a board: saved, compared and restored."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import upciedev
from test_registers import on_one_board


def test_what_was_changed_is_found_and_restored(board: upciedev.Board, tmp_path: Path) -> None:
    board["plain.LIMITED"] = -1.5
    board["CTRL.MODE"] = "external"
    file = tmp_path / "board.settings"
    file.write_text(upciedev.Settings.of(board).to_text())
    board["plain.LIMITED"] = 2
    board["CTRL.MODE"] = "off"

    saved = upciedev.Settings.load(file, board)
    changes = {change.path: change for change in saved.diff(board)}
    assert list(changes) == ["plain.LIMITED", "CTRL"]
    assert changes["CTRL"].mask == 0xFFFEFFFF  # without START, a strobe
    assert (changes["CTRL"].saved, changes["CTRL"].present) == (4, 0)

    saved.restore(board)
    assert saved.diff(board) == []
    assert (board["plain.LIMITED"], board["CTRL.MODE"]) == (-1.5, 2)


def test_what_has_effects_is_left_out(board: upciedev.Board) -> None:
    board["plain.U32"] = 5
    settings = upciedev.Settings.of(board)
    kept = {setting.path: setting for setting in settings.registers}
    assert (kept["plain.U32"].bits, kept["plain.U32"].mask) == (5, 0xFFFFFFFF)
    assert "TABLE[15]" in kept
    reasons = {left.path: left.reason for left in settings.left_out}
    assert reasons["READ_ONLY"] == "read-only"
    assert {"WRITE_ONLY", "COUNT", "GUARDED", "CTRL.START", "I16"} <= set(reasons)
    assert not set(kept) & set(reasons)


def test_one_board_is_set_as_another(crate: upciedev.Crate) -> None:
    one, other = crate.board("first"), crate.board("second")
    one["TABLE[3]"] = 33
    upciedev.Settings.of(one).restore(other)
    assert other["TABLE[3]"] == 33


def test_a_wrong_file_is_refused_at_its_place(board: upciedev.Board, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_text("format: 1\nsettings: allsorts\nregisters:\n  CTLR: {raw: 0}\n")
    with pytest.raises(upciedev.BadBoardFile) as raised:
        upciedev.Settings.load(file, board)
    assert raised.value.where == f"{file}:4:3"
    with pytest.raises(ValueError, match="mine:2:11.*for a other, not for slot 3 allsorts"):
        upciedev.Settings.parse("format: 1\nsettings: other\nregisters: {}\n", "mine", board)


def test_a_closed_board_has_none(crate: upciedev.Crate) -> None:
    board = crate.board(3)
    settings = upciedev.Settings.of(board)
    board.close()
    for use in (upciedev.Settings.of, settings.restore, settings.diff):
        with pytest.raises(ValueError, match="closed"):
            use(board)
    assert settings.to_text()


@on_one_board
@given(
    bits=st.integers(0, 2**64 - 1),
    gain=st.floats(-6, 6),
    level=st.floats(allow_nan=False, allow_infinity=False),
)
def test_text_keeps_every_bit(
    board: upciedev.Board, bits: int, gain: float, level: float
) -> None:
    board["plain.U64"] = bits
    board["plain.LIMITED"] = gain
    board["plain.F64"] = level
    text = upciedev.Settings.of(board).to_text()
    before = [board.reg(path).raw() for path in ("plain.U64", "plain.LIMITED", "plain.F64")]
    for path in ("plain.U64", "plain.LIMITED", "plain.F64"):
        board.reg(path).write_raw(0)
    upciedev.Settings.parse(text, "text", board).restore(board)
    after = [board.reg(path).raw() for path in ("plain.U64", "plain.LIMITED", "plain.F64")]
    assert after == before
