# SPDX-License-Identifier: BSD-3-Clause
"""From board to board, from Python."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import upciedev

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def crate(tmp_path: Path) -> Iterator[upciedev.Crate]:
    devices = ROOT / "devices/demo"
    file = tmp_path / "crate.yaml"
    file.write_text(
        f"""format: 1
crate: peers
slots:
  2: {{board: {devices}/vadc10.yaml, alias: adc}}
  8: {{board: {devices}/vio.yaml, alias: io}}
  10: {{board: {devices}/vllrf.yaml, alias: rf}}
"""
    )
    with upciedev.open(f"sim:{file}") as opened:
        yield opened


def source_of(crate: upciedev.Crate, size: int = 4096) -> upciedev.Region:
    crate["adc"].area("DDR").write(0, np.arange(size // 4, dtype=np.uint32))
    return crate["adc"].dma("read").region(0, size)


def test_an_engine_writes_into_another_board(crate: upciedev.Crate) -> None:
    how = upciedev.copy(source_of(crate), crate["io"].area("WINDOW").region(16, 1024))
    assert (how.bytes, how.arrival, how.bounced, how.text) == (
        4096,
        "issued",
        False,
        "direct (switch)",
    )
    assert how.route and how.route.way == "direct" and how.time > 0
    assert list(crate["io"].area("WINDOW").read(15, 4)) == [0, 0, 1, 2]


def test_arrival_is_told(crate: upciedev.Crate) -> None:
    window = crate["io"].bar("window")
    source = source_of(crate)
    assert upciedev.copy(source, window.region(0, 4096), verify=True).arrival == "verified"
    bell = (crate["adc"].dma("read").region(4, 4), window.region(8192, 4))
    assert upciedev.copy(source, window.region(0, 4096), doorbell=bell).arrival == "doorbell"
    assert window.read(8192) == 1


def test_a_refusal_says_why_and_memory_helps(crate: upciedev.Crate) -> None:
    io, tables = crate["io"], crate["rf"].bar("tables")
    route = io.route_to(crate["rf"], "tables", "write")
    assert not route and (route.way, route.reason) == ("refused", "read")
    assert "peer_reads" in route.remedy
    tables.write_block(0, [1, 2, 3, 4])
    words = tables.region(0, 16), io.bar("window").region(0, 16)
    with pytest.raises(upciedev.NotPermitted, match="reading from peers is not allowed"):
        upciedev.copy(*words)
    how = upciedev.copy(*words, fallback="bounce")
    assert how.bounced and how.written_by_dma and not how.read_by_dma
    assert how.arrival == "arrived" and not how.route
    assert list(io.bar("window").read_block(0, 4)) == list(tables.read_block(0, 4))


def test_a_stream_feeds_another_board(crate: upciedev.Crate) -> None:
    source_of(crate, 16384)
    window = crate["io"].bar("window")
    with crate["adc"].dma("read").stream_to(
        window.region(0, 8192), 4096, step=4096, count=4
    ) as stream:
        assert stream.depth == 2
        seen = []
        for frame in stream:
            assert len(frame) == 0
            seen.append((frame.sequence, frame.index, window.read(4096 * frame.index)))
            frame.release()
    assert seen == [(0, 0, 0), (1, 1, 1024), (2, 0, 2048), (3, 1, 3072)]


def test_leases_exclude_each_other(crate: upciedev.Crate) -> None:
    area = crate["io"].area("WINDOW")
    with area.lease(0, 100) as held:
        assert held.held
        with pytest.raises(upciedev.Busy):
            area.lease(99)
    assert area.lease().held


def test_errors_name_the_place(crate: upciedev.Crate) -> None:
    source, window = source_of(crate), crate["io"].bar("window")
    with pytest.raises(upciedev.BadValue, match="same size"):
        upciedev.copy(source, window.region(0, 8))
    with pytest.raises(upciedev.OutOfRange, match="slot 8 vio: window"):
        window.region(1 << 20, 1)
    with pytest.raises(ValueError, match="'refuse' or 'bounce'"):
        upciedev.copy(source, window.region(0, 4096), fallback="perhaps")
    with pytest.raises(upciedev.NoSuchRegister):
        crate["adc"].route_to(crate["io"], "windw")
    target = window.region(0, 4096)
    crate["io"].remove()
    with pytest.raises(upciedev.BoardGone, match="slot 8"):
        upciedev.copy(source, target)


def test_what_was_closed_is_refused(crate: upciedev.Crate) -> None:
    adc, io = crate["adc"], crate["io"]
    source, target = adc.dma("read").region(0, 4096), io.bar("window").region(0, 4096)
    assert repr(target) == "<upciedev.Region slot 8 vio: window, bytes 0 to 4095>"
    crate.close()
    with pytest.raises(ValueError, match="closed"):
        upciedev.copy(source, target)
    del adc, io


def test_ctrl_c_ends_a_copy(crate: upciedev.Crate) -> None:
    source = crate["adc"].dma("read").region(0, 1 << 20)
    target = crate["io"].bar("window").region(0, 1 << 20)
    threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        while time.monotonic() - began < 20:
            upciedev.copy(source, target)
    assert time.monotonic() - began < 5
