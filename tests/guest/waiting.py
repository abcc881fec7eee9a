# SPDX-License-Identifier: BSD-3-Clause
"""Waits of the tests: for a state, not for a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

LOOKS = 2000  # a limit of looks, not of seconds: on a slow machine a look takes longer
PAUSE = 0.01
# Of x86-64: read, write, poll, ioctl, pread64, pwrite64, select, ppoll, epoll_wait
CALLS = {"0", "1", "7", "16", "17", "18", "23", "271", "232"}


def wait_for(done: Callable[[], bool], goal: str, seen: Callable[[], object] | None = None) -> None:
    for _ in range(LOOKS):
        if done():
            return
        time.sleep(PAUSE)
    assert done(), f"waited in vain for {goal}: {seen() if seen else ''}"


def in_call(process: int, thread: int) -> bool:
    """Whether that thread sleeps in a system call that waits for something outside."""
    try:
        words = Path(f"/proc/{process}/task/{thread}/syscall").read_text().split()
    except OSError:  # it has ended
        return True
    return words[0] in CALLS


def wait_until_it_waits(thread: threading.Thread) -> None:
    assert thread.native_id is not None
    number = thread.native_id
    wait_for(lambda: in_call(os.getpid(), number), "a call that waits")
