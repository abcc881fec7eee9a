# SPDX-License-Identifier: BSD-3-Clause
"""upciedev doc: one committed board file, and one of everything that could break a document."""

import re
import xml.etree.ElementTree as xml

import conftest
import pytest

VADC8 = str(conftest.ROOT / "devices/demo/vadc8.yaml")
OURS = [str(file) for file in (conftest.ROOT / "devices").glob("*/*.yaml")
        if file.parent.name != "crates"]

NASTY = r"""
format: 1
board: nasty
title: "<script>alert(1)</script> & \"more\""
description: "- no *list*, a `tick`, a | pipe,\nand a new line"
vendor: "A&B <b>"
endian: big
match: [{vendor: 1, device: 2, subvendor: 3, subdevice: 0xfFff}, {vendor: 1, device: 3}]
bars: {regs: {index: 0, size: 4 KiB, description: "a|b\\|c \u0001d"}}
registers:
  g:
    description: "group <i>"
    at: regs+0x100
    registers:
      m:
        repeat: {count: 2, stride: 0x40}
        registers:
          V: {at: 0, repeat: {count: 3, stride: 8}, type: int16, scale: 0.5, offset: -20,
              values: {low: -1, high: 1}, on_read: pop, endian: little}
  F: {at: regs+0, fields: {A: {bits: 3:1, values: {x: 5}, on_write: one_to_clear}}}
areas:
  M:
    at: regs+0x800
    count: 8
    type: int16
    layout: {frame: 8, channels: {c: {at: 0, repeat: {count: 2, stride: 2}}, t: {at: 4, type: uint32, unit: "<s>"}}}
"""


def pages(upciedev, file: str) -> xml.Element:
    """The HTML as a tree: it is well-formed XML too."""
    text = upciedev("doc", "--html", file).ok()
    assert text.startswith("<!DOCTYPE html>\n")
    return xml.fromstring(text)


def html_tables(tree: xml.Element) -> list[list[list[str]]]:
    return [[["".join(cell.itertext()) for cell in row] for row in table]
            for table in tree.iter("table")]


def markdown_tables(text: str) -> list[list[list[str]]]:
    """As a reader of Markdown takes them: cells end at a '|' that no backslash precedes."""
    tables = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()]
        assert all(len(row) == len(rows[0]) for row in rows), block
        cells = [[re.sub(r"\\(.)", r"\1", cell.strip().strip("`")) for cell in row]
                 for row in rows]
        tables.append([cells[0], *cells[2:]])
    return tables


@pytest.fixture
def nasty(tmp_path):
    (tmp_path / "nasty.yaml").write_text(NASTY)
    return str(tmp_path / "nasty.yaml")


def test_both_say_the_same(upciedev, nasty):
    for file in (*OURS, nasty):
        text = upciedev("doc", file).ok()
        assert markdown_tables(text) == html_tables(pages(upciedev, file)), file


def test_a_committed_board_is_described_in_full(upciedev):
    identity, bars, registers, *fields, areas, irqs, dma = html_tables(pages(upciedev, VADC8))
    assert ["PCI ids", "1b36:00a8"] in identity
    assert ["2", "ddr", "512 MiB", "write-combined, open to peers", "Sample memory"] in bars
    assert len(registers) == 25
    rows = {row[1]: row for row in registers}
    head = registers[0]
    assert head == ["address", "register", "bits", "access", "effects", "reset", "type", "unit",
                    "range", "description"]
    assert rows["adc.ch[0..7].GAIN"] == ["regs+0x100 + 0x10*i", "adc.ch[0..7].GAIN", "32", "rw",
                                         "", "", "sfix16.12", "dB", "-6 to 6", ""]
    assert rows["TIME"][2:8] == ["64", "ro", "", "", "uint64 * 8e-09", "s"]
    assert rows["ID"][5] == "0xadc80001"
    assert rows["COUNT"][4] == "a read clears"
    assert rows["dma.SOURCE"][4] == "guarded"
    mode = next(row for table in fields for row in table if row[1] == "MODE")
    assert mode[0] == "3:1"
    assert "off = 0, internal = 1, external = 2, software = 3" in mode
    assert ["15:8", "DECIMATION", "rw", "", "0x1", "uint8", "1 to 255", "", ""] in [
        row for table in fields for row in table]
    assert areas[1] == ["ddr+0x0", "ADC.RAM", "33554432", "64 MiB", "int16", "rw", "counts",
                        "Samples, channels interleaved"]
    assert ["scratch register", "SCRATCH"] in identity
    assert irqs[1] == ["dma_done", "0", "IRQ_STATUS.DMA_DONE", "IRQ_ENABLE.DMA_DONE",
                       "IRQ_STATUS.DMA_DONE"]
    assert ["start", "dma.CONTROL.START = 0x1"] in dma
    assert ["longest transfer", "512 MiB"] in dma


def test_texts_show_as_they_are(upciedev, nasty):
    tree = pages(upciedev, nasty)
    title = '<script>alert(1)</script> & "more"'
    assert tree.find("head/title").text == f"nasty {title}"
    assert "".join(tree.find("body/h1").itertext()) == f"nasty {title}"
    assert list(tree.iter("script")) == []
    assert tree.find("body/p").text == "- no *list*, a `tick`, a | pipe, and a new line"
    text = upciedev("doc", nasty).ok()
    assert r"# `nasty` \<script\>alert(1)\</script\> \& " in text
    assert "\n\\- no \\*list\\*, a \\`tick\\`, a \\| pipe, and a new line\n" in text


def test_arrays_signs_and_orders(upciedev, nasty):
    identity, bars, groups, registers, fields, areas, channels = html_tables(pages(upciedev, nasty))
    assert [row[1] for row in identity if row[0] == "PCI ids"] == [
        "0001:0002 subsystem 0003:ffff", "0001:0003"]
    assert bars[1] == ["0", "regs", "4 KiB", "uncached, big endian", "a|b\\|c  d"]
    assert groups[1:] == [["g", "group <i>"]]
    assert registers[1] == ["regs+0x100 + 0x40*i + 0x8*j", "g.m[0..1].V[0..2]", "32", "rw",
                            "a read pops", "int16 * 0.5 - 20", "low = -1, high = 1"]
    assert registers[2][:4] == ["regs+0x0", "F", "32, big endian", "rw"]
    assert areas[1][1:3] == ["M", "8"]
    assert channels[1:] == [["0x0 + 0x2*i", "c[0..1]", "int16, big endian", ""],
                            ["0x4", "t", "uint32, big endian", "<s>"]]
    assert fields[1] == ["3:1", "A", "rw", "writing 1 clears", "uint3", "x = 5"]


def test_errors(upciedev, tmp_path):
    (tmp_path / "bad.yaml").write_text("format: 1\n")
    upciedev("doc", str(tmp_path / "bad.yaml")).fails(1, "bad.yaml:1:1: the key 'board' is missing")
    upciedev("doc", "--json", VADC8).fails(1, "--html")
    upciedev("doc").fails(2, "FILE")
