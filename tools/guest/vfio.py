# SPDX-License-Identifier: BSD-3-Clause
"""Boards that programs of ours serve over vfio-user, one process a slot."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .paths import REPOSITORY, GuestError

START_SECONDS = 20


def socket_name(slot: str) -> str:
    return f"vfio{slot}.sock"


def qemu_arguments(boards: dict[str, str]) -> list[str]:
    arguments = []
    for slot in boards:
        socket = {"type": "unix", "path": socket_name(slot)}
        arguments += ["-device", json.dumps({"driver": "vfio-user-pci", "bus": f"slot{slot}", "id": f"board{slot}", "socket": socket})]
    return arguments


def wait_until_it_serves(process: subprocess.Popen[bytes], log: Path) -> None:
    """QEMU connects once, so this comes first."""
    deadline = time.monotonic() + START_SECONDS
    while "serving" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise GuestError(f"the board of {log.stem} does not start; build it with ./dev build\n{log.read_text()}")
        time.sleep(0.02)


@contextlib.contextmanager
def serving(boards: dict[str, str], folder: Path) -> Iterator[None]:
    """While the programs run, in `folder`, with logs beside their sockets."""
    with contextlib.ExitStack() as stack:
        for slot, program in boards.items():
            log = folder / f"vfio{slot}.log"
            words = shlex.split(program)
            with log.open("w") as errors:
                process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", str(REPOSITORY / words[0]), *words[1:], socket_name(slot)],
                                           cwd=folder, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
            stack.callback(process.wait)
            stack.callback(process.kill)
            wait_until_it_serves(process, log)
        yield
