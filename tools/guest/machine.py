# SPDX-License-Identifier: BSD-3-Clause
"""One QEMU process: its command line, its life and its end."""

from __future__ import annotations

import functools
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .paths import BUILD, KINDS, QEMU, REPOSITORY, TRIXIE, GuestError, kernel_folder

# What the guest's init makes QEMU end with when everything was run; see tools/guest/init.
EXIT_FINISHED = 65
PROCESSORS = 2
LOOK_SECONDS = 5.0  # at a guest's progress
ACCELERATORS = {"tcg": "tcg,thread=multi,tb-size=256", "kvm": "kvm"}
KERNEL_ARGUMENTS = (
    "console=ttyS0 loglevel=5 panic=-1 oops=panic tsc=reliable no_timer_check log_buf_len=4M "
    "printk.devkmsg=on "
    # Else a hot-plugged board makes the kernel move the I/O windows of all others; and a large memory
    # finds no room again, as SeaBIOS puts the windows for these where QEMU says that AMD has reserved.
    "pci=hpiosize=0,no_e820"
)

# Of memory: they cost a quarter of a boot, and of what works in the kernel.
CHECKS = "slub_debug=FZPU page_poison=1 kfence.sample_interval=10"
QUICK = "rcupdate.rcu_expedited=1 cryptomgr.notests"


CLOCK = BUILD / "cmake/tests/guest/upciedev-guest-clock"


def megabytes(memory: str) -> int:
    """As QEMU counts them: 512M, 3G."""
    return int(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]


@functools.cache
def clock_argument() -> str:
    """How fast the emulated processor's clock is: a guest that measures it on a busy machine may be wrong by any factor."""
    if not CLOCK.exists():
        raise GuestError(f"{CLOCK} is not built; run ./dev build")
    return f"tsc_early_khz={subprocess.run([str(CLOCK)], text=True, capture_output=True, check=True).stdout.strip()}"


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
    checks: bool = True  # by the kernel, of its memory; else as quick as it can

    def command(self) -> list[str]:
        kind = KINDS[self.kernel]
        memory = f"{max(megabytes(self.memory), kind.megabytes)}M"
        more = "" if kind.finds_faults else CHECKS if self.checks else QUICK
        clock = [clock_argument()] if self.accelerator == "tcg" else []
        cmdline = " ".join([KERNEL_ARGUMENTS, more, *clock, f"upciedev.repository={REPOSITORY}", *self.append])
        return [
            # No orphan, however this process dies.
            "setpriv", "--pdeathsig", "KILL", str(QEMU),
            *(word for where in ("share/qemu", "share/seabios", "lib/ipxe/qemu") for word in ("-L", str(TRIXIE / "usr" / where))),
            "-M", "q35,memory-backend=ram", "-accel", ACCELERATORS[self.accelerator], "-cpu", "max", "-smp", str(PROCESSORS),
            "-m", memory, "-object", f"memory-backend-memfd,id=ram,size={memory},share=on",
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",  # pciehp, as on real crates
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", str(kernel_folder(self.kernel) / kind.image), "-initrd", "initramfs", "-append", cmdline,
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

    def run(self, output: IO[str] | None, seconds: float | None, quiet_seconds: float | None = None) -> None:
        """Until the guest has finished; raises GuestError when it ends in any other way.

        `seconds` is a limit for all of it, `quiet_seconds` one without any sign of progress: for a usual kernel.
        """
        slowness = KINDS[self.kernel].slowness
        seconds, quiet_seconds = (limit and limit * slowness for limit in (seconds, quiet_seconds))
        with (self.folder / "qemu.log").open("w") as errors:
            process = subprocess.Popen(self.command(), cwd=self.folder, stdin=None if self.interactive else subprocess.DEVNULL,
                                       stdout=output, stderr=errors, start_new_session=True)
        try:
            status = self.wait(process, quiet_seconds) if quiet_seconds else process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            limit = f"made progress for {quiet_seconds:g} s" if quiet_seconds else f"finished within {seconds:g} s"
            raise GuestTimeout(f"the guest has not {limit}{self.console_tail()}") from late
        finally:
            process.kill()
            process.wait()
        if status == 0 and self.interactive and "Kernel panic" not in self.console_tail():
            raise GuestSwitchedOff
        if status != EXIT_FINISHED:
            raise GuestError(self.explain(status))

    def wait(self, process: subprocess.Popen[bytes], quiet_seconds: float) -> int:
        before, since = self.progress(), time.monotonic()
        while True:
            try:
                return process.wait(timeout=LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                now = self.progress()
                if now != before:
                    before, since = now, time.monotonic()
                elif time.monotonic() - since > quiet_seconds:
                    raise

    def progress(self) -> dict[str, int]:
        """Sizes of what the guest writes: the console, and what its runs leave."""
        files = [self.folder / "console.log", *(self.folder / "out").glob("*")]
        return {file.name: file.stat().st_size for file in files if file.is_file()}

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
