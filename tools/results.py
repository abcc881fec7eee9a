#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Test results: lines "pass|fail|skip<TAB>name<TAB>detail", from gtest, scripts or exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple


VERDICTS = ("pass", "fail", "skip")


class Result(NamedTuple):
    verdict: str
    name: str
    detail: str

    def line(self) -> str:
        detail = " ".join(self.detail.split())
        return f"{self.verdict}\t{self.name}\t{detail}\n"


def parse(line: str) -> Result:
    verdict, name, detail = (line + "\t\t").split("\t")[:3]
    if verdict not in VERDICTS or not name:
        return Result("fail", "results", f"not a result: {line}")
    return Result(verdict, name, detail)


def read_tsv(path: Path) -> list[Result]:
    return [parse(line) for line in path.read_text().splitlines() if line]


def from_gtest_case(prefix: str, case: dict[str, Any]) -> Result:
    name = f"{prefix}.{case['classname']}.{case['name']}"
    if case.get("failures"):
        return Result("fail", name, case["failures"][0]["failure"])
    if case["result"] == "SKIPPED":
        reasons = case.get("skipped") or [{"message": "no reason given"}]
        return Result("skip", name, reasons[0]["message"])
    if case["status"] == "NOTRUN":
        return Result("skip", name, "disabled")
    return Result("pass", name, "")


def from_gtest(prefix: str, path: Path) -> list[Result]:
    suites = json.loads(path.read_text())["testsuites"]
    return [from_gtest_case(prefix, case) for suite in suites for case in suite["testsuite"]]


def collect(name: str, status: int, stem: Path) -> list[Result]:
    """What one command left behind: STEM.json of gtest, or STEM.tsv, or nothing but its status."""
    found: list[Result] = []
    report, table = stem.with_name(stem.name + ".json"), stem.with_name(stem.name + ".tsv")
    if report.exists():
        found += from_gtest(name, report)
    if table.exists():
        found += [row._replace(name=f"{name}.{row.name}") for row in read_tsv(table)]
    if status != 0 and not any(row.verdict == "fail" for row in found):
        found.append(Result("fail", name, f"exit code {status}"))
    return found or [Result("pass", name, "")]


def append(results: list[Result], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(row.line() for row in results).encode()
    file = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(file, lines)  # at once: several programs may append
    finally:
        os.close(file)


def tally(results: list[Result]) -> str:
    count = Counter(row.verdict for row in results)
    return f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped"


def summary(folder: Path) -> int:
    results = [row for path in sorted(folder.glob("*.tsv")) for row in read_tsv(path)]
    for verdict in ("skip", "fail"):
        for row in results:
            if row.verdict == verdict:
                print(f"{verdict}: {row.name}: {row.detail}")
    print(tally(results))
    return 1 if not results or any(row.verdict == "fail" for row in results) else 0


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "summary":
        return summary(Path(arguments[1]))
    if len(arguments) == 5 and arguments[0] == "collect":
        _, name, status, stem, target = arguments
        found = collect(name, int(status), Path(stem))
        append(found, Path(target))
        print(f"  {name}: {tally(found)}", flush=True)
        return 0
    print("usage: results.py summary FOLDER | collect NAME STATUS STEM TARGET", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
