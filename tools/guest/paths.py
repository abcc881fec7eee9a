# SPDX-License-Identifier: BSD-3-Clause
"""Where things are, and the one exception of this package."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
TRIXIE = BUILD / "bench/trixie"
QEMU = TRIXIE / "usr/bin/qemu-system-x86_64"
BUSYBOX = TRIXIE / "usr/bin/busybox"
KERNELS = ("6.1", "6.12", "newest")
DEFAULT_CRATE = REPOSITORY / "devices/crates/guest.yaml"


class GuestError(Exception):
    """Something that the person at the terminal can act upon."""


def kernel_folder(name: str) -> Path:
    return BUILD / "bench/kernels" / name


def release(name: str) -> str:
    return (kernel_folder(name) / "release").read_text().strip()
