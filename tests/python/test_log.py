# SPDX-License-Identifier: BSD-3-Clause
"""What the SDK tells that is no error, and that nobody waits for the other's lock meanwhile."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from typing import Iterator

import pytest

import upciedev
from conftest import CRATE
from upciedev import _core


@pytest.fixture(autouse=True)
def nobody_listens() -> Iterator[None]:
    upciedev.set_log(None)
    yield
    upciedev.set_log(None)


def test_a_callable_gets_level_and_line(crate: upciedev.Crate) -> None:
    told: list[tuple[int, str]] = []
    upciedev.set_log(lambda level, line: told.append((level, line)))
    crate.board(3)
    assert len(told) == 1
    assert told[0][0] == logging.INFO
    assert told[0][1].startswith("slot 3 allsorts: opened by sim, described by ")


def test_a_logger_is_such_a_callable(
    crate: upciedev.Crate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "crate")
    upciedev.set_log(logging.getLogger("crate").log)
    crate.board("second")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("crate", "INFO")
    assert record.getMessage().startswith("slot 7 allsorts: opened by sim")


def test_the_callable_before_is_handed_back(crate: upciedev.Crate) -> None:
    def mine(level: int, line: str) -> None: ...

    assert upciedev.set_log(mine) is None
    assert upciedev.set_log(print) is mine
    assert upciedev.set_log(None) is print
    assert upciedev.set_log(None) is None


@pytest.mark.parametrize("wrong", [1, "print", logging.getLogger()])
def test_anything_else_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="callable"):
        upciedev.set_log(wrong)  # type: ignore[arg-type]


def test_an_exception_in_it_goes_to_the_unraisable_hook(
    crate: upciedev.Crate, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: raised.append(what.exc_value))

    def fail(level: int, line: str) -> None:
        raise RuntimeError(line)

    upciedev.set_log(fail)
    assert crate.board(3).name == "allsorts"
    assert len(raised) == 1 and isinstance(raised[0], RuntimeError)


def test_it_may_open_boards_and_replace_itself(crate: upciedev.Crate) -> None:
    told: list[str] = []

    def mine(level: int, line: str) -> None:
        told.append(crate.board(7).label)  # not told in turn
        upciedev.set_log(None)

    upciedev.set_log(mine)
    crate.board(3)
    crate.board(3)
    assert told == ["slot 7 allsorts"]


def in_threads(count: int) -> None:
    """Boards opened and read by many threads at once, which must come to an end."""

    def use() -> None:
        for _ in range(20):
            with upciedev.open(CRATE) as crate:
                assert crate.board(3)["READ_ONLY"] == 0xCAFE

    threads = [threading.Thread(target=use, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"


def test_threads_do_not_wait_for_each_other() -> None:
    lock = threading.Lock()  # as the handlers of logging hold one
    told = 0

    def mine(level: int, line: str) -> None:
        nonlocal told
        with lock:
            told += 1

    upciedev.set_log(mine)
    in_threads(4)
    assert told == 80


def test_it_can_be_replaced_while_threads_use_it() -> None:
    end = threading.Event()

    def replace() -> None:
        while not end.is_set():
            upciedev.set_log(lambda level, line: None)
            upciedev.set_log(None)

    hand = threading.Thread(target=replace, daemon=True)
    hand.start()
    in_threads(3)
    end.set()
    hand.join(60)
    assert not hand.is_alive()


def test_a_thread_of_the_sdk_does_not_wait_for_python() -> None:
    told: list[tuple[int, str]] = []
    upciedev.set_log(lambda level, line: told.append((level, line)))
    for number in range(3):
        _core._tell_from_outside(f"line {number}")  # joins that thread, and holds the GIL
    end = time.monotonic() + 30
    while len(told) < 3 and time.monotonic() < end:
        time.sleep(0.001)  # the main thread hears it when it next takes the GIL
    assert told == [(logging.WARNING, f"line {number}") for number in range(3)]


def test_it_may_be_set_when_python_ends() -> None:
    script = (
        "import upciedev\n"
        "upciedev.set_log(lambda level, line: print(line))\n"
        f"crate = upciedev.open({CRATE!r})\n"
        "board = crate.board(3)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("slot 3 allsorts: opened by sim")
