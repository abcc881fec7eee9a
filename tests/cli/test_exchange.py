# SPDX-License-Identifier: BSD-3-Clause
"""upciedev import and export: ChimeraTK maps."""

import json
import math

import conftest
import pytest
import yaml

SAMPLE = "tests/cli/sample.map"
JSON_SAMPLE = "tests/cli/sample.jmap"
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


@pytest.mark.parametrize("form", ["map", "jmap"])
@pytest.mark.parametrize("file", DEMOS, ids=lambda path: path.stem)
def test_registers_come_back_equal(upciedev, tmp_path, file, form):
    there, back = str(tmp_path / f"x.{form}"), str(tmp_path / "x.yaml")
    assert upciedev("export", str(file), "-o", there).done.returncode == 0
    upciedev("import", there, "-o", back)
    upciedev("check", back).ok()
    before = reference(upciedev, file)
    assert len(before) >= 8
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


def test_the_json_form_is_read(upciedev):
    board, lost = imported(upciedev, JSON_SAMPLE, "--id", "10ee:37")
    regs = board["registers"]["BOARD"]["registers"]
    assert regs["ID"] == {"at": "bar0+0x0", "width": 32, "type": "uint32", "access": "ro"}
    assert regs["GAIN"] == {"at": "bar0+0x4", "width": 32, "type": "sfix16.12", "unit": "dB",
                            "description": 'of the "front end"'}
    assert regs["STEP"] == {"at": "bar0+0x8", "width": 32, "type": "int18", "scale": 4}
    assert regs["RATIO"]["type"] == "float32"
    area = board["areas"]["DAQ.ADC"]
    assert (area["at"], area["size"]) == ("bar2+0x2000", 1600)
    assert area["layout"] == {"frame": 16, "channels": {
        "I": {"at": 0, "type": "sfix16.15", "unit": "V"}, "TIME": {"at": 8, "type": "uint64"}}}
    assert board["irqs"] == {"DAQ_READY": {"vector": 3}}
    assert [(entry["place"].rsplit(":", 2)[1], entry["what"]) for entry in lost] == [
        ("4", "metadata 'mapfileRevision' has no place in a board file"),
        ("20", "DAQ.ADC: doubleBuffering"),
        ("15", "BOARD.NAME: texts are no values of a board file"),
        ("26", "DAQ.BUFFER: BAR 13 is none of PCI Express; DMA needs an engine in the board file")]


def test_the_json_form_is_known_by_its_text(upciedev, tmp_path):
    disguised = tmp_path / "x.map"
    disguised.write_text((conftest.ROOT / JSON_SAMPLE).read_text())
    assert imported(upciedev, str(disguised))[0]["irqs"] == {"DAQ_READY": {"vector": 3}}


def test_units_and_layouts_survive_the_json_form(upciedev, tmp_path):
    there, back = str(tmp_path / "x.jmap"), str(tmp_path / "x.yaml")
    upciedev("export", "devices/demo/vadc10.yaml", "-o", there)
    upciedev("import", there, "-o", back)
    board = yaml.safe_load((tmp_path / "x.yaml").read_text())
    layout = board["areas"]["DAQ"]["layout"]
    assert layout["frame"] == 24 and len(layout["channels"]) == 11
    assert layout["channels"]["ch9"] == {"at": 18, "type": "sfix16.15", "unit": "V"}
    assert "unit: dB" in (conftest.ROOT / "devices/demo/vadc10.yaml").read_text()
    assert board["registers"]["adc"]["registers"]["ch"]["registers"]["GAIN"]["unit"] == "dB"


def test_layouts_survive_lines_if_they_have_no_gaps(upciedev, tmp_path):
    upciedev("export", "devices/demo/vadc10.yaml", "-o", str(tmp_path / "x.map"))
    assert "MEM_MULTIPLEXED_DAQ.TIME" in (tmp_path / "x.map").read_text()
    board, _ = imported(upciedev, str(tmp_path / "x.map"))
    assert board["areas"]["DAQ"]["layout"]["frame"] == 24


def entry(**keys):
    return json.dumps({"addressSpace": [{"name": "A", **keys}]})


PLACE = {"address": {"offset": 0}, "bytesPerElement": 4}


@pytest.mark.parametrize("text, place, word", [
    ('{\n "a": [1,\n', ":2:", "no JSON"),
    ("{}", ":1:1", "'addressSpace' is missing"),
    ('{"addressSpace": {}}', ":1:1", "must be a list"),
    ('{"addressSpace": [7]}', "", "no object"),
    ('{"addressSpace": []}', "", "no register"),
    ("# nothing\n", "", "no register"),
    ('{"addressSpace": [\n {"address": {}}]}', ":2:2", "'name' is missing"),
    (entry(address={}), ":1:", "'offset' is missing"),
    (entry(address={"offset": -1}), ":1:", "'offset' must be a number"),
    (entry(address={"offset": "far"}), ":1:", "'offset' must be a number"),
    (entry(address={"offset": 0}), ":1:", "A has no bytesPerElement"),
    (entry(**PLACE, numberOfElements=2**62), ":1:", "too many elements"),
    (entry(**PLACE, access="RX"), ":1:", "'RX' is no access"),
    (entry(**PLACE, access="RO", triggeredByInterrupt=[1]), ":1:", "exclude each other"),
    (entry(**PLACE, representation={"type": "void"}), ":1:", "an address but no data"),
    (entry(representation={"width": 3}), ":1:", "no address"),
    (entry(**PLACE, representation={"width": 65}), ":1:", "width of 65"),
    (entry(**PLACE, representation={"fractionalBits": 0.5}), ":1:", "fractionalBits"),
    (entry(**PLACE, representation={"isSigned": 1}), ":1:", "isSigned"),
    (entry(**PLACE, description=7), ":1:", "'description' must be a text"),
    (entry(**PLACE, channelTabs=[{}]), ":1:", "'channels' are missing"),
    (entry(**PLACE, channelTabs=[{"channels": [{"name": "I"}]}]), ":1:", "above zero"),
    (entry(**PLACE, channelTabs=[{"pitch": 4, "numberOfElements": 1, "channels": [{"name": "I", "offset": 1}]}]),
     ":1:", "ends behind the pitch"),
])
def test_malformed_json_is_named(upciedev, write, text, place, word):
    upciedev("import", write(text)).fails(1, "x.map" + place, word)


def test_modules_in_modules_have_an_end(upciedev, write):
    text = '{"name": "A", "children": [' * 5000 + "]}" * 5000
    upciedev("import", write('{"addressSpace": [' + text + "]}")).fails(1, "64 modules")


def test_wild_addresses_are_told(upciedev, write):
    _, lost = imported(upciedev, write("A 1 0x800000000 4"))
    assert "64 GiB" in lost[0]["what"] and lost[0]["place"].endswith(":1:1")
