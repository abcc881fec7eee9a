# SPDX-License-Identifier: BSD-3-Clause
"""Each code of C++ arrives as its class, which is the natural built-in too."""

from __future__ import annotations

import errno
import pickle

import pytest

import upciedev
from upciedev import Errc, _core

BUILT_IN: dict[Errc, tuple[type[Exception], type[Exception], int | None]] = {
    Errc.no_such_board: (upciedev.NoSuchBoard, KeyError, None),
    Errc.no_such_register: (upciedev.NoSuchRegister, KeyError, None),
    Errc.read_only: (upciedev.ReadOnly, PermissionError, errno.EACCES),
    Errc.write_only: (upciedev.WriteOnly, PermissionError, errno.EACCES),
    Errc.out_of_range: (upciedev.OutOfRange, IndexError, None),
    Errc.bad_value: (upciedev.BadValue, ValueError, None),
    Errc.board_gone: (upciedev.BoardGone, OSError, errno.ENODEV),
    Errc.timeout: (upciedev.Timeout, TimeoutError, errno.ETIMEDOUT),
    Errc.interrupted: (upciedev.Interrupted, InterruptedError, errno.EINTR),
    Errc.busy: (upciedev.Busy, OSError, errno.EBUSY),
    Errc.io_error: (upciedev.IoError, OSError, errno.EIO),
    Errc.bad_board_file: (upciedev.BadBoardFile, ValueError, None),
    Errc.not_permitted: (upciedev.NotPermitted, PermissionError, errno.EPERM),
    Errc.not_supported: (upciedev.NotSupported, NotImplementedError, None),
    Errc.abi_mismatch: (upciedev.AbiMismatch, RuntimeError, None),
}


def test_every_code_of_the_library_is_covered() -> None:
    unknown = _core._message(0)
    codes = [code for code in range(1, 100) if _core._message(code) != unknown]
    assert codes == [kind.value for kind in Errc] == [kind.value for kind in BUILT_IN]


@pytest.mark.parametrize("kind", Errc)
def test_each_code_is_its_class_and_the_built_in(kind: Errc) -> None:
    own, built_in, number = BUILT_IN[kind]
    with pytest.raises(built_in) as raised:
        _core._throw(kind.value, "slot 4 vadc8: CTRL", "it failed", "try again")
    error = raised.value
    assert type(error) is own and isinstance(error, upciedev.Error)
    assert error.kind is kind
    assert (error.where, error.reason) == ("slot 4 vadc8: CTRL", "it failed")
    assert error.remedy == "try again"
    assert str(error) == "slot 4 vadc8: CTRL: it failed; try again"
    assert getattr(error, "errno", None) == number
    assert type(error).__module__ == "upciedev"


@pytest.mark.parametrize("kind", Errc)
def test_errors_travel_between_processes(kind: Errc) -> None:
    with pytest.raises(upciedev.Error) as raised:
        _core._throw(kind.value, "here", "this", "", errno.ENOSPC)
    copy: upciedev.Error = pickle.loads(pickle.dumps(raised.value))
    assert type(copy) is BUILT_IN[kind][0]
    assert (str(copy), copy.kind, copy.where) == ("here: this", kind, "here")
    if isinstance(copy, OSError):
        assert copy.errno == errno.ENOSPC  # what the operating system said goes first


def test_out_of_range_is_a_value_error_too() -> None:
    assert issubclass(upciedev.OutOfRange, ValueError)


def test_places_need_not_be_utf8() -> None:
    with pytest.raises(upciedev.Error) as raised:
        _core._throw(Errc.bad_board_file.value, b"/dev\xff/x.yaml:1:1", "it is broken", "")
    assert raised.value.where == "/dev\\xff/x.yaml:1:1"
