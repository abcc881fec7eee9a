# SPDX-License-Identifier: BSD-3-Clause
"""What boots and runs cost, in seconds of the guest's own clock, from the marks in its kernel's log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .paths import BUILD

TABLE = BUILD / "guest/costs.tsv"
MARK = re.compile(r"<\d+>\[ *(?P<time>[\d.]+)\] upciedev-bench: (?P<text>.+)")
BOOT, LOAD, RELOAD, UNLOAD = "(boot)", "(load)", "(reload)", "(unload)"
PROCESSOR = "(processor)"  # beside the others: what QEMU and the boards have computed
PHASES = (BOOT, LOAD, RELOAD, UNLOAD)


class Cost(NamedTuple):
    boot: str  # guest.KERNEL[.BOOT]
    run: str  # or a phase
    seconds: float


def marks(log: str) -> Iterator[tuple[float, str]]:
    for line in log.splitlines():
        if found := MARK.match(line):
            yield float(found["time"]), found["text"]


def phase(text: str) -> str:
    """What lasts from this mark to the next."""
    word, _, name = text.partition(" ")
    if word == "prepare":
        return RELOAD
    return {"load": LOAD, "unload": UNLOAD}.get(name, name) if word == "begin" else ""


def costs(boot: str, log: str, wall: float, processor: float) -> list[Cost]:
    """`wall` is what the boot lasted on the host; all that is not of another phase is the boot's own."""
    found: dict[str, float] = {}
    current, since = "", 0.0
    for time, text in marks(log):
        if current:
            found[current] = found.get(current, 0.0) + time - since
        current, since = phase(text), time
    found = {PROCESSOR: processor, BOOT: wall - sum(found.values()), **found}
    return [Cost(boot, name, seconds) for name, seconds in found.items()]


def append(found: Iterable[Cost]) -> None:
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    with TABLE.open("a") as file:
        file.writelines(f"{cost.boot}\t{cost.run}\t{cost.seconds:.1f}\n" for cost in found)


def read(table: Path = TABLE) -> list[Cost]:
    rows = (line.split("\t") for line in table.read_text().splitlines()) if table.exists() else ()
    return [Cost(boot, run, float(seconds)) for boot, run, seconds in rows]


def report(found: list[Cost]) -> str:
    """A line for each boot: all of it, its phases, and its runs, the longest first."""
    lines = [f"{'boot (seconds)':28}{'all':>6}{'cpu':>6}" + "".join(f"{name:>10}" for name in PHASES) + "  runs"]
    everything = computed = 0.0
    for boot in dict.fromkeys(cost.boot for cost in found):
        own = {cost.run: cost.seconds for cost in found if cost.boot == boot}
        processor = own.pop(PROCESSOR, 0.0)
        everything, computed = everything + sum(own.values()), computed + processor
        runs = sorted(((name, seconds) for name, seconds in own.items() if name not in PHASES), key=lambda run: -run[1])
        lines.append(f"{boot:28}{sum(own.values()):6.0f}{processor:6.0f}" + "".join(f"{own.get(name, 0):10.1f}" for name in PHASES) +
                     "  " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in runs))
    lines.append(f"{'all boots':28}{everything:6.0f}{computed:6.0f}")
    return "\n".join(lines)
