# SPDX-License-Identifier: BSD-3-Clause
"""How tests in the guest tell what they found: a line each, for ./dev test in $UPCIEDEV_RESULTS."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def report(name: str, failure: str) -> bool:
    """Returns whether there was none."""
    detail = " ".join(failure.split())
    line = f"{'fail' if detail else 'pass'}\t{name}\t{detail}"
    print(line)
    if target := os.environ.get("UPCIEDEV_RESULTS"):
        with open(target, "a") as results:
            results.write(line + "\n")
    return not detail


def verdict(test: Callable[[], None]) -> bool:
    failure = ""
    try:
        test()
    except Exception as problem:
        traceback.print_exc()
        failure = f"{type(problem).__name__}: {problem}"
    return report(test.__name__.replace("_", " "), failure)


def run_all(*tests: Callable[[], None]) -> int:
    """Returns the exit code."""
    return 0 if all([verdict(test) for test in tests]) else 1
