#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""From board to board through the switch of the guest, by our driver, the SDK and the command:

    ./dev guest --crate tests/guest/few.yaml -- ./dev run -- tests/guest/p2p.py tests/guest/few.yaml
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotplug import NAMES
from verdicts import run_all

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = Path("/sys/module/upciedev/parameters")
DIGITIZER, OTHER, CARRIER, RF = "2", "3", "8", "10"
COMMAND = 4  # in configuration space
BAR_2 = 0x18  # of the digitizer, in configuration space: lower half of an address of 64 bits


def upciedev(*words: str, status: int = 0) -> str:
    done = subprocess.run(["upciedev", "--crate", "local", "--names", NAMES, *words], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@contextmanager
def parameter(name: str, value: str) -> Iterator[None]:
    file = PARAMETERS / name
    before = file.read_text()
    file.write_text(value)
    try:
        yield
    finally:
        file.write_text(before)


def pairs(*words: str) -> list[dict[str, Any]]:
    return json.loads(upciedev("p2p", "matrix", "--json", *words))["pairs"]


def translated() -> bool:
    return any(pair["iommu"] for pair in pairs())


@contextmanager
def as_qemu_wants_it() -> Iterator[str]:
    """QEMU has its IOMMU translate between peers, too. Yields the verdict of open ways."""
    if not translated():
        yield "direct (switch)"
        return
    with parameter("force_iova", "1"):
        yield "through root complex (IOMMU)"


def the_matrix_tells_all_ways() -> None:
    for pair in pairs():
        assert pair["verdict"] == "direct (switch)", pair
        assert pair["bridge"], pair
    with as_qemu_wants_it() as verdict:
        assert {pair["verdict"] for pair in pairs()} == {verdict}
        text = upciedev("p2p", "matrix")
    assert "8 vio" in text and "no DMA engine" in text, text


def every_way_works() -> None:
    with as_qemu_wants_it():
        found = pairs("--test", "--yes")
    tried = [pair for pair in found if any(rung["rung"] == "one word into the peer" and rung["result"] == "ok"
                                           for rung in pair["test"])]
    assert len(tried) >= 12, [(pair["from"]["slot"], pair["to"]["slot"], pair["test"]) for pair in found]
    failed = [rung for pair in found for rung in pair["test"] if rung["result"] == "failed"]
    assert not failed, failed


def the_example_runs_unchanged() -> None:
    with as_qemu_wants_it() as verdict:
        done = subprocess.run([str(ROOT / "build/cmake/examples/peer"), "local"], text=True, capture_output=True)
    assert done.stdout == f"65536 bytes, {verdict}, verified\n", done.stdout + done.stderr


def reads_are_refused_until_they_are_allowed() -> None:
    words = ("p2p", "diagnose", CARRIER, DIGITIZER, "--yes")
    with as_qemu_wants_it():
        told = upciedev(*words)
        assert "skipped  a word out of the peer: refused: reading from peers is not allowed" in told, told
        with parameter("peer_reads", "1"):
            told = upciedev(*words)
        assert "ok       a word out of the peer" in told, told


def what_no_engine_can_goes_by_memory() -> None:
    odd = ("p2p", "copy", DIGITIZER, "ddr+1", CARRIER, "window+3", "--length", "1023", "--verify")
    offered = ("p2p", "copy", DIGITIZER, "read", RF, "tables", "--length", "4KiB", "--verify")
    with as_qemu_wants_it():
        assert "are no multiples of 4 bytes" in upciedev(*odd, status=1)
        assert "bounced, read by DMA" in upciedev(*odd, "--bounce")
        told = upciedev(*offered, status=1)  # the generic driver has it, without peers=1
        assert "refused: the peer does not offer that BAR" in told and "peers=1" in told, told
        assert "written by the processor" in upciedev(*offered, "--bounce")


def told_with(folder: Path, where: int, value: bytes, *words: str) -> str:
    """What the ladder says while somebody has written into a configuration space."""
    def write(what: bytes) -> None:
        with (folder / "config").open("r+b", buffering=0) as config:
            config.seek(where)
            config.write(what)

    before = (folder / "config").read_bytes()[where:where + len(value)]
    with as_qemu_wants_it():
        assert "FAILED" not in upciedev(*words)
        write(value)
        try:
            told = upciedev(*words, status=1)
        finally:
            write(before)
        assert "FAILED" not in upciedev(*words)
    return told


def sysfs_of_digitizer() -> Path:
    address = next(pair["from"]["address"] for pair in pairs() if str(pair["from"]["slot"]) == DIGITIZER)
    return (Path("/sys/bus/pci/devices") / address).resolve()


def a_board_that_lost_its_bars_is_found() -> None:
    told = told_with(sysfs_of_digitizer(), BAR_2, bytes(8), "p2p", "diagnose", CARRIER, DIGITIZER, "--yes")
    assert "FAILED   BARs of slot 2 vadc10: BAR 2 is 0" in told and "lspci will not say" in told, told


def a_port_that_lets_nothing_up_is_found() -> None:
    port = sysfs_of_digitizer().parent
    memory_only = bytes([2, 0])
    told = told_with(port, COMMAND, memory_only, "p2p", "diagnose", DIGITIZER, CARRIER, "--yes")
    assert f"FAILED   the ports above: {port.name} passes nothing on from below (Bus Master is off)" in told, told


def two_programs_respect_a_claim() -> None:
    with as_qemu_wants_it():
        told = upciedev("claim", CARRIER, "--", "upciedev", "--crate", "local", "p2p", "copy", DIGITIZER, "read",
                        CARRIER, "window", "--length", "64")
        assert "64 bytes" in told, told
        holder = subprocess.Popen(["upciedev", "--crate", "local", "claim", CARRIER, "--time", "20"],
                                  stdout=subprocess.PIPE, text=True)
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            told = upciedev("p2p", "copy", DIGITIZER, "read", CARRIER, "window", "--length", "64", status=1)
            assert "claimed by process" in told, told
        finally:
            holder.terminate()
            holder.wait()


if __name__ == "__main__":
    sys.exit(run_all(the_matrix_tells_all_ways, every_way_works, the_example_runs_unchanged,
                     reads_are_refused_until_they_are_allowed, what_no_engine_can_goes_by_memory,
                     a_board_that_lost_its_bars_is_found, a_port_that_lets_nothing_up_is_found,
                     two_programs_respect_a_claim))
