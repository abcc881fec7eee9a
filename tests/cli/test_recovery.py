# SPDX-License-Identifier: BSD-3-Clause
"""A board whose DMA engine does not stop is cut off from the bus and reset, as by the driver: all who had it have lost
it, and it can be opened again at once."""

import json
import os
import subprocess

import conftest
import pytest

READ = ("dma", "read", "adc2", "read", "--length", "4", "-o", "/dev/null", "--timeout", "0.2")
FAULTS = pytest.mark.parametrize("faults", [("all_ones",), ("engine_runs_on", "engine_hangs")], ids="+".join)
OTHER = """
import sys, upciedev
crate = upciedev.open("crate:full")
board = crate.board(3)
scratch, area, irq = board.reg("SCRATCH"), board.area("DDR"), board.irq("done")
scratch.write(5)
claim = board.claim()
print("has it", flush=True)
sys.stdin.readline()
for use in (scratch.read, lambda: area.read(0, 4), lambda: irq.wait(3600), lambda: board.dma("read").read(0, 4)):
    try:
        print(use())
    except upciedev.BoardGone:
        print("gone")
print(board.gone)
board.reopen()
print(board.gone, board.reg("SCRATCH").read(), board.area("DDR").read(0, 1)[0], len(board.dma("read").read(0, 4)),
      board.identity.generation)
"""


class Full:
    """The crate with all slots, running, and what uses it."""

    def __init__(self, upciedev, folder):
        self.upciedev, self.folder = upciedev, folder

    def __call__(self, *arguments):
        return self.upciedev(*arguments, crate="crate:full", UPCIEDEV_RUN=str(self.folder))

    def fault(self, state, *faults):
        for each in faults:
            self("sim", "fault", "full", "3", each, state).ok()

    def python(self, text):
        env = {**os.environ, "UPCIEDEV_RUN": str(self.folder),
               "PYTHONPATH": str(conftest.ROOT / "build/cmake/sdk/python")}
        return subprocess.Popen(["/usr/bin/python3", "-B", "-c", text], env=env, text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def generation(self):
        health = json.loads(self("health", "adc2", "--json").ok())
        assert health["healthy"] and health["boards"][0]["state"] == "ok"
        slots = json.loads(self("sim", "ls", "--json").ok())["crates"][0]["slots"]
        assert {each["state"] for each in slots} == {"up"}
        return health["boards"][0]["generation"]


@pytest.fixture
def full(tmp_path, upciedev):
    (tmp_path / "run").mkdir()
    crate = Full(upciedev, tmp_path / "run")
    crate("sim", "up", f"{conftest.ROOT}/devices/crates/full.yaml").ok()
    yield crate
    crate("sim", "down", "full").ok()


@FAULTS
def test_a_board_that_was_cut_off_opens_again(full, faults):
    full("write", "adc2", "SCRATCH=0x55").ok()
    full.fault("on", *faults)
    full(*READ).fails(1, "the time given ran out after 0 of 4 bytes")
    full.fault("off", *faults)
    assert full("read", "-q", "adc2", "SCRATCH").ok() == "0\n"  # it was reset
    assert full.generation() == 2
    full(*READ).ok()
    assert "as generation 3" in full("reset", "adc2").ok()
    full("p2p", "copy", "adc2", "DDR", "io1", "WINDOW", "--length", "4KiB", "--verify").ok()
    full("p2p", "copy", "adc1", "DDR", "adc2", "DDR", "--length", "4KiB", "--verify").ok()


@FAULTS
def test_it_is_as_ill_as_before(full, faults):
    full.fault("on", *faults)
    for generation in range(2, 6):
        full(*READ).fails(1, "the time given ran out")
        assert full.generation() == generation
    full.fault("off", *faults)
    full(*READ).ok()


@FAULTS
def test_all_who_had_it_have_lost_it(full, faults):
    other = full.python(OTHER)
    assert other.stdout.readline() == "has it\n"
    full.fault("on", *faults)
    done = full("dma", "read", "adc2", "read", "--length", "4", "-o", "/dev/null", "--timeout", "0.2")
    done.fails(1, "claimed by")  # which holds
    other.kill()
    other.communicate()
    full(*READ).fails(1, "the time given ran out")
    other = full.python(OTHER.replace("claim = board.claim()\n", ""))
    assert other.stdout.readline() == "has it\n"
    full(*READ).fails(1, "the time given ran out")
    full.fault("off", *faults)
    out, error = other.communicate("go on\n", timeout=60)
    assert out.splitlines()[:5] == ["gone"] * 4 + ["True"], error
    assert out.splitlines()[5] == "False 0 0 4 3", error


@FAULTS
def test_it_recovers_from_a_stream_and_from_a_peer_transfer(full, faults):
    for number, command in enumerate((
            ("dma", "stream", "adc2", "read", "--frame", "400", "-o", "/dev/null", "--timeout", "0.2"),
            ("p2p", "copy", "adc2", "DDR", "io1", "WINDOW", "--length", "4KiB", "--timeout", "0.2"))):
        full.fault("on", *faults)
        full(*command).fails(1)
        full.fault("off", *faults)
        assert full.generation() == number + 2
        full(*READ).ok()


def test_a_claim_ends_with_its_generation(full):
    holder = full.python(OTHER.replace('sys.stdin.readline()', 'sys.stdin.readline()\n'
                                       'try:\n'
                                       '    board.dma("read").read(0, 4, timeout=0.2)\n'
                                       'except TimeoutError:\n'
                                       '    print("late", flush=True)\n'
                                       'sys.stdin.readline()'))
    assert holder.stdout.readline() == "has it\n"
    full.fault("on", "all_ones")
    holder.stdin.write("read\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "late\n"
    full.fault("off", "all_ones")
    full("write", "adc2", "SCRATCH=1").ok()
    holder.kill()
    holder.communicate()


def test_a_monitor_sees_it(full):
    watcher = full.python("""
import upciedev
with upciedev.open("crate:full") as crate, crate.monitor() as monitor:
    print("watching", flush=True)
    for change in (monitor.wait(60), monitor.wait(60)):
        print(change and (change.board.slot, change.arrived))
""")
    assert watcher.stdout.readline() == "watching\n"
    full.fault("on", "all_ones")
    full(*READ).fails(1, "the time given ran out")
    assert watcher.communicate(timeout=90)[0].splitlines() == ["(3, False)", "(3, True)"]


@pytest.mark.parametrize("number", range(5))
def test_many_who_use_it_at_once_recover_as_well(full, number):
    text = """
import sys, upciedev
crate = upciedev.open("crate:full")
board = crate.board(3)
print("has it", flush=True)
rounds = 0
while rounds < 200 or board.identity.generation < 3:
    try:
        board.reg("SCRATCH").write(rounds & 0xff)
        board.reg("SCRATCH").read()
        rounds += 1
    except upciedev.BoardGone:
        try:
            board.reopen()
        except upciedev.BoardGone:
            pass  # it fails at this moment
print(board.identity.generation)
"""
    users = [full.python(text) for _ in range(3)]
    for each in users:
        assert each.stdout.readline() == "has it\n"
    full.fault("on", "engine_runs_on", "engine_hangs")
    full(*READ).fails(1, "the time given ran out")
    full(*READ).fails(1, "the time given ran out")
    for each in users:
        out, error = each.communicate(timeout=60)
        assert each.returncode == 0 and out == "3\n", error
    assert full.generation() == 3
