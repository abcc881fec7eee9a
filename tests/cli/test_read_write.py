# SPDX-License-Identifier: BSD-3-Clause
"""upciedev read, write and dump on the demo crate's digitizer and QEMU's edu."""

import json

import conftest
import pytest


@pytest.fixture
def adc(upciedev):
    """Slot of the digitizer."""
    listing = json.loads(upciedev("ls", "--json").ok())
    return str(next(b["slot"] for b in listing["boards"] if b["board"] == "vadc8"))


def results(run):
    return json.loads(run.ok())["results"]


def test_read_shows_bits_and_fields(upciedev, adc):
    line = upciedev("read", adc, "ID").ok()
    assert line.split() == ["ID", "0xadc80001", "MODULE=44488", "REVISION=1"]


def test_read_several_in_the_order_given(upciedev, adc):
    lines = upciedev("read", adc, "FIRMWARE", "ID", "FIRMWARE.MAJOR").ok().splitlines()
    assert [line.split()[0] for line in lines] == ["FIRMWARE", "ID", "FIRMWARE.MAJOR"]
    assert lines[2].split()[1] == "1"


def test_read_value_is_bare(upciedev, adc):
    assert upciedev("read", "-q", adc, "ID").ok() == "2915565569\n"
    assert upciedev("read", "-qx", adc, "ID", "SERIAL").ok().splitlines()[0] == "0xadc80001"


def test_read_json_has_the_documented_shape(upciedev, adc):
    one, = results(upciedev("read", adc, "ID", "--json"))
    assert one["name"] == "ID"
    assert one["value"] == one["raw"] == 0xadc80001
    assert one["hex"] == "0xadc80001" and one["width"] == 32
    assert one["fields"][0] == {"name": "MODULE", "value": 0xadc8, "raw": 0xadc8, "hex": "0xadc8",
                                "width": 16}


def test_write_engineering_units_and_read_back(upciedev, adc):
    gain, = results(upciedev("write", adc, "adc.ch[3].GAIN=-1.5", "adc.ch[3].GAIN", "--json"))
    assert gain["value"] == -1.5 and gain["unit"] == "dB"
    assert gain["raw"] & 0xffff == 0xe800


def test_write_raw_bits(upciedev, adc):
    text = upciedev("write", "--raw", adc, "adc.ch[3].GAIN=0xe800", "adc.ch[3].GAIN", "--json")
    assert results(text)[0]["value"] == -1.5


def test_write_names_and_fields_leave_neighbours(upciedev, adc):
    ctrl, = results(upciedev("write", adc, "CTRL.DECIMATION=8", "CTRL.MODE=external",
                             "CTRL.ENABLE=1", "CTRL", "--json"))
    fields = {field["name"]: field for field in ctrl["fields"]}
    assert fields["MODE"]["label"] == "external" and fields["MODE"]["value"] == 2
    assert fields["ENABLE"]["value"] == 1
    assert fields["DECIMATION"]["value"] == 8


def test_write_says_nothing_when_nothing_is_read(upciedev, adc):
    assert upciedev("write", adc, "SCRATCH=0x1234").ok() == ""


def test_steps_run_in_order_in_one_process(upciedev, adc):
    steps = ["SCRATCH=1", "SCRATCH", "SCRATCH=2", "SCRATCH"]
    assert [r["value"] for r in results(upciedev("write", adc, *steps, "--json"))] == [1, 2]


def test_area_is_written_and_read(upciedev, adc):
    block, = results(upciedev("write", adc, "LUT[2]=0.5,-0.25", "LUT[1:4]", "--json"))
    assert block == {"name": "LUT", "first": 1, "width": 16, "values": [0.0, 0.5, -0.25, 0.0]}


def test_area_that_is_too_long_asks_for_a_range(upciedev, adc):
    upciedev("read", adc, "ADC.RAM").fails(1, "ADC.RAM[0:16]")
    upciedev("read", adc, "ADC.RAM[33554430:4]").fails(1, "ADC.RAM")


def test_bar_by_number_name_and_width(upciedev, adc):
    lines = upciedev("read", "-qx", adc, "0:0x0", "regs:0x0", "0:0x2:16").ok().splitlines()
    assert lines == ["0xadc80001", "0xadc80001", "0xadc8"]
    words, = results(upciedev("read", adc, "0:0x0[3]", "--json"))
    assert words["values"] == [0xadc80001, 0x01040002, 1017]
    value, = results(upciedev("write", adc, "0:0xc=0xdeadbeef", "SCRATCH", "--json"))
    assert value["raw"] == 0xdeadbeef


def test_wait_goes_on_when_the_board_is_ready(upciedev):
    text = upciedev("write", "1", "FACTORIAL=10", "STATUS.COMPUTING==0", "FACTORIAL", "--json",
                    crate=conftest.GUEST)
    assert results(text)[0]["value"] == 3628800


def test_wait_ends_in_time(upciedev, adc):
    upciedev("write", "--timeout", "5", adc, "SCRATCH==1").fails(1, "SCRATCH")


@pytest.mark.parametrize("what, mentions", [
    ("GIAN", ["GIAN"]),
    ("adc.ch[3].GIAN", ["adc.ch[3].GAIN"]),
    ("SCRATHC", ["SCRATCH"]),
    ("CTRL.ENABEL", ["ENABEL", "ENABLE"]),
    ("nobar:0x0", ["nobar", "regs"]),
])
def test_unknown_names_are_suggested(upciedev, adc, what, mentions):
    upciedev("read", adc, what).fails(3, "upciedev: ", *mentions)


@pytest.mark.parametrize("step, mentions", [
    ("ID=1", ["ID"]),
    ("adc.ch[3].GAIN=7", ["adc.ch[3].GAIN", "6"]),
    ("CTRL.MODE=sideways", ["CTRL.MODE", "sideways", "external"]),
    ("SCRATCH=pear", ["SCRATCH", "pear"]),
    ("SCRATCH=", ["SCRATCH="]),
    ("LUT[0:3]=1,0", ["LUT", "3", "2"]),
    ("dma.DESTINATION=0x1000", ["dma.DESTINATION", "guarded"]),
    ("0:0x20=0x100000000", ["32 bits"]),
    ("adc.ch[8].GAIN=0", ["ch"]),
])
def test_what_cannot_be_written_is_refused(upciedev, adc, step, mentions):
    upciedev("write", adc, step).fails(1, "upciedev: ", *mentions)


def test_nothing_is_written_when_one_step_is_wrong(upciedev, adc):
    upciedev("write", adc, "SCRATCH=1", "SCRATCH", "CTRL.MODE=sideways").fails(1)
    assert upciedev("write", adc, "SCRATCH=1", "SCRATCH", "CTRL.MODE=sideways").done.stdout == ""


def test_dump_leaves_registers_with_effects_alone(upciedev, adc):
    dump = json.loads(upciedev("dump", adc, "--json").ok())
    registers = {register["name"]: register for register in dump["registers"]}
    assert "clears" in registers["COUNT"]["not_read"]
    assert "FIFO" in registers["EVENTS"]["not_read"]
    assert registers["ID"]["value"] == 0xadc80001
    assert {f"adc.ch[{i}].GAIN" for i in range(8)} <= set(registers)
    assert {area["name"] for area in dump["areas"]} == {"ADC.RAM", "DDR", "LUT"}
    text = upciedev("dump", adc).ok()
    assert "COUNT" in text and "not read: reading clears it" in text


def test_dump_shows_write_only_as_such(upciedev):
    dump = json.loads(upciedev("dump", "1", "--json", crate=conftest.GUEST).ok())
    assert {"name": "IRQ_ACK", "not_read": "write-only"} in dump["registers"]


def test_dump_of_a_part(upciedev, adc):
    dump = json.loads(upciedev("dump", adc, "adc.ch[3]", "--json").ok())
    assert [r["name"] for r in dump["registers"]] == [
        f"adc.ch[3].{name}" for name in ("GAIN", "OFFSET", "THRESHOLD", "CONFIG")]
    upciedev("dump", adc, "nothing").fails(3, "nothing")


def test_write_says_that_it_leaves_enable_bits_alone(upciedev):
    run = upciedev("write", "adc", "IRQ_ENABLE=7", "IRQ_ENABLE")
    assert run.done.returncode == 0
    assert "IRQ_ENABLE: its enable bits stay as they are" in run.done.stderr
    assert "0x00000000" in run.done.stdout
    field = upciedev("write", "adc", "IRQ_ENABLE.TRIGGER=1")
    assert "IRQ_ENABLE.TRIGGER: its enable bits" in field.done.stderr
    upciedev("write", "adc", "CTRL.ENABLE=1").ok()
