# SPDX-License-Identifier: BSD-3-Clause
"""`./dev crate`: a shell in a virtual crate, at the terminal of whoever asked for it."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

GREETING = "The crate's boards, on our driver. The repository is read-only here, /tmp is not. `exit` or Ctrl-A x ends the guest."


def command(crate_file: Path) -> str:
    """For the guest's side of the line to our terminal."""
    columns, rows = os.get_terminal_size(sys.stdin.fileno())
    terminal = shlex.quote(os.environ.get("TERM", "dumb"))
    names = shlex.quote(str(crate_file))
    return (f"stty -F /dev/ttyS1 sane -onlcr rows {rows} cols {columns}\n"
            f"echo {shlex.quote(GREETING)}\n"
            f"if [[ -e {names} ]]; then names=(--names {names}); fi  # not in the host's /tmp\n"
            'upciedev --crate local "${names[@]}" ls\n'
            f"./dev run -- env TERM={terminal} PS1='crate:\\w# ' "
            "setsid --ctty --wait bash --norc -i </dev/ttyS1 >/dev/ttyS1 2>&1\n")


@contextlib.contextmanager
def terminal_as_it_is() -> Iterator[None]:
    """QEMU changes it, and may be killed before it can put it back."""
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
