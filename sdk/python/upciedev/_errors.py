# SPDX-License-Identifier: BSD-3-Clause
"""The errors of the SDK as exceptions: each is an Error and also the natural built-in."""

from __future__ import annotations

import enum
import errno
from typing import Any


class Errc(enum.Enum):
    """What went wrong, as a program can act on it; the codes of C++."""

    no_such_board = 1
    no_such_register = 2
    read_only = 3
    write_only = 4
    out_of_range = 5
    bad_value = 6
    board_gone = 7
    timeout = 8
    interrupted = 9
    busy = 10
    io_error = 11
    bad_board_file = 12
    not_permitted = 13
    not_supported = 14
    abi_mismatch = 15


class Error(Exception):
    """Anything the SDK refuses. str() reads "<where>: <reason>; <remedy>"."""

    kind: Errc
    where: str
    """Board and register path, or "file.yaml:17:9"."""
    reason: str
    remedy: str
    _errno = 0  # where the operating system gave none

    def __init__(
        self, kind: Errc, where: str, reason: str, remedy: str, text: str, number: int = 0
    ) -> None:
        if isinstance(self, OSError):
            super().__init__(number or self._errno, text)
        else:
            super().__init__(text)
        self.kind = kind
        self.where = where
        self.reason = reason
        self.remedy = remedy
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[Any, ...]:
        number = getattr(self, "errno", 0)
        return type(self), (self.kind, self.where, self.reason, self.remedy, self._text, number)


class NoSuchBoard(Error, KeyError):
    """No board answers to that slot, alias, name or PCI address."""


class NoSuchRegister(Error, KeyError):
    """The board file names no such register, field, area or BAR."""


class ReadOnly(Error, PermissionError):
    """A write to what can only be read."""

    _errno = errno.EACCES


class WriteOnly(Error, PermissionError):
    """A read of what can only be written."""

    _errno = errno.EACCES


class OutOfRange(Error, IndexError, ValueError):
    """An index, offset or value outside its limits."""


class BadValue(Error, ValueError):
    """A value that the type or enumeration does not have."""


class BoardGone(Error, OSError):
    """The board left the crate, was unbound or reset."""

    _errno = errno.ENODEV


class Timeout(Error, TimeoutError):
    """The time given ran out."""

    _errno = errno.ETIMEDOUT


class Interrupted(Error, InterruptedError):
    """A signal ended the wait."""

    _errno = errno.EINTR


class Busy(Error, OSError):
    """Somebody else holds it."""

    _errno = errno.EBUSY


class IoError(Error, OSError):
    """The operating system or the board refused."""

    _errno = errno.EIO


class BadBoardFile(Error, ValueError):
    """A board or crate file is wrong, at the place named."""


class NotPermitted(Error, PermissionError):
    """Missing rights, or a guarded register."""

    _errno = errno.EPERM


class NotSupported(Error, NotImplementedError):
    """This transport, board or register cannot do that."""


class AbiMismatch(Error, RuntimeError):
    """Driver or plugin of another ABI version."""


_classes: dict[Errc, type[Error]] = {
    Errc.no_such_board: NoSuchBoard,
    Errc.no_such_register: NoSuchRegister,
    Errc.read_only: ReadOnly,
    Errc.write_only: WriteOnly,
    Errc.out_of_range: OutOfRange,
    Errc.bad_value: BadValue,
    Errc.board_gone: BoardGone,
    Errc.timeout: Timeout,
    Errc.interrupted: Interrupted,
    Errc.busy: Busy,
    Errc.io_error: IoError,
    Errc.bad_board_file: BadBoardFile,
    Errc.not_permitted: NotPermitted,
    Errc.not_supported: NotSupported,
    Errc.abi_mismatch: AbiMismatch,
}

for _class in _classes.values():
    _class.__module__ = "upciedev"
Error.__module__ = Errc.__module__ = "upciedev"


def make(
    code: int, where: str, reason: str, remedy: str, text: str, number: int = 0
) -> Error:
    """Called by the C++ side for each of its errors; number is an errno, or 0."""
    kind = Errc(code)
    return _classes[kind](kind, where, reason, remedy, text, number)
