# SPDX-License-Identifier: BSD-3-Clause
"""One boot: prepare its folder, run commands in it, collect what they left."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import crate, faults, initramfs, kernel_log, vfio
from .machine import Machine
from .paths import BUILD, KINDS, REPOSITORY, GuestError, kernel_folder


@dataclass
class Run:
    name: str
    command: str  # for bash, in the repository
    expect: list[str] = field(default_factory=list)  # kernel messages
    slots: list[int | str] | None = None  # that have their boards meanwhile, and "root"; none: those of the crate


@dataclass
class Boot:
    kernel: str
    runs: list[Run]
    crate_file: Path | None
    extra: list[str] = field(default_factory=list)
    append: list[str] = field(default_factory=list)
    seconds: float | None = 240  # None: no limit
    quiet_seconds: float | None = None  # instead of that, the limit for a time without progress
    is_suite: bool = False  # keep each run's output and results apart
    memory: str = "512M"
    vfio: dict[str, str] = field(default_factory=dict)  # programs that serve the boards of slots
    interactive: bool = False
    accelerator: str = "tcg"
    checks: bool = True  # by the kernel, of its memory
    also: list[Path] = field(default_factory=list)  # crates whose boards only some runs see
    dressed: bool = False  # runs see different boards; all but those of the crate are plugged when one first needs them


class Session:
    def __init__(self, boot: Boot) -> None:
        self.boot = boot
        self.folder = BUILD / f"guest/{boot.kernel}-{os.getpid()}"
        self.out = self.folder / "out"
        self.processor_seconds = 0.0  # of QEMU and the boards that are processes

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.out / "runs").mkdir(parents=True)
        for number, run in enumerate(self.boot.runs):
            (self.out / f"runs/{number:02}-{run.name}").write_text(run.command + "\n")
        self.write_slots()
        if self.boot.is_suite:
            (self.out / "suite").touch()
        self.copy_modules()
        initramfs.write(self.boot.kernel, self.folder / "initramfs")

    def write_slots(self) -> None:
        """For tests/guest/dress, where runs see different boards."""
        if not self.boot.dressed:
            return
        (self.out / "slots").mkdir()
        usual = crate.slots(self.boot.crate_file)
        for run in self.boot.runs:
            (self.out / "slots" / run.name).write_text(" ".join(map(str, run.slots or usual)) + "\n")

    def copy_modules(self) -> None:
        """Copies, so that a build for another boot cannot change them under this one."""
        target = self.out / "modules"
        target.mkdir()
        for module in (BUILD / "kernel" / self.boot.kernel).glob("*.ko"):
            shutil.copy(module, target)
        if "UPCIEDEV_COVERAGE" in os.environ:  # for tools/kernel-coverage
            (self.out / "coverage").mkdir()
            for notes in (BUILD / "kernel" / self.boot.kernel / "build/upciedev").glob("*.gcno"):
                shutil.copy(notes, self.out / "coverage")

    def run(self, output: IO[str] | None = None) -> None:
        boot = self.boot
        at_start = crate.models(boot.crate_file) | ({} if boot.dressed else boot.vfio)
        later = dict(boot.vfio) if boot.dressed else {}
        for file in boot.also:
            later |= crate.models(file)
        plan = crate.switch() + crate.qemu_arguments(boot.crate_file) + vfio.qemu_arguments(at_start)
        machine = Machine(boot.kernel, self.folder, plan, boot.extra, boot.append, boot.memory,
                          interactive=boot.interactive, accelerator=boot.accelerator, checks=boot.checks)
        self.prepare()
        (self.out / "crate").write_text("\n".join([*plan, *vfio.qemu_arguments(later)]) + "\n")
        served = at_start | later
        before = processor_seconds()
        with vfio.serving(served, self.folder), faults.granted(self.folder, boot.crate_file):
            machine.run(output, boot.seconds, boot.quiet_seconds)
        self.processor_seconds = processor_seconds() - before

    def status(self, run: Run) -> int:
        file = self.out / f"{run.name}.status"
        if not file.exists():
            raise GuestError(f"{run.name} did not finish")
        return int(file.read_text())

    def problems(self) -> dict[str, list[str]]:
        """By run (or 'load', 'unload'): what the kernel or our own counters complain about."""
        sections = kernel_log.sections(self.kernel_log())
        expected = {run.name: run.expect for run in self.boot.runs}
        of_kernel = KINDS[self.boot.kernel].messages
        found = {name: kernel_log.problems(messages, expected.get(name, ()), of_kernel) for name, messages in sections.items()}
        found.setdefault("unload", []).extend(self.leftovers() + self.leaks())
        return {name: complaints for name, complaints in found.items() if complaints}

    def kernel_log(self) -> str:
        return (self.out / "kernel.log").read_text(errors="replace")

    def leftovers(self) -> list[str]:
        complaints = self.lines("problems")
        for line in self.lines("counters"):
            name, value = line.rsplit(maxsplit=1)
            if value != "0":
                complaints.append(f"after unloading the card modules, counter '{name}' is {value}, not 0")
        return complaints

    def leaks(self) -> list[str]:
        return kernel_log.leaks("\n".join(self.lines("leaks")), "\n".join(self.lines("symbols")))

    def lines(self, name: str) -> list[str]:
        file = self.out / name
        return file.read_text().splitlines() if file.exists() else []


def processor_seconds() -> float:
    """Of all our children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fetch(kernel: str, *arguments: str) -> None:
    """The bench, and this kernel if it is none that every bench has."""
    subprocess.run([str(REPOSITORY / "tools/fetch-bench"), *arguments, kernel], check=True)


def build_modules(kernel: str) -> None:
    if not (kernel_folder(kernel) / "release").exists():
        raise GuestError(f"kernel {kernel} is not fetched; run tools/fetch-bench {kernel}")
    if not (REPOSITORY / "tools/kernel-build").exists():
        return
    done = subprocess.run([str(REPOSITORY / "tools/kernel-build"), kernel], text=True, capture_output=True)
    log = BUILD / f"log/kernel-{kernel}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise GuestError(f"the modules do not build for kernel {kernel}; see {log}\n{done.stderr[-3000:]}")
