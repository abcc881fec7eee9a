#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`./dev crate` at a terminal; on the host, where each test boots its own guest:

    tests/guest/shell.py
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

from verdicts import run_all

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [str(ROOT / "tools/guest-run"), "--shell", "--kvm", "off", "--crate", "examples/counter/lab.yaml"]
PROMPT = b"crate:" + bytes(ROOT) + b"# "
QUIET_LOOKS = 600
CTRL_A, CTRL_C = b"\x01", b"\x03"


class Terminal:
    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.settings = termios.tcgetattr(self.theirs)
        env = {**os.environ, "TERM": "xterm"}  # whose pasting the shell brackets: a line ends before its output begins
        self.process = subprocess.Popen(COMMAND, cwd=ROOT, env=env, stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, start_new_session=True)
        self.seen = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()  # QEMU goes with it
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def until(self, is_so: Callable[[], bool], goal: str) -> None:
        """As long as now and then more shows."""
        quiet = 0
        while not is_so():
            quiet = 0 if self.look(0.2) else quiet + 1
            assert quiet < QUIET_LOOKS, f"no {goal}, and no more shows: {self.seen[-500:]!r}"

    def look(self, seconds: float) -> bool:
        if not select.select([self.ours], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.ours, 4096)
        return True

    def shows(self, text: bytes) -> None:
        """From now on; what was typed shows, too."""
        self.until(lambda: text in self.seen, repr(text))
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def type(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def ends_with(self, status: int) -> None:
        self.until(lambda: self.process.poll() is not None, "end")
        while self.look(0):
            pass
        assert self.process.returncode == status, self.process.returncode
        assert termios.tcgetattr(self.theirs) == self.settings, "the terminal is left changed"


def a_shell_in_the_crate() -> None:
    with Terminal() as terminal:
        terminal.shows(b"vtimer")  # the list of boards
        terminal.shows(PROMPT)
        terminal.type(b"upciedev --crate local read -q --hex 2 ID\n")
        terminal.shows(b"\r0x71e20001")
        terminal.shows(PROMPT)
        terminal.type(b"python3 -c 'import upciedev; print(upciedev.open(\"local\")[2].name, 40 + 2)'\n")
        terminal.shows(b"vtimer 42")
        terminal.type(b"echo $((40 + 3)); sleep 1000\n")
        terminal.shows(b"\r43")
        terminal.type(CTRL_C)
        terminal.shows(PROMPT)
        terminal.type(b"exit 7\n")
        terminal.ends_with(7)


def ctrl_a_x_switches_it_off() -> None:
    with Terminal() as terminal:
        def is_off() -> bool:
            terminal.type(CTRL_A + b"x")  # QEMU listens some time after its start
            return terminal.process.poll() is not None

        terminal.until(is_off, "end")
        terminal.ends_with(0)
        assert b"switched off" in terminal.seen, terminal.seen


def without_a_terminal_it_is_refused() -> None:
    done = subprocess.run(COMMAND, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2 and "needs a terminal" in done.stderr, done


if __name__ == "__main__":
    sys.exit(run_all(a_shell_in_the_crate, ctrl_a_x_switches_it_off, without_a_terminal_it_is_refused))
