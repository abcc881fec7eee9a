# SPDX-License-Identifier: BSD-3-Clause
"""Whether the processor runs the guest itself. That /dev/kvm opens says little: in a virtual machine it often
does and then runs nothing. So a trial guest is booted, which has to reach its end."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from . import initramfs
from .machine import EXIT_FINISHED, Machine
from .paths import BUILD, GuestError

WISHES = ("auto", "on", "off")
KVM = Path("/dev/kvm")
BOOT = Path("/proc/sys/kernel/random/boot_id")  # of this machine
TRIAL_SECONDS = 10  # it takes two


def works(kernel: str = "newest") -> bool:
    with tempfile.TemporaryDirectory(prefix="upciedev-kvm-") as name:
        folder = Path(name)
        (folder / "out").mkdir()
        initramfs.write_trial(folder / "initramfs")
        machine = Machine(kernel, folder, [], accelerator="kvm")
        try:
            done = subprocess.run(machine.command(), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=TRIAL_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == EXIT_FINISHED


def remembered() -> bool:
    """works(), found out once each time that this machine starts."""
    note = BUILD / "guest/kvm"
    boot = BOOT.read_text().strip()
    if not note.exists() or note.read_text().split()[0] != boot:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{boot} {'works' if works() else 'fails'}\n")
    return note.read_text().split()[1] == "works"


def accelerator(wish: str) -> str:
    if wish == "off":
        return "tcg"
    if os.access(KVM, os.R_OK | os.W_OK) and remembered():
        return "kvm"
    if wish == "on":
        raise GuestError(f"a guest does not run with {KVM} here; leave --kvm out to emulate the processor")
    return "tcg"
