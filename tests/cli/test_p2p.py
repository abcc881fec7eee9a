# SPDX-License-Identifier: BSD-3-Clause
"""upciedev p2p: in one process, and between processes over a running crate."""

import json
import os
import subprocess
import time

import conftest
import pytest

CRATE = "sim:devices/crates/full.yaml"
SHARED = "crate:peers"
COPY = ("p2p", "copy", "2", "read", "8", "window", "--length", "4KiB")
LEASE = f"""
import sys, upciedev
area = upciedev.open("{SHARED}").board(8).area("WINDOW")
held = area.lease(0, 16)
print("held", flush=True)
sys.stdin.readline()
"""


class Shared:
    """A running crate, and programs that use it."""

    def __init__(self, upciedev, folder):
        self.upciedev, self.folder = upciedev, folder

    def __call__(self, *arguments):
        return self.upciedev(*arguments, crate=SHARED, UPCIEDEV_RUN=str(self.folder))

    def start(self, *words):
        env = {**os.environ, "UPCIEDEV_RUN": str(self.folder), "UPCIEDEV_CRATE": SHARED,
               "PYTHONPATH": str(conftest.ROOT / "build/cmake/sdk/python")}
        return subprocess.Popen(words, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)


@pytest.fixture
def shared(tmp_path, upciedev):
    folder = tmp_path / "run"
    folder.mkdir()
    crate = Shared(upciedev, folder)
    crate("sim", "up", f"{conftest.ROOT}/devices/crates/full.yaml", "--name", "peers").ok()
    yield crate
    crate("sim", "down", "peers")


def way(crate, source, target):
    pairs = json.loads(crate("p2p", "matrix", "--json").ok())["pairs"]
    return next(pair for pair in pairs if (pair["from"]["slot"], pair["to"]["slot"]) == (source, target))


def test_matrix_has_each_engine_and_each_window(upciedev):
    pairs = json.loads(upciedev("p2p", "matrix", "--json", crate=CRATE).ok())["pairs"]
    assert {pair["from"]["board"] for pair in pairs} == {"vadc10", "vadc8", "vio", "edu"}
    assert {pair["to"]["board"] for pair in pairs} == {"vadc10", "vadc8", "vio", "vllrf"}
    assert {(pair["way"], pair["reason"], pair["iommu"]) for pair in pairs} == {("direct", "none", False)}
    assert "test" not in pairs[0]


def test_each_way_is_tried(upciedev):
    tried = json.loads(upciedev("p2p", "matrix", "--test", "--yes", "--json", crate=CRATE).ok())["pairs"]
    for pair in tried:
        results = {rung["rung"]: rung["result"] for rung in pair["test"]}
        expected = "skipped" if pair["to"]["board"] == "vllrf" else "ok"  # its file names no stretch
        assert results["one word into the peer"] == results["a block into the peer"] == expected, pair


def test_nothing_is_written_unasked(upciedev):
    upciedev("p2p", "diagnose", "2", "8", crate=CRATE).fails(1, "slot 8 vio", "--yes")
    upciedev("p2p", "matrix", "--test", crate=CRATE).fails(1, "slot 8 vio", "--yes")


def test_errors(upciedev):
    upciedev("p2p", "diagnose", "1", "8", "--yes", crate=CRATE).fails(1, "slot 1 vtimer", "no DMA channel")
    upciedev("p2p", "diagnose", "2", "1", "--yes", crate=CRATE).fails(1, "slot 1 vtimer", "no BAR to other boards")
    upciedev("p2p", "diagnose", "2", "8", "--bar", "windw", "--yes", crate=CRATE).fails(3, "no BAR windw")
    upciedev("p2p", "copy", "2", "read", "8", "nothing", crate=CRATE).fails(3, "no BAR nothing")
    upciedev("p2p", "copy", "2", "read", "8", "window+0x100000", "--length", "1", crate=CRATE).fails(1, "outside")
    upciedev("p2p", "copy", "2", "read", "8", "window+here", crate=CRATE).fails(1, "window+here")
    upciedev(*COPY, "--doorbell", "WINDOW", crate=CRATE).fails(2, "--doorbell-source")


def test_a_copy_tells_how_it_went(upciedev):
    told = json.loads(upciedev("--json", *COPY, "--doorbell-source", "DDR+16", "--doorbell", "WINDOW+0x8000",
                               crate=CRATE).ok())
    assert (told["bytes"], told["arrival"], told["bounced"]) == (4096, "doorbell", False)
    assert told["route"]["verdict"] == "direct (switch)"


def test_the_switch_may_forbid_it(shared):
    shared("sim", "fault", "peers", "8", "acs_redirect", "on").ok()
    shared(*COPY).fails(1, "slot 2 vadc10 cannot reach it", "ACS redirect on the port of slot 8")
    assert way(shared, 2, 8)["reason"] == "acs" and way(shared, 2, 3)["way"] == "direct"
    text = shared("p2p", "matrix").ok()
    assert "no (2)" in text and "(2) refused: ACS redirect on the port of slot 8" in text, text
    assert "bounced" in shared(*COPY, "--bounce").ok()
    ladder = shared("p2p", "diagnose", "2", "8", "--yes").done
    assert ladder.returncode == 1 and ladder.stdout.splitlines()[-1].startswith("FAILED   the way: refused"), ladder
    shared("sim", "fault", "peers", "8", "acs_redirect", "off").ok()
    assert "direct (switch)" in shared(*COPY, "--verify").ok()


def test_another_process_claims_the_peer(shared):
    holder = shared.start("upciedev", "claim", "8", "--time", "30")
    try:
        assert "claimed" in holder.stdout.readline()
        shared(*COPY).fails(1, "slot 8 vio", f"claimed by process {holder.pid}")
    finally:
        holder.terminate()
        holder.communicate()
    shared(*COPY).ok()


def test_another_process_leases_a_part(shared):
    holder = shared.start("/usr/bin/python3", "-B", "-c", LEASE)
    try:
        assert holder.stdout.readline() == "held\n"
        shared(*COPY).fails(1, "slot 8 vio", "claimed or leased")
        assert "4096 bytes" in shared(*COPY[:5], "window+64", *COPY[6:]).ok()
        second = shared.start("/usr/bin/python3", "-B", "-c", LEASE)
        assert f"leased by process {holder.pid}" in second.communicate()[1]
    finally:
        holder.communicate("end\n")
    shared(*COPY).ok()


def test_a_peer_that_is_unplugged_ends_it(shared):
    shared("sim", "fault", "peers", "2", "engine_runs_on", "on").ok()  # it writes for ever
    busy = shared.start("upciedev", *COPY, "--timeout", "50")
    time.sleep(1)
    assert busy.poll() is None
    shared("sim", "unplug", "peers", "8").ok()
    error = busy.communicate(timeout=20)[1]
    assert busy.returncode == 4 and "slot 8 vio" in error and "has gone" in error, error
