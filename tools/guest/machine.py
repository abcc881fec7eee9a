# SPDX-License-Identifier: BSD-3-Clause
"""One QEMU process: its command line, its life and its end."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .paths import QEMU, REPOSITORY, TRIXIE, GuestError, kernel_folder

# What the guest's init makes QEMU end with when everything was run; see tools/guest/init.
EXIT_FINISHED = 65
PROCESSORS = 2
ACCELERATORS = {"tcg": "tcg,thread=multi,tb-size=256", "kvm": "kvm"}
KERNEL_ARGUMENTS = (
    "console=ttyS0 loglevel=5 panic=-1 oops=panic tsc=reliable no_timer_check log_buf_len=4M "
    "printk.devkmsg=on slub_debug=FZPU page_poison=1 kfence.sample_interval=10 "
    # Else a hot-plugged board makes the kernel move the I/O windows of all others; and a large memory
    # finds no room again, as SeaBIOS puts the windows for these where QEMU says that AMD has reserved.
    "pci=hpiosize=0,no_e820"
)


@dataclass
class Machine:
    kernel: str
    folder: Path  # QEMU's working folder: logs, sockets, and out/ which the guest writes
    crate: list[str]
    extra: list[str] = field(default_factory=list)
    append: list[str] = field(default_factory=list)
    memory: str = "512M"
    interactive: bool = False  # somebody types, and may leave by Ctrl-A x
    accelerator: str = "tcg"

    def command(self) -> list[str]:
        cmdline = " ".join([KERNEL_ARGUMENTS, f"upciedev.repository={REPOSITORY}", *self.append])
        return [
            # No orphan, however this process dies.
            "setpriv", "--pdeathsig", "KILL", str(QEMU),
            *(word for where in ("share/qemu", "share/seabios", "lib/ipxe/qemu") for word in ("-L", str(TRIXIE / "usr" / where))),
            "-M", "q35,memory-backend=ram", "-accel", ACCELERATORS[self.accelerator], "-cpu", "max", "-smp", str(PROCESSORS),
            "-m", self.memory, "-object", f"memory-backend-memfd,id=ram,size={self.memory},share=on",
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",  # pciehp, as on real crates
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", str(kernel_folder(self.kernel) / "vmlinux"), "-initrd", "initramfs", "-append", cmdline,
            "-serial", "file:console.log", "-chardev", f"stdio,id=out,signal=off,mux={'on' if self.interactive else 'off'}", "-serial", "chardev:out",
            # QEMU's monitor, on the host's socket and on the guest's ttyS2: tests plug boards from inside.
            "-chardev", "socket,id=monitor,path=monitor.sock,server=on,wait=off", "-mon", "monitor,mode=control",
            "-chardev", "socket,id=ttyS2,path=monitor.sock", "-serial", "chardev:ttyS2",
            "-qmp", "unix:qmp.sock,server=on,wait=off",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
            "-virtfs", "local,path=out,mount_tag=out,security_model=none,multidevs=remap",
            *self.extra, *self.crate,
        ]  # fmt: skip

    def run(self, output: IO[str] | None, seconds: float | None) -> None:
        """Until the guest has finished; raises GuestError when it ends in any other way."""
        with (self.folder / "qemu.log").open("w") as errors:
            process = subprocess.Popen(self.command(), cwd=self.folder, stdin=None if self.interactive else subprocess.DEVNULL,
                                       stdout=output, stderr=errors, start_new_session=True)
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            raise GuestTimeout(f"the guest did not finish within {seconds:g} s{self.console_tail()}") from late
        finally:
            process.kill()
            process.wait()
        if status == 0 and self.interactive and "Kernel panic" not in self.console_tail():
            raise GuestSwitchedOff
        if status != EXIT_FINISHED:
            raise GuestError(self.explain(status))

    def explain(self, status: int) -> str:
        if status == 0:
            return f"the guest panicked or switched itself off{self.console_tail()}"
        return f"QEMU ended with {status}:\n{(self.folder / 'qemu.log').read_text()[-2000:]}"

    def console_tail(self) -> str:
        console = self.folder / "console.log"
        lines = console.read_text(errors="replace").splitlines()[-60:] if console.exists() else []
        return "; the end of its console:\n" + "\n".join(lines)


class GuestTimeout(GuestError):
    pass


class GuestSwitchedOff(GuestError):
    """By who sat at it."""
