#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts instructions by callgrind and fails where an access costs more than it may.

Each figure is the slope between two loop counts, so start and end cancel out. Time is not looked
at: the same result on every machine with the same compiler.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Of one repetition."""

    instructions: float
    calls: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.instructions - other.instructions, self.calls - other.calls)


class Figure(NamedTuple):
    name: str
    text: str
    measured: float
    limit: float

    def passed(self) -> bool:
        return self.measured <= self.limit


def totals(program: Path, load: str, count: int) -> Cost:
    with tempfile.NamedTemporaryFile(suffix=".callgrind") as profile:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile.name}",
                   str(program), load, str(count)]
        subprocess.run(command, check=True, capture_output=True)
        text = Path(profile.name).read_text()
    instructions = re.search(r"^summary: (\d+)", text, re.M)
    assert instructions, "callgrind left no summary"
    calls = sum(int(number) for number in re.findall(r"^calls=(\d+)", text, re.M))
    return Cost(float(instructions[1]), calls)


def slope(program: Path, load: str, few: int, many: int) -> Cost:
    more = totals(program, load, many) - totals(program, load, few)
    return Cost(more.instructions / (many - few), more.calls / (many - few))


def access_figures(program: Path, verb: str, limit: int) -> list[Figure]:
    """Handle against pointer; the call around either is the same.

    Every turn of the loop is alike, so the figure is whole but for what start and end differ by.
    """
    more = (slope(program, f"{verb}-handle", 1000, 101000)
            - slope(program, f"{verb}-pointer", 1000, 101000))
    what = f"a mapped 32-bit {verb} through a handle, over a volatile pointer"
    return [Figure(f"{verb}.instructions", f"instructions of {what}",
                   round(more.instructions), limit),
            Figure(f"{verb}.calls", f"calls of {what}", more.calls, 0)]


def figures(program: Path) -> list[Figure]:
    look_up = slope(program, "look-up", 500, 5500)
    parse = slope(program, "parse", 250, 500)
    small = slope(program, "small-frames", 1600, 17600)
    large = slope(program, "large-frames", 1600, 17600)
    return [
        *access_figures(program, "read", 8),
        # Three more than reading: the width of the bits, and whether the board is still there.
        *access_figures(program, "write", 11),
        Figure("look_up.instructions", "instructions of board.reg(path) among 500 registers",
               look_up.instructions, 500),
        Figure("frame.instructions", "instructions of a DMA frame, taken and given back",
               small.instructions, 1000),
        Figure("frame.size", "the same of a frame of 1 MiB, over one of 4 KiB",
               abs(round(large.instructions - small.instructions)), 0),
        Figure("parse.instructions", "instructions of loading a board file, per register",
               parse.instructions, PARSE_LIMIT),
    ]


# A fifth above what was measured when this was written: a coarser loader shows, noise does not.
PARSE_LIMIT = 335_000


def report(all_figures: list[Figure]) -> None:
    lines = []
    for figure in all_figures:
        verdict = "pass" if figure.passed() else "fail"
        detail = f"{figure.measured:.1f}, at most {figure.limit:.0f}: {figure.text}"
        print(f"{verdict}  {figure.name}: {detail}")
        lines.append(f"{verdict}\tperf.{figure.name}\t{detail}\n")
    if table := os.environ.get("UPCIEDEV_RESULTS"):
        Path(table).write_text("".join(lines))


def main() -> int:
    build = Path(sys.argv[1] if len(sys.argv) > 1 else "build/cmake")
    all_figures = figures(build / "tests/perf/upciedev-perf-load")
    report(all_figures)
    return 0 if all(figure.passed() for figure in all_figures) else 1


if __name__ == "__main__":
    sys.exit(main())
