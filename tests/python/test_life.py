# SPDX-License-Identifier: BSD-3-Clause
"""Claims, resets, boards that leave and come back, and how they do."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

import upciedev

ROOT = Path(__file__).parents[2]


def test_a_claim_holds_as_long_as_its_block(board: upciedev.Board) -> None:
    with board.claim() as lease:
        assert lease.held
        assert lease.descriptor == -1  # no file in simulation
        board["CTRL.ENABLE"] = 1
        with pytest.raises(upciedev.Busy, match="slot 3 allsorts.*claimed"):
            board.claim()
    assert not lease.held
    board.claim().release()


def test_a_claim_ends_when_it_is_released_or_forgotten(board: upciedev.Board) -> None:
    lease = board.claim()
    lease.release()
    lease.release()  # again is no error
    with pytest.raises(ValueError, match="closed"):
        lease.__enter__()
    board.claim()  # nobody keeps it
    board.claim().release()


def test_a_claim_ends_with_its_board_and_in_errors(crate: upciedev.Crate) -> None:
    board = crate.board(3)
    lease = board.claim()
    board.close()
    assert not lease.held
    with pytest.raises(RuntimeError), crate.board(3).claim():
        raise RuntimeError
    crate.board(3).claim().release()


def test_reset_brings_back_what_was_there_at_power_on(board: upciedev.Board) -> None:
    assert board["COUNT"] == 7
    table = board.reg("TABLE[3]")
    table.write(5)
    generation = board.identity.generation
    board.reset()
    assert (table.read(), board["COUNT"]) == (0, 7)
    assert board.identity.generation > generation


def test_a_removed_board_comes_back_by_rescan_and_reopen(crate: upciedev.Crate) -> None:
    board = crate.board(3)
    table = board.reg("TABLE[3]")
    area = board.area("I16")
    board.remove()
    assert board.gone and board.health().gone
    uses: list[Callable[[], object]] = [
        table.read,
        lambda: area.read(0, 1),
        lambda: table.write(1),
    ]
    for use in uses:
        with pytest.raises(upciedev.BoardGone):
            use()
    with pytest.raises(upciedev.BoardGone, match="rescan"):
        board.reopen()
    crate.rescan(7)  # of another slot
    assert board.gone
    crate.rescan(3)
    board.reopen()
    assert not board.gone
    table.write(9)
    assert (table.read(), board["TABLE[3]"]) == (9, 9)
    assert area.read(0, 1).tolist() == [0]


def test_rescan_of_all_slots_and_of_none(crate: upciedev.Crate) -> None:
    for slot in (3, 7):
        crate.board(slot).remove()
    crate.rescan()
    assert [crate.board(slot).gone for slot in (3, 7)] == [False, False]
    with pytest.raises(KeyError, match="slot 5"):
        crate.rescan(5)
    with pytest.raises(TypeError):
        crate.rescan("3")  # type: ignore[arg-type]


def test_health_of_a_simulated_board(board: upciedev.Board) -> None:
    health = board.health()
    assert (health.simulated, health.gone, health.card) == (True, False, "allsorts")
    assert (health.link, health.errors, health.claimed) == (None, None, None)
    assert health.generation == board.identity.generation
    assert health.complaints() == []
    assert repr(health) == "<upciedev.BoardHealth: well>"
    board.remove()
    assert board.health().complaints()[0] in repr(board.health())


def test_bars_tell_how_they_are_mapped() -> None:
    with upciedev.open(f"sim:{ROOT}/devices/crates/demo.yaml") as demo:
        adc = demo["adc"]
        facts = [adc.bar(name).facts for name in ("regs", "ddr")]
        assert [fact.write_combined for fact in facts] == [False, True]
        assert facts[1].mapping == "all"
        adc.area("ADC.RAM").write(0, [1])
        adc.flush()
