# SPDX-License-Identifier: BSD-3-Clause
"""A simulated crate for every test; results go to $UPCIEDEV_RESULTS as the other tests' do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest
from hypothesis import settings

import upciedev

# No deadline: the machine may be busy with other tests. No database: nothing is written here.
settings.register_profile("tests", deadline=None, database=None)
settings.load_profile("tests")

HERE = Path(__file__).parent
CRATE = f"sim:{HERE}/crate/crate.yaml"


@pytest.fixture
def crate() -> Iterator[upciedev.Crate]:
    with upciedev.open(CRATE) as opened:
        yield opened


@pytest.fixture
def board(crate: upciedev.Crate) -> upciedev.Board:
    return crate.board(3)


VERDICTS = {"passed": "pass", "failed": "fail", "skipped": "skip"}


def _detail(report: pytest.TestReport) -> str:
    lines = str(report.longrepr).splitlines() if report.longrepr else [""]
    return lines[-1].replace("\t", " ")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    target = os.environ.get("UPCIEDEV_RESULTS")
    decides = report.when == "call" or report.outcome != "passed"
    if target is None or not decides:
        return
    name = report.nodeid.split("/")[-1].replace(".py::", ".").replace("\t", " ")
    with open(target, "a") as file:
        file.write(f"{VERDICTS[report.outcome]}\t{name}\t{_detail(report)}\n")
