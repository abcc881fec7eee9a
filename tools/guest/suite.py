# SPDX-License-Identifier: BSD-3-Clause
"""`./dev test guest` and `./dev test abi`: the runs of tests/guest/runs.toml, few boots a kernel.

A guest has two processors and keeps one busy, on average: as many boots run side by side as this machine has
processors.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import results
from results import Result

from . import costs, kvm
from .paths import BUILD, KERNELS, REPOSITORY, GuestError
from .plan import RUNGS, Plan
from .session import Boot, Run, Session, build_modules, fetch

TARGET = Path(os.environ.get("UPCIEDEV_TABLE", BUILD / "results/guest.tsv"))
HOST_SECONDS = 900  # a backstop: its programs have limits of their own
PROCESSORS_EACH = 1  # that a guest keeps busy


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
    seconds = time.monotonic() - started
    found = [row for run in boot.runs for row in judge_run(prefix, session, run)] + judge_kernel(prefix, session)
    print(f"  {prefix}: {results.tally(found)} ({seconds:.0f} s)", flush=True)
    costs.append(costs.costs(prefix, session.kernel_log(), seconds, session.processor_seconds))
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
    seconds = time.monotonic() - started
    found = results.collect(name, done.returncode, stem)
    print(f"  {name}: {results.tally(found)} ({seconds:.0f} s)", flush=True)
    costs.append([costs.Cost(name, "(host)", seconds)])
    return found


def build(kernel: str) -> bool:
    try:
        fetch(kernel, "--quiet")
        build_modules(kernel)
    except (GuestError, subprocess.CalledProcessError) as problem:
        print(f"  {problem}", flush=True)
        results.append([Result("fail", f"guest.{kernel}.build", str(problem).splitlines()[0])], TARGET)
        return False
    return True


def run_task(plan: Plan, kernel: str, task: str) -> None:
    """A boot, or a program on this machine."""
    for name, boot in plan.boots(kernel):
        if name == task:
            results.append(run_boot(f"guest.{kernel}" if name == "plain" else f"guest.{kernel}.{name}", boot), TARGET)
    for program in plan.on_host(kernel):
        if program["name"] == task:
            results.append(run_on_host(f"guest.{kernel}.{task}", program["command"]), TARGET)


def run_all(plan: Plan, kernels: Iterable[str]) -> int:
    """Each task is a process of its own, whose processor time is counted."""
    built = [kernel for kernel in kernels if plan.tasks(kernel) and build(kernel)]
    words = [sys.executable, *sys.argv, f"--kvm={'on' if plan.accelerator == 'kvm' else 'off'}"]
    tasks = [[*words, f"--kernel={kernel}", f"--task={task}"] for kernel in built for task in plan.tasks(kernel)]
    lanes = max(1, len(os.sched_getaffinity(0)) // PROCESSORS_EACH)
    costs.TABLE.unlink(missing_ok=True)
    with ThreadPoolExecutor(max_workers=lanes) as pool:
        return max(pool.map(lambda task: subprocess.run(task).returncode, tasks), default=0)


def arguments_of(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/guest-test", description=__doc__)
    parser.add_argument("part", choices=("all", "abi", "guest"), nargs="?", default="all")
    parser.add_argument("--rung", choices=RUNGS, default="full",
                        help="gate: what `./dev test` runs; full (default): everything; rest: full without the gate")
    parser.add_argument("--kernel", choices=KERNELS, action="append", help="only this one; may be repeated")
    parser.add_argument("--only", metavar="RUN", action="append", help="only this run; may be repeated")
    parser.add_argument("--list", action="store_true",
                        help="print kernel, run and rung (gate or full) of each run, and boot nothing")
    parser.add_argument("--kvm", choices=kvm.WISHES, default="off",
                        help="auto: if a trial boot with KVM reaches its end; off (default): the processor is emulated")
    parser.add_argument("--task", help=argparse.SUPPRESS)  # one boot, by run_all()
    return parser.parse_args(words)


def main() -> int:
    arguments = arguments_of(sys.argv[1:])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    try:
        plan = Plan.read(arguments.part, arguments.rung, arguments.only)
        if arguments.list:
            print(*plan.listing(), sep="\n")
            return 0
        if arguments.task:
            plan.accelerator = kvm.accelerator(arguments.kvm)
            run_task(plan, arguments.kernel[-1], arguments.task)
            return 0
        subprocess.run([str(REPOSITORY / "tools/fetch-bench")], check=True)
        plan.accelerator = kvm.accelerator(arguments.kvm)
        status = run_all(plan, arguments.kernel or reversed(KERNELS))
        print(costs.report(costs.read()), flush=True)
        return status
    except (GuestError, subprocess.CalledProcessError) as problem:
        print(f"guest-test: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
