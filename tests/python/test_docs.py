# SPDX-License-Identifier: BSD-3-Clause
"""Every code block of docs/python.md runs, in order, as a reader would type it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_examples_print_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/python.md").read_text()
    blocks = [match for match in BLOCK.finditer(page)]
    assert len(blocks) > 5
    names: dict[str, object] = {}
    failures: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for block in blocks:
        line = page[: block.start(1)].count("\n")
        if ">>>" not in block[1]:
            exec(compile(block[1], f"docs/python.md:{line + 1}", "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(block[1], names, "docs", "docs/python.md", line)
        runner.run(test, out=failures.append, clear_globs=False)
        names.update(test.globs)
    assert not failures, "".join(failures)
