# SPDX-License-Identifier: BSD-3-Clause
"""upciedev save, restore and diff on the demo crate's digitizer."""

import json

import pytest


@pytest.fixture
def saved(upciedev, tmp_path):
    """Settings file of the digitizer as the demo crate has it."""
    file = tmp_path / "adc.yaml"
    said = upciedev("save", "adc", str(file)).ok()
    assert said == f"saved 52 registers of slot 4 vadc8 in {file}\n"
    return file


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_save_prints_the_file_when_none_is_named(upciedev):
    text = upciedev("save", "adc").ok()
    assert "settings: vadc8\n" in text
    assert "  adc.ch[3].GAIN: {raw: 0x0000ec00, value: -1.25}  # dB\n" in text
    assert "#   COUNT: reading it clears bits\n" in text


def test_save_json_has_the_documented_shape(upciedev, tmp_path):
    file = tmp_path / "adc.yaml"
    shape = json.loads(upciedev("save", "adc", str(file), "--json").ok())
    assert file.exists()
    assert list(shape) == ["board", "registers", "left_out"]
    ctrl = next(r for r in shape["registers"] if r["name"] == "CTRL")
    assert ctrl["mask"] == 0xffffffcf and ctrl["raw"] == 0x100
    assert {"name": "ID", "reason": "read-only"} in shape["left_out"]


def test_diff_is_silent_when_all_is_alike(upciedev, saved):
    assert upciedev("diff", "adc", str(saved)).ok() == ""


def test_diff_shows_fields_and_values_and_ends_with_1(upciedev, saved):
    edit(saved, "{raw: 0x0000ec00, value: -1.25}", "{value: -1.5}")
    edit(saved, "fields: {ENABLE: 0", "fields: {ENABLE: 1")
    edit(saved, "{raw: 0x00000100, mask", "{raw: 0x00000101, mask")
    run = upciedev("diff", "adc", str(saved))
    assert run.fails(1) == ""
    assert [line.split()[0] for line in run.done.stdout.splitlines()] == [
        "register", "CTRL.ENABLE", "adc.ch[3].GAIN"]
    assert "-1.5 dB (0x0000e800)  -1.25 dB (0x0000ec00)" in run.done.stdout


def test_diff_json_has_the_documented_shape(upciedev, saved):
    edit(saved, "{raw: 0x0000ec00, value: -1.25}", "{value: -1.5}")
    run = upciedev("diff", "adc", str(saved), "--json")
    assert run.fails(1) == ""
    shape = json.loads(run.done.stdout)
    assert list(shape) == ["board", "compared", "differences"] and shape["compared"] == 52
    one, = shape["differences"]
    assert one["name"] == "adc.ch[3].GAIN"
    assert one["saved"]["value"] == -1.5 and one["present"]["raw"] == 0xec00


def test_restore_tells_how_many(upciedev, saved):
    assert upciedev("restore", "adc", str(saved)).ok() == "restored 52 registers of slot 4 vadc8\n"
    shape = json.loads(upciedev("restore", "adc", str(saved), "--json").ok())
    assert shape == {"board": "slot 4 vadc8", "restored": 52, "left_out": []}


def test_restore_brings_back_what_was_saved(upciedev, tmp_path):
    file, script = tmp_path / "adc.yaml", tmp_path / "script"
    script.write_text(f"save adc {file}\n"
                      "write adc SCRATCH=0x55 adc.ch[3].GAIN=2 CTRL.MODE=external\n"
                      f"restore adc {file}\n"
                      f"diff adc {file}\n"
                      "read -q adc SCRATCH adc.ch[3].GAIN CTRL.MODE\n")
    assert upciedev("script", str(script)).ok().splitlines()[-3:] == ["0", "-1.25", "off"]


@pytest.mark.parametrize("old, new, mentions", [
    ("SCRATCH: {raw: 0x00000000, value: 0}", "SCRATCH: {raw: 0x00000000, value: 1}", ":7:"),
    ("SCRATCH:", "SCRATHC:", "'SCRATCH'"),
    ("SCRATCH:", "ID:", "read-only"),
    ("mask: 0xffffffcf, ", "", "give it 'mask: 0xffffffcf'"),
    ("settings: vadc8", "settings: vio", ":4:11: these settings are for a vio"),
])
def test_a_wrong_file_is_refused_with_its_place(upciedev, saved, old, new, mentions):
    edit(saved, old, new)
    upciedev("restore", "adc", str(saved)).fails(1, f"upciedev: {saved}:", mentions)
    upciedev("diff", "adc", str(saved)).fails(2, f"upciedev: {saved}:", mentions)


def test_exit_status_of_what_is_not_there(upciedev, saved):
    upciedev("diff", "nowhere", str(saved)).fails(3, "nowhere")
    upciedev("diff", "adc", "/nonexistent").fails(2, "/nonexistent")
    upciedev("restore", "adc", "/nonexistent").fails(1, "/nonexistent")
    upciedev("save", "adc", "/nonexistent/file").fails(1, "/nonexistent/file")


def test_enable_bits_of_interrupts_are_not_settings(upciedev, saved):
    assert "IRQ_ENABLE" not in saved.read_text().split("# Left out:")[0]
    assert "#   IRQ_ENABLE: enables an interrupt: the driver's part\n" in saved.read_text()
    shape = json.loads(upciedev("save", "adc", "--json").ok())
    assert {"name": "IRQ_ENABLE",
            "reason": "enables an interrupt: the driver's part"} in shape["left_out"]


def test_restore_of_an_older_file_leaves_enable_bits_alone_and_says_so(upciedev, saved):
    edit(saved, "  SCRATCH:", "  IRQ_ENABLE: {raw: 0x00000007, fields: {DMA_DONE: 1, TRIGGER: 1}}\n"
                               "  SCRATCH:")
    assert upciedev("restore", "adc", str(saved)).ok() == (
        "restored 52 registers of slot 4 vadc8\n"
        "left out IRQ_ENABLE: enables an interrupt: the driver's part\n")
    shape = json.loads(upciedev("restore", "adc", str(saved), "--json").ok())
    assert shape["left_out"] == [{"name": "IRQ_ENABLE",
                                  "reason": "enables an interrupt: the driver's part"}]
    assert upciedev("diff", "adc", str(saved)).ok() == ""
