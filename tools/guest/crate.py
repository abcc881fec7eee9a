# SPDX-License-Identifier: BSD-3-Clause
"""The crate as QEMU arguments: a root port, the switch of the hub, twelve numbered slots."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from .paths import BUILD, GuestError

SLOT = BUILD / "cmake/sdk/cpp/servers/upciedev-slot"
PLAN = BUILD / "cmake/tests/guest/upciedev-guest-plan"
SLOTS = range(1, 13)


def switch() -> list[str]:
    arguments = ["-device", "pcie-root-port,id=rp1,bus=pcie.0,chassis=1,slot=100",
                 "-device", "x3130-upstream,id=up1,bus=rp1"]
    for slot in SLOTS:
        arguments += ["-device", f"xio3130-downstream,id=slot{slot},bus=up1,chassis=2,slot={slot}"]
    return arguments


def plan(*arguments: str) -> list[str]:
    """The C++ library is the one parser of crate files."""
    if not PLAN.exists():
        raise GuestError(f"{PLAN} is not built; run ./dev build")
    done = subprocess.run([str(PLAN), *arguments], text=True, capture_output=True)
    if done.returncode != 0:
        raise GuestError(done.stderr.strip())
    return done.stdout.splitlines()


def qemu_arguments(crate_file: Path | None) -> list[str]:
    return plan(str(crate_file)) if crate_file else []


def models(crate_file: Path | None) -> dict[str, str]:
    """By slot: what serves the boards that QEMU has not."""
    slots = plan("--models", str(crate_file)) if crate_file else []
    return {slot: shlex.join([str(SLOT), str(crate_file), slot]) for slot in slots}


def slots(crate_file: Path | None) -> list[int]:
    """Those with a board."""
    arguments = " ".join(qemu_arguments(crate_file))
    return sorted({*map(int, re.findall(r"\bbus=slot(\d+)\b", arguments)), *map(int, models(crate_file))})
