# SPDX-License-Identifier: BSD-3-Clause
"""Faults of the models, wished for inside the guest by tests/guest/fault.

A wish is a file in out/faults; the answer stands beside it, empty if all is well.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from .paths import BUILD

TOOL = BUILD / "cmake/sdk/cpp/tools/upciedev"
LOOK_SECONDS = 0.05
TOOL_SECONDS = 15


def grant(folder: Path, wish: Path) -> None:
    """`folder` holds the sockets of the models, as that of a running crate does."""
    words = [str(TOOL), "sim", "fault", folder.name, *wish.read_text().split()]
    try:
        done = subprocess.run(words, env={**os.environ, "UPCIEDEV_RUN": str(folder.parent)}, timeout=TOOL_SECONDS, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        answer = "" if done.returncode == 0 else done.stdout or "failed"
    except (OSError, subprocess.TimeoutExpired) as problem:
        answer = str(problem)
    new = wish.with_suffix(".answer")
    new.write_text(answer)
    new.rename(wish.with_suffix(".done"))
    wish.unlink()


def watch(folder: Path, end: threading.Event) -> None:
    while not end.wait(LOOK_SECONDS):
        for wish in sorted((folder / "out/faults").glob("*.wish")):
            grant(folder, wish)


@contextlib.contextmanager
def granted(folder: Path, crate_file: Path | None) -> Iterator[None]:
    """While the guest of that folder runs."""
    (folder / "crate").write_text(f"{crate_file}\n")
    end = threading.Event()
    watcher = threading.Thread(target=watch, args=(folder, end))
    watcher.start()
    try:
        yield
    finally:
        end.set()
        watcher.join()
