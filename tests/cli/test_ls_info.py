# SPDX-License-Identifier: BSD-3-Clause
"""upciedev ls, info and the options that all subcommands share."""

import json
import subprocess

import conftest


def boards(upciedev):
    return json.loads(upciedev("ls", "--json").ok())["boards"]


def test_ls_lists_every_board_in_slot_order(upciedev):
    slots = [board["slot"] for board in boards(upciedev)]
    assert len(slots) >= 4
    assert slots == sorted(slots)


def test_ls_json_has_the_documented_shape(upciedev):
    listing = json.loads(upciedev("ls", "--json").ok())
    assert set(listing) == {"crate", "title", "boards"}
    for board in listing["boards"]:
        assert set(board) == {"crate", "slot", "board", "alias", "title", "address", "ids",
                              "transport", "expected", "remark"}
        assert board["crate"] == "demo"
        assert board["expected"] is None
        assert board["transport"] == "sim"


def test_ls_table_has_one_aligned_row_a_board(upciedev):
    lines = upciedev("ls").ok().splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("slot"))
    rows = lines[header + 1:]
    assert len(rows) == len(boards(upciedev))
    column = lines[header].index("board")
    for row, board in zip(rows, boards(upciedev)):
        assert row[column:].startswith(board["board"])
        assert row[:column].strip() == str(board["slot"])


def test_ls_into_a_pipe_has_neither_picture_nor_colour(upciedev):
    text = upciedev("ls").ok()
    assert "MCH" not in text and "╔" not in text
    assert "\033" not in text


def picture_columns(text):
    """Slot number to the name written downwards in its column."""
    lines = [line for line in text.splitlines() if "│" in line or "|" in line]
    separator = "│" if "│" in lines[0] else "|"
    grid = [[cell.strip(" ║|") for cell in line.strip().strip("║|").split(separator)]
            for line in lines]
    numbers = grid[-1]
    return {number: "".join(row[i] for row in grid[:-1]) for i, number in enumerate(numbers)}


def test_picture_has_twelve_slots_with_the_names_in_them(upciedev):
    columns = picture_columns(upciedev("ls", "--picture").ok().split("slot ")[0])
    assert columns[""] == "MCH"
    for board in boards(upciedev):
        assert columns[str(board["slot"])] == board["board"]
    assert len(columns) == 13
    occupied = {str(board["slot"]) for board in boards(upciedev)}
    assert all(columns[n] == "·" for n in columns if n and n not in occupied)


def test_picture_is_ascii_where_the_locale_is(upciedev):
    upciedev("ls", "--picture", LANG="C", LC_ALL="C").ok().split("slot ")[0].encode("ascii")


def test_info_tells_bars_and_board_file(upciedev):
    info = json.loads(upciedev("info", "slot:1", "--json", crate=conftest.GUEST).ok())
    assert info["board"] == "edu"
    assert info["slot"] == 1
    assert info["ids"]["vendor"] == 0x1234
    assert info["board_file"]["path"].endswith("edu.yaml")
    assert info["board_file"]["reason"] == "named by the crate file"
    assert info["bars"][0]["size"] == 1 << 20
    assert info["transport"] == "sim"
    assert info["capabilities"] == ["mapping", "batch", "modify", "interrupts", "dma", "peer", "reset", "claim",
                                    "hot-plug"]
    assert "mapping, batch, modify, interrupts, dma, peer, reset, claim" in upciedev("info", "1", crate=conftest.GUEST).ok()


def test_info_for_people(upciedev):
    text = upciedev("info", "1", crate=conftest.GUEST).ok()
    for word in ("edu", "1234:11e8", "edu.yaml", "1 MiB", "regs"):
        assert word in text


def test_crate_option_beats_the_environment(upciedev):
    one = json.loads(upciedev("--crate", conftest.GUEST, "ls", "--json").ok())
    other = json.loads(upciedev("ls", "--json", "--crate", conftest.GUEST, crate=None).ok())
    assert one == other
    assert one["crate"] == conftest.GUEST


def test_empty_slot_names_the_occupied_ones(upciedev):
    slots = [board["slot"] for board in boards(upciedev)]
    empty = next(n for n in range(1, 20) if n not in slots)
    upciedev("info", str(empty)).fails(3, f"slot {empty}", *map(str, slots))


def test_unknown_board_and_crate(upciedev):
    upciedev("info", "no-such-board").fails(3, "upciedev: ", "no-such-board")
    upciedev("ls", crate="sim:/nonexistent.yaml").fails(1, "/nonexistent.yaml")
    upciedev("ls", crate="nonsense:").fails(1, "nonsense")


def test_usage_errors_end_with_2(upciedev):
    upciedev().fails(2)
    upciedev("frobnicate").fails(2, "frobnicate")
    upciedev("read").fails(2, "BOARD")
    upciedev("read", "1").fails(2, "WHAT")
    upciedev("ls", "--no-such-option").fails(2, "--no-such-option")


def test_help_has_examples(upciedev):
    assert "Exit status" in upciedev("--help").ok()
    for command in ("ls", "info", "read", "write", "dump", "check", "doc"):
        assert f"upciedev {command}" in upciedev(command, "--help").ok()


def test_a_full_disk_is_an_error(upciedev):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(["upciedev", "--crate", conftest.DEMO, "ls"], stdout=full, timeout=60,
                              stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == 1


RACK = """format: 1
title: Rack
crates:
  upper:
    port: 0000:02:00.0
    slots:
      4: {board: BOARD, alias: adc, expected: vadc8}
      5: {expected: {vendor: 0x1796, device: 0x0019}}
  lower:
    port: 0000:0a:00.0
    slots:
      4: {board: BOARD, expected: sis8300}
"""


def rack(tmp_path):
    file = tmp_path / "rack.yaml"
    file.write_text(RACK.replace("BOARD", str(conftest.ROOT / "devices/demo/vadc8.yaml")))
    return f"sim:{file}"


def test_ls_tells_boards_that_are_not_as_expected(upciedev, tmp_path):
    listing = json.loads(upciedev("ls", "--json", crate=rack(tmp_path)).ok())["boards"]
    assert [(board["crate"], board["slot"], board["expected"]) for board in listing] == [
        ("lower", 4, "wrong"), ("upper", 4, "met"), ("upper", 5, "missing")]
    text = upciedev("ls", crate=rack(tmp_path)).ok()
    assert "missing: 1796:0019 is expected here" in text
    assert "wrong board: sis8300 is expected here" in text
    assert "upper/slot:5" in text


def test_info_tells_crate_and_wrong_board(upciedev, tmp_path):
    info = json.loads(upciedev("info", "lower/slot:4", "--json", crate=rack(tmp_path)).ok())
    assert (info["crate"], info["slot"], info["expected"]) == ("lower", 4, "wrong")
    assert "sis8300 is expected" in upciedev("info", "lower/slot:4", crate=rack(tmp_path)).ok()
    upciedev("info", "upper/slot:5", crate=rack(tmp_path)).fails(3, "missing: 1796:0019 is expected")
    upciedev("info", "4", crate=rack(tmp_path)).fails(3, "ambiguous", "upper/slot:4", "lower/slot:4")


def test_check_without_a_file_compares_the_boards(upciedev, tmp_path):
    done = upciedev("check", crate=rack(tmp_path)).done
    assert done.returncode == 1
    assert "lower slot 4: wrong board" in done.stdout
    assert "1 board as expected, 2 not" in done.stdout
    result = json.loads(upciedev("check", "--json", crate=rack(tmp_path)).done.stdout)
    assert result["as_expected"] == 1
    assert [problem["expected"] for problem in result["problems"]] == ["wrong", "missing"]
    assert "no board is expected" in upciedev("check").ok()


def test_info_and_dump_name_the_bits_that_belong_to_the_driver(upciedev):
    info = json.loads(upciedev("info", "adc", "--json").ok())
    assert info["enable_bits"] == ["IRQ_ENABLE.DMA_DONE", "IRQ_ENABLE.TRIGGER",
                                   "IRQ_ENABLE.OVERFLOW"]
    assert "IRQ_ENABLE.OVERFLOW: the driver's, writes leave them as they are" in \
        upciedev("info", "adc").ok()
    assert "IRQ_ENABLE  enables interrupts: the driver's" in upciedev("dump", "adc").ok()
