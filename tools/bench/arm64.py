# SPDX-License-Identifier: BSD-3-Clause
"""Headers of another processor's kernel, and a compiler for it: the modules are built, and loaded nowhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .apt import BenchError, PrivateApt, codename, unpack
from .kernels import by_number, relocate_headers

NAME = "arm64"
HEADERS = re.compile(r"linux-headers-(6\.1\.0-\d+)-arm64")
PREFIX = "aarch64-linux-gnu-"
COMPILER = ("binutils-aarch64-linux-gnu", "cpp-12-aarch64-linux-gnu", "gcc-12-aarch64-linux-gnu")


def fetch(apt: PrivateApt, debs: Path, target: Path) -> None:
    """`apt` knows the packages of both processors."""
    shutil.rmtree(target, ignore_errors=True)
    versions = [found[1] for package in apt.names("linux-headers-6.1") if (found := HEADERS.fullmatch(package))]
    if not versions:
        raise BenchError("the mirror has no headers of kernel 6.1 for arm64")
    version = max(versions, key=by_number)
    release = f"{version}-arm64"
    # Its programs are those of this machine, so is the compiler, of the same Debian.
    packages = [f"linux-headers-{release}:arm64", f"linux-headers-{version}-common", "linux-kbuild-6.1:amd64"]
    unpack(apt.download([*packages, *(f"{package}/{codename()}" for package in COMPILER)], debs), target)
    write_make(target, relocate_headers(target, release))
    (target / "release").write_text(release + "\n")


def write_make(tree: Path, headers: Path) -> None:
    path = tree / "make"
    path.write_text("#!/bin/sh\n"
                    f'PATH="{tree}/usr/bin:$PATH" LD_LIBRARY_PATH="{tree}/usr/lib/x86_64-linux-gnu" \\\n'
                    f'exec make -C "{headers}" ARCH=arm64 CROSS_COMPILE={PREFIX} CC={PREFIX}gcc-12 "$@"\n')
    path.chmod(0o755)
