#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guest's part of README.md works as written: in its ```console blocks, what stands behind
`$ ./dev guest -- ` and, with the board of slot 6 not yet given to a driver, behind `# `.

    ./dev guest -- tests/guest/first_minutes.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from verdicts import report

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^(?:\$ \./dev guest (?:--crate \S+ )?-- |# )(.+)\n((?:(?![$#] ).*\n)*)", re.MULTILINE)
PCI = Path("/sys/bus/pci")
GENERIC = PCI / "drivers/upciedev_generic"
NEW_CARD = "1b36 0005"


class Command(NamedTuple):
    text: str
    shows: str


def commands(document: str, at_least: int) -> list[Command]:
    page = (ROOT / document).read_text()
    blocks = [block[1] for block in BLOCK.finditer(page)]
    found = [Command(*match.groups()) for block in blocks for match in PROMPT.finditer(block)]
    prompts = sum(line.startswith(("$ ", "# ")) for block in blocks for line in block.splitlines())
    assert prompts == len(found) >= at_least, f"{len(found)} of {prompts} commands understood"
    return found


def address_of(slot: int) -> str:
    return (PCI / f"slots/{slot}/address").read_text().strip() + ".0"


def take_away(address: str) -> None:
    """As a board that no driver knows."""
    subprocess.run([ROOT / "tests/guest/unbind", address], check=True)
    (PCI / "devices" / address / "driver_override").write_text("\n")


def give_back(address: str) -> None:
    """As the bench gives it to each run."""
    if (PCI / "devices" / address / "driver").exists():
        subprocess.run([ROOT / "tests/guest/unbind", address], check=True)
    (GENERIC / "remove_id").write_text(NEW_CARD)
    subprocess.run([ROOT / "tests/guest/bind-crate"], check=True)


def carry_out(command: Command) -> str:
    """What is wrong with it, or nothing."""
    done = subprocess.run(["bash", "-c", command.text], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    subprocess.run(["udevadm", "settle"], check=True)
    if done.returncode != 0:
        return f"exit status {done.returncode}: {done.stdout}"
    return "" if done.stdout == command.shows else f"README shows {command.shows!r}, not {done.stdout!r}"


def report_on(command: Command) -> bool:
    return report(command.text, carry_out(command))


def main() -> int:
    address = address_of(6)
    take_away(address)
    try:
        verdicts = [report_on(command) for command in commands("README.md", 5)]
    finally:
        give_back(address)
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
