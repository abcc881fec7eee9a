# SPDX-License-Identifier: BSD-3-Clause
"""A small initramfs: busybox, the modules for 9p, and our init."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .paths import BUSYBOX, GuestError, kernel_folder, release

INIT = Path(__file__).with_name("init")
NEEDED = ("virtio_pci", "9pnet_virtio", "9p")
TRIAL = b"""#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox printf '\\040' | /bin/busybox dd of=/dev/port bs=1 seek=244 count=1
/bin/busybox poweroff -f
"""
REGULAR, FOLDER = 0o100755, 0o040755


def entry(name: str, mode: int, data: bytes, inode: int) -> bytes:
    """One member of a cpio archive in the 'newc' format, which the kernel reads."""
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    return padded(head) + padded(data)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def archive(members: list[tuple[str, int, bytes]]) -> bytes:
    numbered = enumerate([*members, ("TRAILER!!!", 0, b"")], start=1)
    return b"".join(entry(name, mode, data, inode) for inode, (name, mode, data) in numbered)


def modules_in_order(kernel: str) -> list[Path]:
    """The files to insert for 9p, each after those it depends on."""
    command = ["modprobe", "--show-depends", "-d", str(kernel_folder(kernel)), "-S", release(kernel)]
    found: dict[Path, None] = {}
    for module in NEEDED:
        done = subprocess.run([*command, module], text=True, capture_output=True)
        if done.returncode != 0:
            raise GuestError(f"no module {module} for kernel {kernel}: {done.stderr.strip()}")
        found.update((Path(line.split()[1]), None) for line in done.stdout.splitlines() if line.startswith("insmod"))
    return list(found)


def unpacked(module: Path) -> bytes:
    if module.suffix != ".xz":
        return module.read_bytes()
    return subprocess.run(["xz", "-dc", str(module)], stdout=subprocess.PIPE, check=True).stdout


def write_trial(target: Path) -> None:
    """For a guest that has nothing to do but to end."""
    members = [("bin", FOLDER, b""), ("dev", FOLDER, b"")]
    members += [("bin/busybox", REGULAR, BUSYBOX.read_bytes()), ("init", REGULAR, TRIAL)]
    target.write_bytes(archive(members))


def write(kernel: str, target: Path) -> None:
    members = [(name, FOLDER, b"") for name in ("bin", "modules", "host", "repository", "proc", "sys", "dev")]
    members += [("bin/busybox", REGULAR, BUSYBOX.read_bytes()), ("init", REGULAR, INIT.read_bytes())]
    for number, module in enumerate(modules_in_order(kernel)):
        members.append((f"modules/{number:02}.ko", REGULAR, unpacked(module)))
    target.write_bytes(archive(members))
