# SPDX-License-Identifier: BSD-3-Clause
"""The trixie tree: QEMU, the newest kernel and its compiler, made to run on an older Debian.

Its programs want a newer C library than the host's. Each is told to use the tree's own loader and
libraries, so that they start like any program, with no chroot and no root.
"""

from __future__ import annotations

import os
from pathlib import Path

from .apt import run

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = f"{LIBRARIES}/ld-linux-x86-64.so.2"


def is_dynamic_program(path: Path) -> bool:
    if path.is_symlink() or not os.access(path, os.X_OK):
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"\x7fELF") and b"/lib64/ld-linux" in head


def retarget_programs(tree: Path) -> None:
    loader = tree / LOADER
    for folder, _, names in os.walk(tree / "usr"):
        for name in names:
            path = Path(folder, name)
            if path != loader and is_dynamic_program(path):
                run(["patchelf", "--set-interpreter", str(loader), "--force-rpath",
                     "--set-rpath", str(tree / LIBRARIES), str(path)])


def link_toolchain(tree: Path) -> None:
    """A folder for PATH with the compiler, its binutils and pahole only."""
    folder = tree / "toolchain"
    folder.mkdir()
    prefix = "x86_64-linux-gnu-"
    for program in sorted((tree / "usr/bin").glob(f"{prefix}*")):
        (folder / program.name).symlink_to(program)
    for bare in ("as", "ld"):
        (folder / bare).symlink_to(tree / f"usr/bin/{prefix}{bare}")
    (folder / "pahole").symlink_to(tree / "usr/bin/pahole")
