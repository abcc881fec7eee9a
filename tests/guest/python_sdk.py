#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Python package on the boards of the guest, through the driver:

    ./dev guest -- ./dev run -- tests/guest/python_sdk.py
"""

from __future__ import annotations

import errno
import math
import subprocess
import sys

import numpy as np

import upciedev
from verdicts import run_all

NAMES = "devices/crates/guest.yaml"


def open_crate() -> upciedev.Crate:
    return upciedev.open("local", names=NAMES)


def the_crate_lists_its_boards() -> None:
    with open_crate() as crate:
        found = {entry.slot: (entry.name, entry.alias, entry.transport) for entry in crate}
    assert found[1] == ("edu", "edu1", "chardev"), found
    assert found[4] == ("edu", "edu4", "chardev"), found
    assert found[3][:2] == ("ivshmem", "shm"), found


def registers_and_fields_reach_the_board() -> None:
    with open_crate() as crate:
        edu = crate["edu4"]
        assert edu["ID"] == 0x010000ED
        assert edu.reg("ID").field("MAGIC").read() == 0xED
        edu["LIVENESS"] = 0x12345678
        assert edu["LIVENESS"] == 0xEDCBA987
        assert edu.bar(0).read(4) == 0xEDCBA987
        enable = edu.reg("STATUS").field("IRQ_FACTORIAL")
        enable.write(1)
        assert edu.reg("STATUS").raw() == 0, "an enable bit belongs to the driver"
        with edu.irq("factorial"):
            assert enable.read() == 1
            enable.write(0)
            assert edu.reg("STATUS").raw() == 0x80
        assert edu.reg("STATUS").raw() == 0


def a_batch_waits_for_the_board() -> None:
    with open_crate() as crate:
        edu = crate[1]
        with edu.batch() as batch:
            batch.write(edu.reg("FACTORIAL"), 12)
            batch.wait(edu.reg("STATUS"), mask=1, wanted=0, timeout=5)
            answer = batch.read(edu.reg("FACTORIAL"))
        assert (answer.get(), batch.done) == (math.factorial(12), 3)


def waits_end_in_time() -> None:
    with open_crate() as crate:
        edu = crate[1]
        assert edu.reg("ID").wait_raw(mask=1, wanted=0, timeout=0.05) is None
        batch = edu.batch()
        batch.wait(edu.reg("ID"), mask=1, wanted=0, timeout=0.05)
        try:
            batch.run()
        except TimeoutError as error:
            assert isinstance(error, upciedev.Timeout) and error.errno == errno.ETIMEDOUT, error
            assert batch.done == 0
        else:
            raise AssertionError("the batch did not run out of time")


def areas_are_numpy_arrays() -> None:
    with open_crate() as crate:
        shared = crate["shm"]
        data = np.arange(65536, dtype=np.uint32)[::-1] * np.uint32(65521)
        shared.area("MEMORY").write(16, data)
        assert np.array_equal(shared.area("MEMORY").read(16, data.size), data)
        assert bytes(shared.area("BYTES").read(64, 256)) == data.astype("<u4").tobytes()[:256]


def errors_are_built_ins_with_place_and_remedy() -> None:
    with open_crate() as crate:
        edu = crate[1]
        try:
            edu["dma.SOURCE"] = 0
        except PermissionError as error:
            assert isinstance(error, upciedev.NotPermitted) and error.errno == errno.EPERM, error
            assert "edu" in error.where and "dma.SOURCE" in error.where, error.where
        else:
            raise AssertionError("a guarded register was written")
        try:
            crate.board(2)
        except KeyError as error:
            assert "slot 2 is empty; boards are in slots 1, 3, 4" in str(error), error
        else:
            raise AssertionError("slot 2 has a board")


def a_board_that_left_is_an_os_error_and_comes_back() -> None:
    with open_crate() as crate:
        edu = crate[4]
        address = edu.identity.pci_address
        register = edu.reg("ID")
        subprocess.run(["tests/guest/unbind", address], check=True)
        try:
            register.read()
        except OSError as error:
            assert isinstance(error, upciedev.BoardGone) and error.errno == errno.ENODEV, error
            assert edu.gone
        else:
            raise AssertionError("a board that left was read")
        finally:
            subprocess.run(["tests/guest/rebind", address], check=True)
    with open_crate() as crate:
        assert crate[4]["ID"] == 0x010000ED


def main() -> int:
    return run_all(
        the_crate_lists_its_boards,
        registers_and_fields_reach_the_board,
        a_batch_waits_for_the_board,
        waits_end_in_time,
        areas_are_numpy_arrays,
        errors_are_built_ins_with_place_and_remedy,
        a_board_that_left_is_an_os_error_and_comes_back,
    )


if __name__ == "__main__":
    sys.exit(main())
