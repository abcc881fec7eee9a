# SPDX-License-Identifier: BSD-3-Clause
"""What `tools/fetch-bench` does: bring build/bench up to date, or leave it alone when it is whole."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import sys
import time
from pathlib import Path

from . import arm64, debug_kernels, kernels, trixie
from .apt import BenchError, PrivateApt, unpack
from .kernels import Kernel

REPOSITORY = Path(__file__).resolve().parents[2]
BENCH = REPOSITORY / "build/bench"
QEMU_LEAST = (11, 1)


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


def is_whole() -> bool:
    return (BENCH / "versions.txt").exists()


def has(name: str) -> bool:
    """One of the kernels that are not usual."""
    folder = BENCH / "kernels" / name
    return debug_kernels.is_current(name, folder) if name in debug_kernels.NAMES else (folder / "release").exists()


def fetch_trixie(apt: PrivateApt, newest: Kernel) -> str:
    """The trixie tree; returns QEMU's version."""
    tree = BENCH / "trixie"
    wanted = ["qemu-system-x86", "busybox-static", *newest.packages]
    qemu = apt.field("qemu-system-x86/" + kernels.BACKPORTS, "Version")
    if tuple(kernels.by_number(qemu.split(":")[-1])[:2]) < QEMU_LEAST:
        raise BenchError(f"the mirror's QEMU is {qemu}; vfio-user boards need 11.1 or later")
    unpack(apt.download_closure(wanted, kernels.BACKPORTS), tree)
    trixie.retarget_programs(tree)
    trixie.link_toolchain(tree)
    kernels.lay_out(newest, tree, BENCH / "kernels/newest", tree / "toolchain")
    return qemu


def fetch_host_kernel(apt: PrivateApt, kernel: Kernel) -> None:
    say(f"fetching kernel {kernel.release}")
    target = BENCH / "kernels" / kernel.name
    shutil.rmtree(target, ignore_errors=True)
    unpack(apt.download(list(kernel.packages), BENCH / "debs" / kernel.name), target)
    kernels.lay_out(kernel, target, target, None)


def package_lists(foreign: str | None = None) -> PrivateApt:
    shutil.rmtree(BENCH / "apt", ignore_errors=True)
    apt = PrivateApt(BENCH / "apt", foreign)
    say("reading the package lists of the machine's mirror")
    apt.update()
    return apt


def forget_packages() -> None:
    for done_with in ("debs", "apt"):
        shutil.rmtree(BENCH / done_with, ignore_errors=True)


def fetch() -> None:
    """What everybody needs: QEMU and the usual kernels."""
    started = time.monotonic()
    stale = [BENCH / "trixie", BENCH / "debs", *(BENCH / "kernels" / name for name in kernels.PATTERNS)]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    apt = package_lists()
    found = {name: kernels.resolve(apt, name) for name in kernels.USUAL}
    say("fetching QEMU, the newest kernel and its compiler")
    qemu = fetch_trixie(apt, found["newest"])
    for name in ("6.1", "6.12"):
        fetch_host_kernel(apt, found[name])
    forget_packages()
    lines = [f"qemu {qemu}\n", *(f"kernel {name} {kernel.release}\n" for name, kernel in found.items())]
    (BENCH / "versions.txt").write_text("".join(lines))
    say(f"fetched in {time.monotonic() - started:.0f} s")


def fetch_more(names: list[str]) -> None:
    started = time.monotonic()
    apt = package_lists(arm64.NAME if arm64.NAME in names else None)
    for name in names:
        if name == arm64.NAME:
            arm64.fetch(apt, BENCH / "debs" / name, BENCH / "kernels" / name)
        elif name in debug_kernels.NAMES:
            debug_kernels.build(apt, name, BENCH / "source" / name, BENCH / "kernels" / name)
        else:
            fetch_host_kernel(apt, kernels.resolve(apt, name))
    forget_packages()
    say(f"fetched in {time.monotonic() - started:.0f} s")


def report(names: list[str]) -> None:
    for line in (BENCH / "versions.txt").read_text().splitlines():
        say(line)
    for name in names:
        say(f"kernel {name} {(BENCH / 'kernels' / name / 'release').read_text().strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/fetch-bench", description=__doc__)
    parser.add_argument("kernel", nargs="*", metavar="KERNEL",
                        help="besides QEMU and the usual kernels: rt and arm64 (headers alone), which are fetched, and debug and "
                             "debug-newest, which are built")
    parser.add_argument("--refresh", action="store_true", help="fetch again, with the newest versions of today")
    parser.add_argument("--quiet", action="store_true", help="say nothing when everything is there")
    arguments = parser.parse_args()
    strangers = set(arguments.kernel) - {*kernels.PATTERNS, *debug_kernels.NAMES, arm64.NAME}
    if strangers:
        parser.error(f"no kernel '{strangers.pop()}'")
    more = [name for name in arguments.kernel if name not in kernels.USUAL]
    BENCH.mkdir(parents=True, exist_ok=True)
    with (BENCH / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if arguments.refresh:
            (BENCH / "versions.txt").unlink(missing_ok=True)
        try:
            if is_whole() and arguments.quiet and all(map(has, more)):
                return 0
            if not is_whole():
                fetch()
            if missing := [name for name in more if arguments.refresh or not has(name)]:
                fetch_more(missing)
        except BenchError as problem:
            print(f"bench: {problem}", file=sys.stderr)
            return 1
    report(more)
    return 0
