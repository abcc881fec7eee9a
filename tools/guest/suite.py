# SPDX-License-Identifier: BSD-3-Clause
"""`./dev test guest` and `./dev test abi`: the runs of tests/guest/runs.toml, few boots a kernel.

A guest keeps its processors busy: two guests on two took as long as one after the other. Where there are
enough for two guests, two lanes of kernels run side by side, each a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import results
from results import Result

from .machine import PROCESSORS
from .paths import BUILD, DEFAULT_CRATE, KERNELS, REPOSITORY, GuestError
from .session import Boot, Run, Session, build_modules

RUNS = REPOSITORY / "tests/guest/runs.toml"
TARGET = BUILD / "results/guest.tsv"
HOST_SECONDS = 300
LANES = (("newest",), ("6.1", "6.12"))
KNOWN_KEYS = {
    "run": {"name", "part", "kernels", "command", "expect", "boot"},
    "host": {"name", "part", "kernels", "command"},
    "boot": {"crate", "append", "qemu", "timeout", "memory", "vfio"},
}


def read_runs() -> dict[str, Any]:
    with RUNS.open("rb") as file:
        plan = tomllib.load(file)
    for kind, tables in (("run", plan["run"]), ("host", plan["host"]), ("boot", plan["boot"].values())):
        for table in tables:
            unknown = set(table) - KNOWN_KEYS[kind]
            if unknown:
                raise GuestError(f"{RUNS}: unknown key '{unknown.pop()}' in a {kind}")
    return plan


def boots(plan: dict[str, Any], part: str, kernel: str) -> list[tuple[str, Boot]]:
    found = []
    for name, settings in plan["boot"].items():
        runs = [Run(run["name"], run["command"], run.get("expect", [])) for run in plan["run"]
                if kernel in run["kernels"] and part in ("all", run["part"]) and run.get("boot", "plain") == name]
        if runs:
            crate = REPOSITORY / settings["crate"] if "crate" in settings else DEFAULT_CRATE
            found.append((name, Boot(kernel, runs, crate, settings.get("qemu", []), settings.get("append", []),
                                     settings.get("timeout", 900), is_suite=True, memory=settings.get("memory", "512M"),
                                     vfio=settings.get("vfio", {}))))
    return found


def judge_run(prefix: str, session: Session, run: Run) -> list[Result]:
    name = f"{prefix}.{run.name}"
    try:
        found = results.collect(name, session.status(run), session.out / run.name)
    except GuestError as problem:
        found = [Result("fail", name, str(problem))]
    if any(row.verdict == "fail" for row in found):
        log = session.out / f"{run.name}.log"
        print(log.read_text(errors="replace")[-6000:] if log.exists() else "no output", flush=True)
    return found


def judge_kernel(prefix: str, session: Session) -> list[Result]:
    complaints = session.problems()
    return [
        Result("fail" if name in complaints else "pass", f"{prefix}.{name}.kernel", "; ".join(complaints.get(name, [])))
        for name in ("load", *(run.name for run in session.boot.runs), "unload")
    ]


def run_boot(prefix: str, boot: Boot) -> list[Result]:
    session = Session(boot)
    started = time.monotonic()
    try:
        session.run()
    except GuestError as problem:
        print(f"  {problem}", flush=True)
        finished = [row for run in boot.runs for row in judge_run(prefix, session, run)]
        return [*finished, Result("fail", f"{prefix}.boot", str(problem).splitlines()[0])]
    found = [row for run in boot.runs for row in judge_run(prefix, session, run)] + judge_kernel(prefix, session)
    print(f"  {prefix}: {results.tally(found)} ({time.monotonic() - started:.0f} s)", flush=True)
    return found


def run_on_host(name: str, command: str) -> list[Result]:
    stem = BUILD / "guest" / name
    table = stem.with_name(stem.name + ".tsv")
    table.unlink(missing_ok=True)
    started = time.monotonic()
    done = subprocess.run(["timeout", "--kill-after=10", str(HOST_SECONDS), "bash", "-c", command], cwd=REPOSITORY, text=True,
                          env={**os.environ, "UPCIEDEV_RESULTS": str(table)}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout[-6000:], flush=True)
    found = results.collect(name, done.returncode, stem)
    print(f"  {name}: {results.tally(found)} ({time.monotonic() - started:.0f} s)", flush=True)
    return found


def run_kernel(plan: dict[str, Any], part: str, kernel: str) -> None:
    wanted = boots(plan, part, kernel)
    if not wanted:
        return
    try:
        build_modules(kernel)
    except GuestError as problem:
        print(f"  {problem}", flush=True)
        results.append([Result("fail", f"guest.{kernel}.build", str(problem).splitlines()[0])], TARGET)
        return
    for name, boot in wanted:
        prefix = f"guest.{kernel}" if name == "plain" else f"guest.{kernel}.{name}"
        results.append(run_boot(prefix, boot), TARGET)
    for program in plan["host"]:
        if kernel in program["kernels"] and part in ("all", program["part"]):
            results.append(run_on_host(f"guest.{kernel}.{program['name']}", program["command"]), TARGET)


def run_lane(part: str, kernels: Iterable[str]) -> None:
    plan = read_runs()
    for kernel in kernels:
        run_kernel(plan, part, kernel)


def run_lanes() -> int:
    words = [sys.executable, *sys.argv, "--no-fetch"]
    one_lane = (tuple(kernel for kernels in LANES for kernel in kernels),)
    wanted = LANES if len(os.sched_getaffinity(0)) >= 2 * PROCESSORS else one_lane
    lanes = [subprocess.Popen([*words, *(f"--kernel={kernel}" for kernel in kernels)]) for kernels in wanted]
    return max(lane.wait() for lane in lanes)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/guest-test", description=__doc__)
    parser.add_argument("part", choices=("all", "abi", "guest"))
    parser.add_argument("--kernel", choices=KERNELS, action="append", help="only this one; may be repeated")
    parser.add_argument("--no-fetch", action="store_true", help="what the bench needs is there")
    arguments = parser.parse_args()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not arguments.no_fetch:
            subprocess.run([str(REPOSITORY / "tools/fetch-bench")], check=True)
        if not arguments.kernel:
            return run_lanes()
        run_lane(arguments.part, arguments.kernel)
    except (GuestError, subprocess.CalledProcessError) as problem:
        print(f"guest-test: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
