# SPDX-License-Identifier: BSD-3-Clause
"""upciedev import and export: ChimeraTK maps."""

import json
import math

import conftest
import pytest
import yaml

SAMPLE = "tests/cli/sample.map"
DEMOS = sorted((conftest.ROOT / "devices/demo").glob("*.yaml"))


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(conftest.ROOT)


@pytest.fixture
def write(tmp_path):
    def write_map(text: str) -> str:
        (tmp_path / "x.map").write_text(text)
        return str(tmp_path / "x.map")
    return write_map


def imported(upciedev, file, *options):
    run = upciedev("import", "--json", file, *options)
    result = json.loads(run.ok())
    return yaml.safe_load(result["board_file"]), result["not_carried"]


def test_the_sample_becomes_a_board_file_that_is_right(upciedev, tmp_path):
    file = str(tmp_path / "mine.yaml")
    run = upciedev("import", SAMPLE, "--id", "10ee:37", "-o", file)
    assert run.done.returncode == 0
    assert upciedev("check", file).ok() == f"{file}: board sample, 7 registers, 2 areas\n"


def test_values_arrays_and_interrupts_are_carried(upciedev):
    board, _ = imported(upciedev, SAMPLE, "--id", "10ee:37", "--board", "mine")
    assert board["board"] == "mine"
    assert board["match"] == {"vendor": 0x10EE, "device": 0x37}
    assert board["bars"]["bar2"] == {"index": 2, "size": 0x4000}
    regs = board["registers"]
    assert regs["BOARD"]["registers"]["GAIN"]["type"] == "sfix16.12"
    assert regs["BOARD"]["registers"]["STEP"] == {
        "at": "bar0+0x8", "width": 32, "type": "int18", "scale": 4}
    assert regs["BOARD"]["registers"]["RATIO"]["type"] == "float32"
    assert regs["CH"]["repeat"] == {"count": 2, "stride": 0x10}
    assert regs["CH"]["registers"]["TABLE"]["repeat"] == {"count": 4, "stride": 2}
    assert board["areas"]["DAQ.RAW"] == {"at": "bar2+0x1000", "size": 4096, "type": "uint32"}
    layout = board["areas"]["DAQ.ADC"]["layout"]
    assert (board["areas"]["DAQ.ADC"]["size"], layout["frame"]) == (4096, 8)
    assert layout["channels"]["SEQUENCE_ADC_2"] == {"at": 4, "type": "ufix32.4"}
    assert board["irqs"] == {"DAQ_READY": {"vector": 3}}


def test_what_is_lost_is_told_with_its_place(upciedev):
    _, lost = imported(upciedev, SAMPLE)
    places = {entry["place"]: entry["what"] for entry in lost}
    assert "metadata" in places[f"{SAMPLE}:3:1"]
    assert "overlaps BOARD." in places[f"{SAMPLE}:7:1"]
    assert "texts" in places[f"{SAMPLE}:11:1"]
    assert "interrupt DAQ_READY" in places[f"{SAMPLE}:17:1"]
    assert "BAR 13" in places[f"{SAMPLE}:23:1"]
    assert "misaligned" in places[f"{SAMPLE}:24:1"]
    assert len(places) == 6
    told = upciedev("import", SAMPLE).done.stderr
    assert told.count("not carried") == 6
    assert f"{SAMPLE}:24:1: not carried: ODD.PLACE: 0x202 is misaligned" in told


def test_without_ids_a_crate_file_may_name_the_board(upciedev, tmp_path):
    upciedev("import", SAMPLE, "-o", str(tmp_path / "b.yaml"))
    assert "# To do: match:" in (tmp_path / "b.yaml").read_text()
    (tmp_path / "crate.yaml").write_text(
        "format: 1\ncrate: c\nslots: {1: {board: b.yaml, simulate: {BOARD.GAIN: 1.5}}}\n")
    crate = f"sim:{tmp_path}/crate.yaml"
    assert upciedev("read", "-q", "1", "BOARD.GAIN", crate=crate).ok() == "1.5\n"


@pytest.mark.parametrize("text, place, word", [
    ("A 1 0", ":1:6", "number of bytes is missing"),
    ("# x\n A 1 zero 4", ":2:6", "address 'zero' is no number"),
    ("A 1 0 4 0 65", ":1:11", "width 65 is too great"),
    ("A 1 0 4 0 32 IEEE", ":1:14", "'IEEE' is no interpretation"),
    ("A 1 0 4 0 32 0 2", ":1:16", "sign 2 is too great"),
    ("A 1 0 4 0 32 0 0 RX", ":1:18", "'RX' is no access"),
    ("A 1 0 4 0 32 0 0 INTERRUPT", ":1:18", "no interrupt"),
    ("A 1 0 4 0 32 0 0 RO more", ":1:21", "more than nine words"),
    ("A 1 0xffffffffffffffff 4", ":1:1", "ends behind the last address"),
    (".. 1 0 4", ":1:1", "is no name"),
])
def test_malformed_lines_are_named(upciedev, write, text, place, word):
    upciedev("import", write(text)).fails(1, "x.map" + place, word)


def test_wrong_ids_and_files_are_refused(upciedev):
    upciedev("import", SAMPLE, "--id", "10ee").fails(1, "VENDOR:DEVICE")
    upciedev("import", "no-such.map").fails(1, "no-such.map", "No such file")


def carried(text):
    """A type as a map has it: scaling by a power of two is fraction bits, all other is lost."""
    name, _, scale = text.partition(r" \* ")
    exponent = math.frexp(float(scale.split()[0]))[1] - 1 if scale else 0
    if not scale or 2.0 ** exponent != float(scale.split()[0]):
        return name
    sign, bits = ("s", name[3:]) if name.startswith("int") else ("u", name[4:])
    return f"{sign}fix{bits}.{-exponent}"


def reference(upciedev, file):
    """Register -> (address, bits, access, type), as the register reference has them; a map has no
    big-endian order."""
    rows, heading = {}, []
    for line in upciedev("doc", str(file)).ok().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "address":
            heading = cells
        elif cells[0].startswith("`") and "register" in heading[:2]:
            row = dict(zip(heading, cells))
            offset = row["address"].split("+", 1)
            if len(offset) == 2:
                rows[row["register"]] = (offset[1], row["bits"].split(",")[0], row["access"],
                                         carried(row["type"]))
    return rows


@pytest.mark.parametrize("file", DEMOS, ids=lambda path: path.stem)
def test_registers_come_back_equal(upciedev, tmp_path, file):
    there, back = str(tmp_path / "x.map"), str(tmp_path / "x.yaml")
    assert upciedev("export", str(file), "-o", there).done.returncode == 0
    upciedev("import", there, "-o", back)
    upciedev("check", back).ok()
    before = reference(upciedev, file)
    assert len(before) >= 10
    assert reference(upciedev, back) == before


def test_export_tells_what_a_map_cannot_say(upciedev):
    lost = json.loads(upciedev("export", "--json", "devices/demo/vadc8.yaml").ok())["not_carried"]
    by_place = {entry["place"].split(": ")[1]: entry["what"] for entry in lost}
    assert "fields" in by_place["CTRL"] and "guard" in by_place["dma.SOURCE"]
    assert {"match", "dma", "scratch"} <= set(by_place)
    swapped = upciedev("export", "devices/demo/vio.yaml").done.stderr
    assert "ID: not carried: big-endian order" in swapped


def test_numbers_that_make_no_array_join_their_names(upciedev, write):
    board, _ = imported(upciedev, write("CH.0.A 1 0 4\nCH.2.A 1 8 4\n"))
    assert list(board["registers"]) == ["CH0", "CH2"]
