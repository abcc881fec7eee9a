# SPDX-License-Identifier: BSD-3-Clause
"""Judges the guest kernel's messages: whatever a run did not announce and is a warning, is a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MARK = re.compile(r"upciedev-bench: (begin (?P<name>\S+)|end)")
RECORD = re.compile(r"<(?P<priority>\d+)>\[ *[\d.]+\] ?(?P<text>.*)")
WARNING = 4
SUSPECT = re.compile(
    r"\bBUG\b|WARNING|KASAN|KFENCE|UBSAN|\bslub\b|poison|[Oo]ops|Call Trace|\bleak|general protection|"
    r"use-after-free|double free|refcount_t|scheduling while atomic|rcu.*stall|blocked for more than|DMAR.*fault"
)
# A line of a leak's call chain that is in a module of ours, or in one that is gone
OUR_LEAK = re.compile(r"\[(?:upciedev|test)_?\w*\]|(?:^|\s)0x[0-9a-f]+$", re.M)
RAW_ADDRESS = re.compile(r"\b0x[0-9a-f]+$")
LONGEST_FUNCTION = 0x2000
# Of every module that is not the kernel's own; and of a busy host.
ALWAYS_EXPECTED = (
    r"loading out-of-tree module taints kernel",
    r"module verification failed: signature",
    r"hrtimer: interrupt took \d+ ns",
)


class Message(NamedTuple):
    level: int
    text: str

    def is_suspect(self) -> bool:
        return self.level <= WARNING or SUSPECT.search(self.text) is not None


def sections(log: str) -> dict[str, list[Message]]:
    """The messages of each run, by its name; those of the boot, before the first mark, are left out."""
    found: dict[str, list[Message]] = {}
    current: list[Message] | None = None
    level = 6
    for line in log.splitlines():
        record = RECORD.match(line)
        if record:
            level = int(record["priority"]) & 7
        text = record["text"] if record else line
        mark = MARK.search(text)
        if mark:
            current = found.setdefault(mark["name"], []) if mark["name"] else None
        elif current is not None:
            current.append(Message(level, text))
    return found


def problems(messages: Iterable[Message], expected: Iterable[str], of_kernel: Iterable[str] = ()) -> list[str]:
    """What must come, of `expected`, and has not; and what came and is neither that nor `of_kernel`, which may come."""
    messages = list(messages)
    expected = list(expected)
    allowed = [re.compile(pattern) for pattern in (*expected, *of_kernel, *ALWAYS_EXPECTED)]
    found = [f"kernel message: {message.text}" for message in messages
             if message.is_suspect() and not any(pattern.search(message.text) for pattern in allowed)]
    for pattern in expected:
        if not any(re.search(pattern, message.text) for message in messages):
            found.append(f"expected kernel message never came: {pattern}")
    return found


def leaks(found: str, symbols: str) -> list[str]:
    """Of ours, in what kmemleak has found; `symbols` as in /proc/kallsyms."""
    blocks = re.split(r"^(?=unreferenced object)", found, flags=re.M)
    return ["leak: " + "; ".join(with_names(block, symbols)) for block in blocks if OUR_LEAK.search(block)]


def with_names(leak: str, symbols: str) -> Iterator[str]:
    places = sorted((int(address, 16), name) for address, _, name in (line.split(maxsplit=2) for line in symbols.splitlines()))
    for line in leak.splitlines():
        address = RAW_ADDRESS.search(line)
        below = [name for place, name in places if address and place <= int(address[0], 16) < place + LONGEST_FUNCTION]
        yield line.strip() + (f" {below[-1]}" if below else "")
