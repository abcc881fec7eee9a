# SPDX-License-Identifier: BSD-3-Clause
"""Which kernels the bench has, where their packages are, and how each is laid out on disk."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .apt import BenchError, PrivateApt, run

BACKPORTS = "trixie-backports"


@dataclass(frozen=True)
class Kernel:
    name: str  # as in `--kernel NAME`
    version: str  # as in the package names: 6.1.0-56, 7.3.4+deb13
    packages: tuple[str, ...]

    @property
    def release(self) -> str:
        return f"{self.version}-{flavour(self.name)}"


# Host Debian's own builds, whose headers the host's compiler suits; the newest comes with its own.
PATTERNS = {
    "6.1": r"6\.1\.0-\d+",
    "6.12": r"6\.12\.\d+\+deb12(?:\.\d+)?",
    "newest": r"\d+\.\d+\.\d+\+deb13",
    "rt": r"6\.1\.0-\d+",
}
USUAL = ("6.1", "6.12", "newest")  # the others are fetched or built when they are asked for


def flavour(name: str) -> str:
    return "rt-amd64" if name == "rt" else "amd64"


def by_number(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def packages_of(name: str, version: str, kbuild: str) -> tuple[str, ...]:
    image = [f"linux-binary-{version}-amd64", f"linux-modules-{version}-amd64"]
    if name != "newest":
        image = [f"linux-image-{version}-{flavour(name)}"]
    common = "common-rt" if name == "rt" else "common"
    headers = [f"linux-headers-{version}-{flavour(name)}", f"linux-headers-{version}-{common}"]
    return (*image, *headers, kbuild)


def kbuild_of(apt: PrivateApt, name: str, version: str) -> str:
    depends = apt.field(f"linux-headers-{version}-{flavour(name)}", "Depends")
    found = re.search(r"linux-kbuild-[^ ,]+", depends)
    return found[0] if found else f"linux-kbuild-{version}"


def resolve(apt: PrivateApt, name: str) -> Kernel:
    """The highest version of which the mirror has image, modules and headers."""
    known = set(apt.names("linux-"))
    pattern = re.compile(rf"linux-headers-({PATTERNS[name]})-{flavour(name)}")
    versions = {found[1] for package in known if (found := pattern.fullmatch(package))}
    for version in sorted(versions, key=by_number, reverse=True):
        packages = packages_of(name, version, kbuild_of(apt, name, version))
        if known.issuperset(packages):
            return Kernel(name, version, packages)
    raise BenchError(f"the mirror has no complete kernel '{name}' (headers and image matching {PATTERNS[name]})")


def payload(image: bytes) -> bytes:
    """The compressed ELF kernel inside a bzImage, found by the boot protocol's header."""
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    return image[start:start + length - 4]  # the last word is the size when unpacked


def write_vmlinux(bzimage: Path, target: Path) -> None:
    """QEMU starts an uncompressed kernel by PVH, which saves half of the boot time."""
    packed = payload(bzimage.read_bytes())
    tool = "xz" if packed.startswith(b"\xfd7zXZ") else "zstd"
    with target.open("wb") as file:
        subprocess.run([tool, "-dc"], input=packed, stdout=file, check=True)


def relocate_headers(folder: Path, release: str) -> Path:
    headers = folder / f"usr/src/linux-headers-{release}"
    makefile = headers / "Makefile"
    text = makefile.read_text()
    makefile.write_text(re.sub(r"(?m)((?:^include |=))/usr/src", rf"\1{folder}/usr/src", text))
    return headers


def write_trees_make(target: Path) -> None:
    """For headers that lie beside it, wherever that is."""
    target.write_text('#!/bin/sh\nexec make -C "$(dirname "$0")/headers" "$@"\n')
    target.chmod(0o755)


def write_make_wrapper(target: Path, headers: Path, toolchain: Path | None) -> None:
    path = f'PATH="{toolchain}:$PATH" ' if toolchain else ""
    target.write_text(f'#!/bin/sh\n{path}exec make -C "{headers}" "$@"\n')
    target.chmod(0o755)


def lay_out(kernel: Kernel, tree: Path, target: Path, toolchain: Path | None) -> None:
    """What others rely on: vmlinuz, vmlinux, release, lib/modules/<release>, headers, make."""
    modules = next(path for path in (tree / "usr/lib/modules", tree / "lib/modules") if path.is_dir())
    target.mkdir(parents=True, exist_ok=True)
    if not (target / "lib").exists():
        (target / "lib").symlink_to(modules.parent)
    run(["depmod", "-b", str(target), kernel.release])
    images = (modules / kernel.release / "vmlinuz", tree / f"boot/vmlinuz-{kernel.release}")
    shutil.copy(next(image for image in images if image.exists()), target / "vmlinuz")
    write_vmlinux(target / "vmlinuz", target / "vmlinux")
    headers = relocate_headers(tree, kernel.release)
    (target / "headers").symlink_to(headers)
    write_make_wrapper(target / "make", headers, toolchain)
    (target / "release").write_text(kernel.release + "\n")
