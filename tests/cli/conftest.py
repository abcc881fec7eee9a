# SPDX-License-Identifier: BSD-3-Clause
"""Runs the built `upciedev` over simulated crates."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = f"sim:{ROOT}/devices/crates/demo.yaml"
GUEST = f"sim:{ROOT}/devices/crates/guest.yaml"


class Run:
    """One call of the command; ok() and fails() say what is expected of it."""

    def __init__(self, *arguments: str, crate: str | None = DEMO, **environment: str) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("UPCIEDEV_", "LC_"))}
        env.update({"LANG": "C.UTF-8", **environment})
        if crate:
            env.setdefault("UPCIEDEV_CRATE", crate)
        self.done = subprocess.run(["upciedev", *arguments], env=env, text=True,
                                   stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def ok(self) -> str:
        assert self.done.returncode == 0, self.done.stderr
        assert self.done.stderr == ""
        return self.done.stdout

    def fails(self, status: int, *mentions: str) -> str:
        error = self.done.stderr
        assert self.done.returncode == status, self.done.stdout + error
        for word in mentions:
            assert word in error
        return error


@pytest.fixture
def upciedev():
    return Run


def pytest_runtest_logreport(report):
    """One line a test for ./dev test, where it asks for them."""
    table = os.environ.get("UPCIEDEV_RESULTS")
    if not table or not (report.when == "call" or report.outcome != "passed"):
        return
    verdict = {"passed": "pass", "failed": "fail", "skipped": "skip"}[report.outcome]
    name = report.nodeid.split("::", 1)[-1]
    detail = " ".join(report.longreprtext.split())[-300:]
    with open(table, "a", encoding="utf-8") as file:
        file.write(f"{verdict}\t{name}\t{detail}\n")
