# SPDX-License-Identifier: BSD-3-Clause
"""SIGINT and SIGTERM end whatever a command waits for, and what it asked of the boards.

Each command may wait for an hour; the minute after which a test gives up does not measure it."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time

import conftest
import pytest

HOUR = ("--timeout", "3600")
WATCHDOG = 60
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
CRATE = f"""
format: 1
crate: signals
slots:
  2: {{board: {conftest.ROOT}/devices/demo/vadc10.yaml, alias: adc}}
  8: {{board: {conftest.ROOT}/devices/demo/vio.yaml, alias: io}}
"""
ENGINES = {"adc": "dma.STATUS.BUSY", "io": "dma[0].STATUS.BUSY", "io+": "dma[1].STATUS.BUSY"}


def until(condition, process=None):
    """Wait until it holds; the process must not end before."""
    end = time.monotonic() + WATCHDOG
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


class Crate:
    """A running crate, and commands that use it."""

    def __init__(self, upciedev, folder):
        self.upciedev, self.folder, self.started = upciedev, folder, []

    def __call__(self, *arguments):
        return self.upciedev(*arguments, crate="crate:signals", UPCIEDEV_RUN=str(self.folder))

    def start(self, *words, crate="crate:signals", **how):
        env = {**os.environ, "UPCIEDEV_RUN": str(self.folder), "UPCIEDEV_CRATE": crate,
               "PYTHONPATH": str(conftest.ROOT / "build/cmake/sdk/python")}
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen(words, env=env, text=True, **how)
        self.started.append(process)
        return process

    def fault(self, slot, name, state):
        self("sim", "fault", "signals", str(slot), name, state).ok()

    def value(self, board, register):
        return int(self("read", "-q", "-x", board, register).ok(), 16)

    def at_work(self, engine):
        return self.value(engine.rstrip("+"), ENGINES[engine]) == 1

    def works(self):
        """All engines are at rest, and serve others."""
        for engine in ENGINES:
            until(lambda engine=engine: not self.at_work(engine))
        for slot in (2, 8):
            self.fault(slot, "engine_hangs", "off")
        for board in ("adc", "io"):
            self("dma", "read", board, "read", "--length", "4", "-o", "/dev/null").ok()


@pytest.fixture
def crate(tmp_path, upciedev):
    (tmp_path / "run").mkdir()
    (tmp_path / "crate.yaml").write_text(CRATE)
    made = Crate(upciedev, tmp_path / "run")
    made("sim", "up", str(tmp_path / "crate.yaml")).ok()
    yield made
    for process in made.started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate()
    made("sim", "down", "signals").ok()


def ended(process, number):
    """After the signal. \\returns exit status, output and errors"""
    process.send_signal(number)
    out, error = process.communicate(timeout=WATCHDOG)
    return process.returncode, out, error


HANGS = {
    "read": ("adc", "dma read adc read --length 4 -o /dev/null"),
    "write": ("io+", "dma write io write /dev/stdin"),
    "check": ("io", "dma check io read --length 4KiB"),
    "copy": ("adc", "p2p copy adc DDR io WINDOW --length 4KiB"),
    "bounced": ("adc", "p2p copy adc DDR+4 io WINDOW+1 --length 4KiB --bounce"),
    "diagnose": ("adc", "p2p diagnose adc io --yes"),
    "matrix": ("adc", "p2p matrix --test --yes"),
    "scope": ("adc", "scope adc DAQ"),
}


@BOTH
@pytest.mark.parametrize("name", HANGS)
def test_a_transfer_by_a_hung_engine_ends(crate, tmp_path, name, number):
    engine, command = HANGS[name]
    for slot in (2, 8):
        crate.fault(slot, "engine_hangs", "on")
    (tmp_path / "data").write_bytes(bytes(4096))
    with open(tmp_path / "data", encoding="utf-8") as data:
        process = crate.start("upciedev", *command.split(), *HOUR, stdin=data)
    until(lambda: crate.at_work(engine), process)
    status, _, error = ended(process, number)
    if name == "scope":  # it has nothing to put in order
        assert status == -number, error
    else:
        assert status == 1 and "interrupted" in error, error
    crate.works()


@BOTH
def test_a_script_ends_with_its_line(crate, tmp_path, number):
    crate.fault(2, "engine_hangs", "on")
    (tmp_path / "script").write_text("dma read adc read --length 4 -o /dev/null --timeout 3600\n"
                                     "dma read adc read --length 4 -o /dev/null --timeout 3600\n")
    process = crate.start("upciedev", "script", "--keep-going", str(tmp_path / "script"))
    until(lambda: crate.at_work("adc"), process)
    status, _, error = ended(process, number)
    assert status == 1 and error.count("interrupted") == 1, error
    crate.works()


@BOTH
@pytest.mark.parametrize("command", ["irq adc done", "dma stream adc read --frame 400 --on done -o /dev/null",
                                     "scope adc DAQ --on done"])
def test_waiting_for_an_interrupt_ends(crate, command, number):
    process = crate.start("upciedev", *command.split(), *HOUR)
    until(lambda: crate.value("adc", "IRQ_ENABLE.DONE") == 1, process)
    status, _, error = ended(process, number)
    assert status == (-number if command.startswith("scope") else 0), error
    until(lambda: crate.value("adc", "IRQ_ENABLE.DONE") == 0)


@BOTH
def test_a_stream_by_a_hung_engine_ends(crate, number):
    crate.fault(2, "engine_hangs", "on")
    process = crate.start("upciedev", "dma", "stream", "adc", "read", "--frame", "400", "-o", "/dev/null", *HOUR)
    until(lambda: crate.at_work("adc"), process)
    assert ended(process, number)[0] == 0
    crate.works()


@BOTH
@pytest.mark.parametrize("before", ["SCRATCH=7", "SCRATCH=7 SCRATCH==7"])
def test_waiting_for_a_value_ends(crate, before, number):
    process = crate.start("upciedev", "write", "--timeout", "10000", "adc", *before.split(), "SCRATCH==8")
    until(lambda: crate.value("adc", "SCRATCH") == 7, process)
    assert ended(process, number)[0] == -number
    crate("write", "adc", "SCRATCH=9", "SCRATCH==9").ok()


@BOTH
@pytest.mark.parametrize("command", ["watch adc SCRATCH --period 3600", "claim adc --time 3600"])
def test_what_goes_on_for_long_ends(crate, command, number):
    process = crate.start("upciedev", *command.split())
    assert process.stdout.readline()
    assert ended(process, number)[0] == 0
    crate("write", "adc", "SCRATCH=9").ok()


@BOTH
def test_monitor_ends(crate, number):
    process = crate.start("upciedev", "monitor", "--time", "3600")
    until(lambda: caught(process.pid, number), process)
    assert ended(process, number)[0] == 0


def caught(process, number):
    """The process has a handler for the signal."""
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        masks = dict(line.split(":", 1) for line in file)
    return int(masks["SigCgt"], 16) >> (number - 1) & 1 == 1


def taken_all(process):
    """The pipe is full: nobody reads the output any more."""
    with open(f"/proc/{process}/wchan", encoding="utf-8") as file:
        return "pipe" in file.read() or blocked_in_poll(process)


def blocked_in_poll(process):
    with open(f"/proc/{process}/syscall", encoding="utf-8") as file:
        return file.read().split()[0] in ("7", "271")  # poll, ppoll


@BOTH
@pytest.mark.parametrize("command", ["dma read adc read", "dma stream adc read --frame 64KiB"])
def test_output_that_nobody_takes_keeps_no_command(crate, command, number):
    process = crate.start("upciedev", *command.split(), *HOUR)
    assert process.stdout.read(1) is not None
    until(lambda: taken_all(process.pid), process)
    process.send_signal(number)
    process.wait(timeout=WATCHDOG)
    assert process.returncode in (0, 1)


@BOTH
@pytest.mark.parametrize("command", ["watch adc SCRATCH --period 0.01", "monitor --time 3600"])
def test_a_stopped_slot_keeps_no_command(crate, command, number):
    """The slot answers nothing at all; the library waits three seconds for each call."""
    slot = int(crate("sim", "ls", "--json").ok().split('"process": ')[1].split(",")[0])
    process = crate.start("upciedev", *command.split())
    if command.startswith("watch"):
        assert process.stdout.readline()
    until(lambda: caught(process.pid, number), process)
    os.kill(slot, signal.SIGSTOP)
    try:
        process.send_signal(number)
        process.wait(timeout=WATCHDOG)
        assert process.returncode == 0
    finally:
        os.kill(slot, signal.SIGCONT)


@BOTH
def test_a_crate_that_is_interrupted_on_its_way_up_leaves_nothing(crate, tmp_path, number):
    slot = tmp_path / "slot"  # it never answers
    slot.write_text("#!/bin/sh\nexec sleep 3600\n")
    slot.chmod(0o755)
    os.environ["UPCIEDEV_SLOT"] = str(slot)
    try:
        process = crate.start("upciedev", "sim", "up", "--name", "other", str(tmp_path / "crate.yaml"))
    finally:
        del os.environ["UPCIEDEV_SLOT"]
    until(lambda: (crate.folder / "other" / "slot8.log").exists(), process)
    status, _, error = ended(process, number)
    assert status == 1 and "interrupted" in error, error
    assert not (crate.folder / "other").exists()


def test_a_client_that_is_killed_takes_its_request_with_it(crate):
    for command, engine in (("dma read adc read --length 4 -o /dev/null", "adc"),
                            ("p2p copy adc DDR io WINDOW --length 4KiB", "adc"),
                            ("dma stream adc read --frame 400 -o /dev/null", "adc")):
        crate.fault(2, "engine_hangs", "on")
        process = crate.start("upciedev", *command.split(), *HOUR)
        until(lambda engine=engine: crate.at_work(engine), process)
        process.kill()
        crate.works()


@pytest.mark.parametrize("number", [signal.SIGINT], ids=["int"])
def test_python_ends_by_ctrl_c(crate, number):
    text = ("import upciedev\n"
            "board = upciedev.open('crate:signals').board(2)\n"
            "try:\n"
            "    board.dma('read').read(0, 4, timeout=3600)\n"
            "except KeyboardInterrupt:\n"
            "    print('interrupted')\n")
    crate.fault(2, "engine_hangs", "on")
    process = crate.start("/usr/bin/python3", "-B", "-c", text)
    until(lambda: crate.at_work("adc"), process)
    status, out, error = ended(process, number)
    assert status == 0 and out == "interrupted\n", error
    crate.works()


class Link:
    """To a slot's process, ready to make it ill without delay."""

    def __init__(self, folder, slot):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(WATCHDOG)
        self.socket.connect(f"{folder}/signals/slot{slot}.access")
        self.ask(0)

    def ask(self, call, body=b""):
        self.socket.send(struct.pack("<IHHIi", 0x73637075, 5, call, 1, 0) + body)
        assert struct.unpack_from("<i", self.socket.recv(1 << 17), 12)[0] == 0

    def hang(self, on):
        self.ask(8, struct.pack("<II", 0, 1 if on else 2))


SEE = """
import upciedev
window = upciedev.open("crate:signals").board(8).bar("window")
first = window.read(0)
print("sees", flush=True)
while window.read(0) == first:
    pass
print("changed", flush=True)
"""


@BOTH
def test_check_puts_back_what_was_there(crate, tmp_path, number):
    data = os.urandom(4096)
    (tmp_path / "data").write_bytes(data)
    crate("dma", "write", "io", "write", str(tmp_path / "data")).ok()
    crate.fault(8, "slow", "on")
    link = Link(crate.folder, 8)
    seer = crate.start("/usr/bin/python3", "-B", "-c", SEE)
    assert seer.stdout.readline() == "sees\n"
    process = crate.start("upciedev", "dma", "check", "io", "read", "--length", "4KiB", *HOUR)
    assert seer.stdout.readline() == "changed\n"
    link.hang(True)  # the next transfer takes several accesses of 20 ms to start
    until(lambda: crate.at_work("io") or crate.at_work("io+"), process)
    link.hang(False)  # for transfers that start from now on
    status, _, error = ended(process, number)
    assert status == 1 and "interrupted" in error and "warning" not in error, error
    crate.fault(8, "slow", "off")
    crate("dma", "read", "io", "read", "--length", "4KiB", "-o", str(tmp_path / "found")).ok()
    assert (tmp_path / "found").read_bytes() == data
