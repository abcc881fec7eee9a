# SPDX-License-Identifier: BSD-3-Clause
"""Boards that programs of ours serve over vfio-user, one process a slot.

QEMU connects once, and may abort when it is hung up on: between it and the board is a link, a small
process that lives on when the board's is killed. The guest asks for that, and for a new one, by
files in its folder `boards`; see tests/guest/board-process.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .paths import BUILD, REPOSITORY, GuestError

LINK = BUILD / "cmake/sdk/cpp/servers/upciedev-vfio-link"
START_SECONDS = 20
LOOK_SECONDS = 0.1  # at what the guest asks for


def socket_name(slot: str) -> str:
    return f"vfio{slot}.sock"


def qemu_arguments(boards: dict[str, str]) -> list[str]:
    arguments = []
    for slot in boards:
        socket = {"type": "unix", "path": socket_name(slot)}
        arguments += ["-device", json.dumps({"driver": "vfio-user-pci", "bus": f"slot{slot}", "id": f"board{slot}", "socket": socket})]
    return arguments


class Process:
    """One that serves a socket, with its log beside that."""

    def __init__(self, name: str, words: list[str], folder: Path) -> None:
        self.words, self.folder = words, folder
        self.log = folder / f"{name}.log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it serves."""
        with self.log.open("w") as errors:
            self.running = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.words], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        deadline = time.monotonic() + START_SECONDS
        while "serving" not in self.log.read_text():
            if self.running.poll() is not None or time.monotonic() > deadline:
                raise GuestError(f"{self.log.stem} does not start; build it with ./dev build\n{self.log.read_text()}")
            time.sleep(0.02)

    def kill(self) -> None:
        if self.running:
            self.running.kill()
            self.running.wait()


def board_of(slot: str, program: str, folder: Path) -> Process:
    words = shlex.split(program)
    return Process(f"board{slot}", [str(REPOSITORY / words[0]), *words[1:], f"board{slot}.sock"], folder)


def link_of(slot: str, folder: Path) -> Process:
    return Process(f"vfio{slot}", [str(LINK), socket_name(slot), f"board{slot}.sock"], folder)


def obey(request: Path, boards: dict[str, Process]) -> None:
    """A file named as the slot, with one word: kill or start. It goes when that is done."""
    word = request.read_text().strip()
    try:
        board = boards[request.name]
        board.kill()
        if word == "start":
            board.start()
        request.unlink()
    except (KeyError, GuestError) as problem:
        request.rename(request.with_name(request.name + ".error")).write_text(f"no such board, or {problem}\n")


def attend(boards: dict[str, Process], requests: Path, ended: threading.Event) -> None:
    while not ended.wait(LOOK_SECONDS):
        for request in requests.iterdir():
            if request.name.isdigit():
                obey(request, boards)


@contextlib.contextmanager
def attending(boards: dict[str, Process], requests: Path) -> Iterator[None]:
    requests.mkdir(exist_ok=True)
    ended = threading.Event()
    thread = threading.Thread(target=attend, args=(boards, requests, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def serving(programs: dict[str, str], folder: Path) -> Iterator[None]:
    """While the programs run, in `folder`; the guest's own folder is `out` in it."""
    boards = {slot: board_of(slot, program, folder) for slot, program in programs.items()}
    with contextlib.ExitStack() as stack:
        for process in (*boards.values(), *(link_of(slot, folder) for slot in programs)):
            stack.callback(process.kill)
            process.start()
        stack.enter_context(attending(boards, folder / "out/boards"))
        yield
