# SPDX-License-Identifier: BSD-3-Clause
"""`./dev guest`: one command in one boot."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import costs, kvm, shell
from .machine import GuestSwitchedOff, GuestTimeout
from .paths import DEFAULT_CRATE, KERNELS, REPOSITORY, GuestError
from .session import Boot, Run, Session, build_modules, fetch

EXIT_TIMEOUT = 124
EXIT_BENCH = 125  # the command passed, but the kernel complained; or there was no guest


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="./dev guest", usage="./dev guest [OPTIONS] -- COMMAND...",
        description="Runs COMMAND as root in a virtual crate, in this repository, with our modules loaded. "
                    "The host's root is read-only there; $UPCIEDEV_OUT is build/guest/RUN/out.",
        epilog="Exit code: the command's; 124 when the time is up; 125 when the kernel complained or nothing ran.",
    )
    result.add_argument("--kernel", choices=KERNELS, default="newest",
                        help="default newest; rt: PREEMPT_RT; debug, debug-newest: find faults by themselves, and are built first")
    result.add_argument("--crate", metavar="FILE", type=Path, default=DEFAULT_CRATE, help="which boards are in which slots")
    result.add_argument("--qemu-arg", metavar="ARG", action="append", default=[], help="one more argument for QEMU (--qemu-arg=-foo)")
    result.add_argument("--append", metavar="KARG", action="append", default=[], help="one more kernel argument")
    result.add_argument("--timeout", metavar="S", type=float, default=240, help="seconds, boot included (default 240); a debug kernel has four times as long")
    result.add_argument("--expect", metavar="REGEX", action="append", default=[],
                        help="a kernel message that must come; any other warning is a failure")
    result.add_argument("--shell", action="store_true", help="a shell at this terminal instead of a command, without a time-out")
    result.add_argument("--kvm", choices=kvm.WISHES,
                        help="auto (default for the shell): if a trial boot with KVM reaches its end; "
                             "off (default for a command): the processor is emulated")
    result.add_argument("command", nargs="*", metavar="COMMAND")
    return result


def boot_of(arguments: argparse.Namespace) -> Boot:
    crate = arguments.crate.resolve()
    run = Run("command", shell.command(crate) if arguments.shell else shlex.join(arguments.command), arguments.expect)
    boot = Boot(arguments.kernel, [run], crate, arguments.qemu_arg, arguments.append, arguments.timeout)
    boot.accelerator = kvm.accelerator(arguments.kvm or ("auto" if arguments.shell else "off"))
    if arguments.shell:
        boot.seconds, boot.interactive = None, True
    return boot


def report(session: Session, started: float) -> int:
    run = session.boot.runs[0]
    complaints = session.problems()
    for name, lines in complaints.items():
        for line in lines:
            print(f"guest: [{name}] {line}", file=sys.stderr)
    status = session.status(run)
    seconds = time.monotonic() - started
    found = costs.costs("", session.kernel_log(), seconds, session.processor_seconds)
    phases = ", ".join(f"{cost.run.strip('()')} {cost.seconds:.1f}" for cost in found)
    print(f"guest: exit {status} after {seconds:.1f} s ({phases}); logs in "
          f"{session.folder.relative_to(REPOSITORY)}", file=sys.stderr)
    return status or (EXIT_BENCH if complaints else 0)


def interrupted(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = parser()
    arguments = options.parse_args()
    if arguments.shell == bool(arguments.command):
        options.error("give a COMMAND, or --shell")
    if arguments.shell and not sys.stdin.isatty():
        options.error("a shell needs a terminal; give a COMMAND instead")
    signal.signal(signal.SIGTERM, interrupted)
    try:
        fetch(arguments.kernel, "--quiet")
        build_modules(arguments.kernel)
        session = Session(boot_of(arguments))
        started = time.monotonic()
        with shell.terminal_as_it_is() if arguments.shell else contextlib.nullcontext():
            session.run()
        return report(session, started)
    except GuestSwitchedOff:
        print("guest: switched off", file=sys.stderr)
        return 0
    except GuestTimeout as problem:
        print(f"guest: {problem}", file=sys.stderr)
        return EXIT_TIMEOUT
    except (GuestError, subprocess.CalledProcessError) as problem:
        print(f"guest: {problem}", file=sys.stderr)
        return EXIT_BENCH
    except KeyboardInterrupt:
        return 130
