# SPDX-License-Identifier: BSD-3-Clause
"""upciedev sim, and running crates as several processes see them at once."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

import conftest
import pytest

CRATE = f"{conftest.ROOT}/devices/crates/demo.yaml"
SHARED = "crate:demo"
MODELS = f"{conftest.ROOT}/build/cmake/tests/unit/models"
EDU = f"{conftest.ROOT}/devices/qemu/edu.yaml"
CLIENT = f"""
import sys, upciedev
board = upciedev.open("{SHARED}").board(4)
reg = board.reg("SCRATCH")
print(reg.read(), flush=True)
"""


@pytest.fixture
def run(tmp_path, upciedev):
    """The command, in a folder of running crates of its own."""
    folder = tmp_path / "run"
    folder.mkdir()

    def call(*arguments, crate=SHARED):
        return upciedev(*arguments, crate=crate, UPCIEDEV_RUN=str(folder))

    call.folder = folder
    yield call
    for name in os.listdir(folder):
        if name != ".lock":
            call("sim", "down", name)


@pytest.fixture
def up(run):
    run("sim", "up", CRATE).ok()
    return run


def crates(run):
    return {each["crate"]: each for each in json.loads(run("sim", "ls", "--json").ok())["crates"]}


def process_of(run, slot):
    return next(each["process"] for each in crates(run)["demo"]["slots"] if each["slot"] == slot)


def python(run, text, **more):
    module = str(conftest.ROOT / "build/cmake/sdk/python")
    env = {**os.environ, "PYTHONPATH": module, "UPCIEDEV_RUN": str(run.folder)}
    return subprocess.Popen(["/usr/bin/python3", "-B", "-c", text], env=env, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)


def access(run, slot=4):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(10)
    client.connect(str(run.folder / f"demo/slot{slot}.access"))
    return client


def test_a_crate_comes_up_is_listed_and_goes_down(run):
    shown = run("sim", "up", CRATE).ok()
    assert "export UPCIEDEV_CRATE=crate:demo" in shown
    assert "vadc8" in run("ls").ok()
    demo = crates(run)["demo"]
    assert {each["state"] for each in demo["slots"]} == {"up"}
    run("sim", "down", "demo").ok()
    assert not os.path.exists(demo["folder"])
    run("ls").fails(3, "no crate 'demo' is running", "upciedev sim up")
    assert processes_of(run) == []


def test_what_one_program_writes_all_others_read(up):
    up("write", "4", "SCRATCH=77").ok()
    assert up("read", "-q", "4", "SCRATCH").ok() == "77\n"
    with python(up, CLIENT) as client:
        assert client.communicate()[0] == "77\n"
    example = conftest.ROOT / "build/cmake/tests/behaviour/upciedev-behaviour"
    done = subprocess.run([example, "--crate", SHARED, "--gtest_filter=register_row.keeps*"],
                          env={**os.environ, "UPCIEDEV_RUN": str(up.folder)}, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert up("read", "-q", "4", "SCRATCH").ok() == "77\n"


def test_all_or_nothing(run, tmp_path):
    board = tmp_path / "bad.yaml"
    board.write_text("format: 1\nboard: bad\nbars: {regs: {index: 0, size: 4 KiB}}\n"
                     "registers: {A: {at: nowhere+0}}\n")
    crate = tmp_path / "two.yaml"
    good = f"{conftest.ROOT}/devices/demo/vadc8.yaml"
    crate.write_text(f"format: 1\ncrate: two\nslots:\n  3: {{board: {good}}}\n  4: {{board: bad.yaml}}\n")
    run("sim", "up", str(crate)).fails(1, "slot 4", "bad.yaml:4:")
    assert crates(run) == {}
    assert not (run.folder / "two").exists()


def test_a_second_crate_of_a_name_is_refused(up):
    up("sim", "up", CRATE).fails(1, "'demo' is up already", "--name", "sim down demo")
    up("sim", "up", CRATE, "--name", "other").ok()
    assert sorted(crates(up)) == ["demo", "other"]
    up("sim", "up", CRATE, "--name", "../x").fails(1, "no name")


def write_crate(tmp_path, slot):
    file = tmp_path / "file.yaml"
    file.write_text(f"format: 1\ncrate: named-inside\nslots:\n  4: {slot}\n")
    return file


def test_a_crate_is_called_what_its_file_says(run, tmp_path):
    file = write_crate(tmp_path, f"{{board: {EDU}}}")
    assert "export UPCIEDEV_CRATE=crate:named-inside" in run("sim", "up", str(file)).ok()
    assert list(crates(run)) == ["named-inside"]
    assert "edu" in run("ls", crate="crate:named-inside").ok()


@pytest.mark.parametrize("model, reason", [
    ("./nothing.so", "nothing.so: is not there"),
    ("./text.so", "cannot be loaded"),
    (f"{MODELS}/libupciedev-model-tagless.so", "no symbol 'upciedev_model'"),
    (f"{MODELS}/libupciedev-model-magic.so", "no tag of a model"),
    (f"{MODELS}/libupciedev-model-abi.so", "version 99 of the model interface"),
    (f"{MODELS}/libupciedev-model-right.so", "it is written for board 'mine'"),
])
def test_a_bad_model_is_refused_and_nothing_stays(run, tmp_path, model, reason):
    (tmp_path / "text.so").write_text("not a library\n")
    file = write_crate(tmp_path, f"{{board: {EDU}, model: {model}}}")
    run("sim", "up", str(file)).fails(1, "slot 4: does not start", "file.yaml:4:", reason)
    assert crates(run) == {} and processes_of(run) == []


def test_unplug_and_plug(up):
    up("write", "4", "SCRATCH=5").ok()
    for surprise in ([], ["--surprise"]):
        up("sim", "unplug", "demo", "4", *surprise).ok()
        up("read", "4", "SCRATCH").fails(3, "slot 4 is empty")
        up("sim", "unplug", "demo", "4").fails(3, "is empty already")
        up("sim", "plug", "demo", "4").ok()
        up("sim", "plug", "demo", "4").fails(1, "has its board")
        assert up("read", "-q", "4", "SCRATCH").ok() == "0\n"
    up("sim", "plug", "demo", "11").fails(3, "slot 11")


def test_faults(up):
    assert set(json.loads(up("sim", "fault", "demo", "4", "--json").ok()).values()) == {False}
    up("sim", "fault", "demo", "4", "slow", "on").ok()
    assert json.loads(up("sim", "fault", "demo", "4", "--json").ok())["slow"] is True
    up("sim", "fault", "demo", "4", "slow", "off").ok()
    up("sim", "fault", "demo", "4", "sloow", "on").fails(1, "sloow", "slow")
    up("sim", "fault", "demo", "4", "slow").fails(2)


def test_a_slot_that_is_killed_is_board_gone_for_its_users(up):
    text = CLIENT + """
import threading, time
def wait():
    try:
        while True: reg.wait_raw(0xffff, 12345, 5)
    except upciedev.Error as error: print("wait:", error, flush=True)
blocked = threading.Thread(target=wait); blocked.start()
print("ready", flush=True)
sys.stdin.readline()
blocked.join()
for act in (reg.read, lambda: reg.write(1)):
    try: act(); print("no error")
    except upciedev.Error as error: print("access:", error, flush=True)
"""
    with python(up, text) as client:
        assert client.stdout.readline() == "0\n"
        assert client.stdout.readline() == "ready\n"
        time.sleep(0.1)
        os.kill(process_of(up, 4), signal.SIGKILL)
        rest = client.communicate("\n", timeout=30)[0].splitlines()
    assert [line.split(":")[0] for line in rest] == ["wait", "access", "access"]
    assert all("has gone" in line for line in rest)
    states = {each["slot"]: each["state"] for each in crates(up)["demo"]["slots"]}
    assert states.pop(4) == "dead" and set(states.values()) == {"up"}
    up("sim", "plug", "demo", "4").ok()
    up("read", "4", "SCRATCH").ok()


def test_a_stopped_slot_is_an_error_that_names_it(up):
    process = process_of(up, 4)
    os.kill(process, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        up("write", "4", "SCRATCH=1").fails(3, f"process {process}")
        assert time.monotonic() - begin < 12
        assert "stuck" in up("sim", "ls").ok()
    finally:
        os.kill(process, signal.SIGCONT)
    up("write", "4", "SCRATCH=1").ok()


def test_a_claim_keeps_other_programs_from_writing(up):
    env = {**os.environ, "UPCIEDEV_RUN": str(up.folder), "UPCIEDEV_CRATE": SHARED}
    with subprocess.Popen(["upciedev", "claim", "4"], env=env) as holder:
        while "nobody" in up("claim", "--who", "4").ok():
            time.sleep(0.01)
        up("write", "4", "SCRATCH=1").fails(1, f"process {holder.pid} (upciedev)")
        assert up("read", "-q", "4", "SCRATCH").ok() == "0\n"
        holder.kill()
    up("write", "4", "SCRATCH=1").ok()


def test_a_crate_that_died_is_cleaned_up(up):
    for each in crates(up)["demo"]["slots"]:
        os.kill(each["process"], signal.SIGKILL)
    while processes_of(up):
        time.sleep(0.01)
    listed = up("sim", "ls")
    assert listed.done.stdout == "no crate is running\n"
    assert "'demo' had died" in listed.done.stderr
    up("sim", "up", CRATE).ok()


def processes_of(run):
    """Those that have the folder on their command line: none when all have died."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                words = file.read()
        except OSError:  # ended meanwhile
            continue
        if b"upciedev-slot" in words and str(run.folder).encode() in words:
            found.append(process)
    return found


CALLS = [0, 1, 2, 3, 4, 5, 6, 9, 10, 255]  # not those that take the board out or make it ill


def test_random_bytes_harm_nobody(up):
    chance = random.Random(4)
    hello = bytes.fromhex("75706373" "0100" "0000" "01000000" "00000000")
    assert sys.byteorder == "little"
    for _ in range(300):
        with access(up) as client:
            try:
                if chance.random() < 0.7:
                    client.send(hello)
                    assert client.recv(1 << 16)[:4] == b"upcs"
                head = hello[:6] + bytes([chance.choice(CALLS), 0]) + hello[8:]
                body = chance.randbytes(chance.choice([0, 4, 8, 40, 72, 1000, 60000]))
                small = bytes(b if i % 4 == 0 else 0 for i, b in enumerate(body))
                client.send(chance.choice([body or b"x", head + body, head + small]))
                client.recv(1 << 17)
            except (BrokenPipeError, ConnectionResetError):
                pass
    up("read", "4", "ID").ok()


def test_silent_clients_keep_nobody_waiting(up):
    silent = [access(up) for _ in range(60)]
    up("write", "4", "SCRATCH=3").ok()
    assert up("read", "-q", "4", "SCRATCH").ok() == "3\n"
    for each in silent:
        each.close()


def test_waits_sleep_and_keep_nobody_waiting(up):
    """A wait for a second is a few calls of the slot, for an interrupt none; others have their turn meanwhile."""
    program = python(up, f"""
import resource, threading, time, upciedev
def switches():
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
crate = upciedev.open("{SHARED}")
adc, timer = crate["adc"], crate["timer"]
before = switches()
assert adc.reg("SCRATCH").wait_raw(0xffffffff, 0xdead, 1) is None
print(switches() - before)
with timer.irq("pulse") as irq:
    before = switches()
    assert irq.wait(1) is None
    print(switches() - before)
waits = [threading.Thread(target=adc.reg("SCRATCH").wait_raw, args=(0xffffffff, 0xdead, 20)) for _ in range(3)]
for each in waits:
    each.start()
start = time.monotonic()
for number in range(200):
    adc["LENGTH"]
print(time.monotonic() - start)
adc["SCRATCH"] = 0xdead
for each in waits:
    each.join(10)
print(any(each.is_alive() for each in waits))
""")
    told, _ = program.communicate(timeout=60)
    register, interrupt, accesses, alive = told.split()
    assert int(register) < 50 and int(interrupt) < 50, told
    assert float(accesses) < 15 and alive == "False", told


def test_a_board_that_comes_back_is_another_generation(up):
    def generation():
        return json.loads(up("health", "4", "--json").ok())["boards"][0]["generation"]

    assert generation() == 1
    up("reset", "4").ok()
    up("sim", "unplug", "demo", "4").ok()
    up("sim", "plug", "demo", "4").ok()
    assert generation() == 3
    assert "as generation 4" in up("reset", "4").ok()
    os.kill(process_of(up, 4), signal.SIGKILL)
    up("sim", "plug", "demo", "4").ok()
    assert generation() == 5


def test_a_monitor_sees_a_board_that_was_changed_between_two_looks(up):
    watcher = python(up, f"""
import upciedev
with upciedev.open("{SHARED}") as crate, crate.monitor() as monitor:
    print("watching", flush=True)
    input()
    for change in (monitor.wait(10), monitor.wait(10), monitor.wait(0.5)):
        print(change and (change.board.slot, change.arrived))
""")
    assert watcher.stdout.readline() == "watching\n"
    up("sim", "unplug", "demo", "4").ok()
    up("sim", "plug", "demo", "4").ok()
    told, _ = watcher.communicate("\n", timeout=30)
    assert told.splitlines() == ["(4, False)", "(4, True)", "None"]


def bus_address(slot, bar, offset=0):
    """As sim_bus_address() of upciedev/extend/sim.hpp."""
    return (1 << 60) + (slot << 43) + (bar << 40) + offset


class Peer:
    """What an engine of another board does to the board of a slot."""

    def __init__(self, run, slot):
        self.socket = access(run, slot)
        self.ask(0)

    def ask(self, call, body=b""):
        self.socket.send(struct.pack("<IHHIi", 0x73637075, 5, call, 1, 0) + body)
        answer = self.socket.recv(1 << 17)
        return struct.unpack_from("<i", answer, 12)[0], answer[16:]

    def write(self, bar, offset, data):
        assert self.ask(12, struct.pack("<IIQQ", bar, 1, offset, len(data)) + data)[0] == 0

    def read(self, bar, offset, size):
        error, data = self.ask(12, struct.pack("<IIQQ", bar, 0, offset, size))
        assert error == 0
        return data

    def transfer(self, address, size):
        """By the registers of vadc10's engine, from the start of its memory. Returns its status."""
        self.write(0, 0x80, struct.pack("<QQII", 0, address, size, 1))
        while (status := struct.unpack("<I", self.read(0, 0x98, 4))[0]) & 1:
            time.sleep(0.01)
        return status


def test_an_engine_reaches_the_other_boards_and_nothing_else(run):
    run("sim", "up", f"{conftest.ROOT}/devices/crates/full.yaml", "--name", "demo").ok()
    engine, done, failed = Peer(run, 2), 2, 4
    data = random.randbytes(200_000)
    for at in range(0, len(data), 50_000):
        engine.write(2, at, data[at:at + 50_000])
    window = 4
    assert engine.transfer(bus_address(8, window, 0x1004), len(data)) == done
    far = Peer(run, 8)
    assert b"".join(far.read(window, 0x1004 + at, 50_000) for at in range(0, len(data), 50_000)) == data
    assert far.read(window, 0x1000, 4) == bytes(4)
    events = run("read", "-q", "1", "EVENT_COUNT").ok()
    assert engine.transfer(bus_address(1, 0, 0x34), 4) == done  # vtimer's SEND, a doorbell
    assert int(run("read", "-q", "1", "EVENT_COUNT").ok()) == int(events) + 1
    for nowhere in (0x1000, bus_address(2, 2), bus_address(13, 0), bus_address(8, 5), bus_address(8, 4, (1 << 20) - 8)):
        assert engine.transfer(nowhere, 64) == failed, hex(nowhere)
    run("sim", "unplug", "demo", "8").ok()
    assert engine.transfer(bus_address(8, window), 64) == failed
    run("sim", "plug", "demo", "8").ok()
    assert engine.transfer(bus_address(8, window), 64) == done
    assert Peer(run, 8).read(window, 0, 64) == data[:64]
