# SPDX-License-Identifier: BSD-3-Clause
"""Where things are, and the one exception of this package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
TRIXIE = BUILD / "bench/trixie"
QEMU = TRIXIE / "usr/bin/qemu-system-x86_64"
BUSYBOX = TRIXIE / "usr/bin/busybox"
DEFAULT_CRATE = REPOSITORY / "devices/crates/guest.yaml"


@dataclass(frozen=True)
class Kind:
    """What a kernel takes to boot."""

    image: str = "vmlinux"  # uncompressed, which QEMU starts in half the time
    megabytes: int = 512  # at least
    slowness: float = 1  # how many times as long as usual anything may take
    finds_faults: bool = False  # by itself: it takes no arguments for that
    messages: tuple[str, ...] = ()  # that say only that it is slow


USUAL = Kind()
# KASAN's shadow is not there yet where QEMU starts a vmlinux; it takes an eighth of what is mapped, as of a BAR of 8 GiB.
# pciehp removes a pulled board in its interrupt thread, which is SCHED_FIFO: with KASAN that takes seconds of a processor.
DEBUG = Kind(image="vmlinuz", megabytes=2560, slowness=4, finds_faults=True, messages=("sched: RT throttling activated",))
# Those after the first three are fetched or built when they are asked for.
KINDS = {"6.1": USUAL, "6.12": USUAL, "newest": USUAL, "rt": USUAL, "debug": DEBUG, "debug-newest": DEBUG}
KERNELS = tuple(KINDS)


class GuestError(Exception):
    """Something that the person at the terminal can act upon."""


def kernel_folder(name: str) -> Path:
    return BUILD / "bench/kernels" / name


def release(name: str) -> str:
    return (kernel_folder(name) / "release").read_text().strip()
