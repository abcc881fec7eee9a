# SPDX-License-Identifier: BSD-3-Clause
"""upciedev health over simulated crates; links, bus errors and claims are shown by
tests/guest/control.py and the unit tests."""

import json

import conftest


def test_all_boards_as_a_table(upciedev):
    lines = upciedev("health").ok().splitlines()
    assert lines[0].split() == ["slot", "board", "alias", "state", "driver"]
    assert lines[3].split() == ["4", "vadc8", "adc", "ok", "simulated", "vadc8"]
    assert len(lines) == 7


def test_one_board(upciedev):
    text = upciedev("health", "adc").ok()
    assert "slot 4 vadc8" in text and "nobody" in text and "it is simulated" in text
    upciedev("health", "6").fails(3, "slot 6 is empty")


def test_shape(upciedev):
    told = json.loads(upciedev("health", "--json").ok())
    assert told["healthy"] is True
    assert [board["slot"] for board in told["boards"]] == [1, 2, 4, 5, 7, 9]
    assert told["boards"][2] == {
        "crate": "demo", "slot": 4, "board": "vadc8", "alias": "adc", "address": "", "state": "ok",
        "complaints": [], "simulated": True, "link": None, "errors": None, "claimed": None,
        "card": "vadc8", "driver": "", "firmware": "", "generation": 1}
    one = json.loads(upciedev("health", "adc", "--json").ok())["boards"]
    assert one == [{**told["boards"][2], "crate": ""}]


CRATE = """format: 1
crate: lab
title: Two boards
slots:
  3: {board: DEVICES/demo/vadc8.yaml, expected: sis8300}
  5: {expected: {vendor: 0x1796, device: 0x0019}}
"""


def test_boards_that_are_missing_or_wrong_are_not_well(upciedev, tmp_path):
    file = tmp_path / "crate.yaml"
    file.write_text(CRATE.replace("DEVICES", str(conftest.ROOT / "devices")))
    done = upciedev("health", "--json", crate=f"sim:{file}").done
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["healthy"] is False
    assert [(board["slot"], board["state"]) for board in told["boards"]] == [
        (3, "degraded"), (5, "missing")]
    assert "sis8300 is expected" in told["boards"][0]["complaints"][0]
    assert "missing" in upciedev("health", crate=f"sim:{file}").done.stdout
