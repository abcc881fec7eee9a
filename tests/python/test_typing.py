# SPDX-License-Identifier: BSD-3-Clause
"""The stubs are complete, right, and enough for mypy --strict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import upciedev

ROOT = Path(__file__).parents[2]


def run(*command: str | Path) -> None:
    environment = {**os.environ, "MYPYPATH": str(ROOT / "sdk/python")}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_and_these_tests_are_typed() -> None:
    cache = ROOT / "build/mypy-python"
    run("-m", "mypy", "--strict", "--cache-dir", cache, "sdk/python/upciedev", "tests/python")


def test_the_stubs_match_the_module(tmp_path: Path) -> None:
    # pybind11's metaclass, and its constructors that only say that there is none.
    allowed = tmp_path / "allowed"
    allowed.write_text("upciedev\\._core\\.[A-Z]\\w+(\\.__init__)?\n")
    run("-m", "mypy.stubtest", "upciedev._core", "--allowlist", allowed)


def test_all_is_what_the_core_has() -> None:
    public = {name for name in vars(upciedev._core) if not name.startswith("_")}
    assert public <= set(upciedev.__all__)
