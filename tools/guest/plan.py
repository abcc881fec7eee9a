# SPDX-License-Identifier: BSD-3-Clause
"""tests/guest/runs.toml: which run is of which kernel, part, rung and boot."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from .paths import DEFAULT_CRATE, KERNELS, KINDS, REPOSITORY, GuestError
from .session import Boot, Run

RUNS = REPOSITORY / "tests/guest/runs.toml"
RUNGS = ("gate", "full", "rest")
EVERY_ABI = {"rt", "debug"}  # kernels of each run of part abi, but for one that is for debug alone
KNOWN_KEYS = {
    "run": {"name", "part", "kernels", "gate", "command", "expect", "boot", "slots"},
    "host": {"name", "part", "kernels", "gate", "command"},
    "boot": {"crate", "also", "append", "qemu", "quiet", "checks", "memory", "vfio"},
}


def check(plan: dict[str, Any]) -> None:
    for kind, tables in (("run", plan["run"]), ("host", plan["host"]), ("boot", plan["boot"].values())):
        for table in tables:
            unknown = set(table) - KNOWN_KEYS[kind]
            if unknown:
                raise GuestError(f"{RUNS}: unknown key '{unknown.pop()}' in a {kind}")
    for run in (*plan["run"], *plan["host"]):
        strangers = set(run.get("gate", ())) - set(run["kernels"])
        if strangers:
            raise GuestError(f"{RUNS}: the gate of run '{run['name']}' has kernel '{strangers.pop()}', which its kernels lack")
        if debug := {kernel for kernel in run.get("gate", ()) if KINDS[kernel].finds_faults}:
            raise GuestError(f"{RUNS}: run '{run['name']}' has kernel '{debug.pop()}' in the gate, which takes too long")
        if run["part"] == "abi" and run["kernels"] != ["debug"] and not EVERY_ABI.issubset(run["kernels"]):
            raise GuestError(f"{RUNS}: run '{run['name']}' is of part abi, and so of {' and '.join(sorted(EVERY_ABI))}, too")


@dataclass
class Plan:
    tables: dict[str, Any]
    part: str
    rung: str
    only: list[str] | None
    accelerator: str = "tcg"

    @classmethod
    def read(cls, part: str = "all", rung: str = "full", only: list[str] | None = None) -> Plan:
        with RUNS.open("rb") as file:
            tables = tomllib.load(file)
        check(tables)
        strangers = set(only or ()) - {run["name"] for run in (*tables["run"], *tables["host"])}
        if strangers:
            raise GuestError(f"{RUNS} has no run '{strangers.pop()}'")
        return cls(tables, part, rung, only)

    def has(self, run: dict[str, Any], kernel: str) -> bool:
        in_gate = kernel in run.get("gate", ())
        return (kernel in run["kernels"] and self.part in ("all", run["part"]) and (not self.only or run["name"] in self.only) and
                {"gate": in_gate, "full": True, "rest": not in_gate}[self.rung])

    def boots(self, kernel: str) -> list[tuple[str, Boot]]:
        found = []
        for name, settings in self.tables["boot"].items():
            runs = [Run(run["name"], run["command"], run.get("expect", []), run.get("slots")) for run in self.tables["run"]
                    if run.get("boot", "plain") == name and self.has(run, kernel)]
            if runs:
                boot = self.boot(kernel, runs, settings)
                boot.dressed = any("slots" in run for run in self.tables["run"] if run.get("boot", "plain") == name)
                found.append((name, boot))
        return found

    def boot(self, kernel: str, runs: list[Run], settings: dict[str, Any]) -> Boot:
        crates = [REPOSITORY / crate for crate in settings.get("also", [])]
        crate = REPOSITORY / settings["crate"] if "crate" in settings else DEFAULT_CRATE
        return Boot(kernel, runs, crate, settings.get("qemu", []), settings.get("append", []),
                    quiet_seconds=settings.get("quiet", 300), is_suite=True, memory=settings.get("memory", "512M"),
                    vfio=settings.get("vfio", {}), accelerator=self.accelerator, also=crates,
                    checks=self.rung != "gate" or settings.get("checks", False))

    def on_host(self, kernel: str) -> list[dict[str, Any]]:
        return [program for program in self.tables["host"] if self.has(program, kernel)]

    def tasks(self, kernel: str) -> list[str]:
        return [*(name for name, _ in self.boots(kernel)), *(program["name"] for program in self.on_host(kernel))]

    def listing(self) -> list[str]:
        return [f"{kernel} {run['name']} {'gate' if kernel in run.get('gate', ()) else 'full'}"
                for kernel in KERNELS for run in (*self.tables["run"], *self.tables["host"]) if self.has(run, kernel)]
