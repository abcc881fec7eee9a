# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of the command line: sizes, times, counts, with units and in hexadecimal."""

import os
import subprocess

import pytest

CRATE = "sim:devices/crates/full.yaml"
SIZE = "write bytes (4096, 0x1000)"
TIME = "write seconds (5, 0.2)"
COUNT = "write it decimal (12) or hexadecimal (0x1f)"
BAD = ("", "-1", "4x", "0x1g", " 4", "4 ", "1e3")
READ = ("dma", "read", "io1", "read", "-o", "/dev/null")
STREAM = ("dma", "stream", "adc1", "read", "-o", "/dev/null")
COPY = ("p2p", "copy", "adc1", "DDR", "io1", "WINDOW")
SIZES = [(*READ, "--offset"), (*READ, "--length"), ("dma", "check", "io1", "read", "--length"),
         ("dma", "write", "io1", "write", "/dev/null", "--offset"), (*STREAM, "--frame"), (*STREAM, "--step"),
         (*COPY, "--length")]
TIMES = [(*READ, "--timeout"), (*STREAM, "--timeout"), ("dma", "write", "io1", "write", "/dev/null", "--timeout"),
         ("dma", "check", "io1", "read", "--timeout"), ("scope", "adc1", "DAQ", "--timeout"), (*COPY, "--timeout"),
         ("p2p", "matrix", "--timeout"), ("p2p", "diagnose", "adc1", "io1", "--timeout"),
         ("watch", "adc1", "ID", "--period"), ("claim", "adc1", "--time"), ("monitor", "--time"),
         ("irq", "adc1", "--timeout")]
COUNTS = [(*STREAM, "--depth"), (*STREAM, "--count"), ("scope", "adc1", "DAQ", "--first"),
          ("scope", "adc1", "DAQ", "--samples"), ("watch", "adc1", "ID", "--count"), ("monitor", "--count"),
          ("irq", "adc1", "--count"), ("sim", "plug", "none"), ("rescan",)]


@pytest.mark.parametrize(("number", "value"), [("0x10b", 267), ("0x1c", 28), ("0x1e", 30), ("0xff", 255),
                                               ("0xABC", 2748), ("64", 64), ("2KiB", 2048), ("2 KiB", 2048),
                                               ("1.5KiB", 1536), ("2kB", 2000)])
def test_offsets_and_lengths_are_what_they_say(tmp_path, number, value):
    data = os.urandom(8192)
    (tmp_path / "sent").write_bytes(data)
    done = subprocess.run(
        ["upciedev", "--crate", CRATE, "script"], text=True, capture_output=True, timeout=60, check=False,
        input=f"dma write io1 write {tmp_path}/sent\n"
              f"dma read io1 read --offset '{number}' --length '{number}' -o {tmp_path}/received\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "received").read_bytes() == data[value:2 * value]


@pytest.mark.parametrize(("command", "forms"), [(each, SIZE) for each in SIZES] + [(each, TIME) for each in TIMES]
                         + [(each, COUNT) for each in COUNTS] + [(("write", "adc1", "ID==1", "--timeout"),
                                                                  "write milliseconds (500)")])
def test_anything_else_is_refused_with_the_option_and_the_accepted_forms(upciedev, command, forms):
    option = command[-1] if command[-1].startswith("--") else "SLOT"
    for text in BAD:
        upciedev(*command, text, crate=CRATE).fails(2, f"{option}: '{text}' is not a", forms)
    upciedev(*command, "99999999999999999999", crate=CRATE).fails(2, f"{option}: ", "needs more than 64 bits")
    upciedev(*command, "010", crate=CRATE).fails(2, f"{option}: '010' begins with a zero")


def test_a_fraction_of_a_byte_is_refused(upciedev):
    upciedev(*READ, "--length", "1.3B", crate=CRATE).fails(2, "--length: '1.3B' is not a whole number of bytes", SIZE)


@pytest.mark.parametrize("text", ["4k", "4K", "4KB", "4kb", "4kib", "4m"])
def test_units_that_mean_this_or_that_are_refused(upciedev, text):
    upciedev(*READ, "--length", text, crate=CRATE).fails(2, f"--length: '{text}' is not a size", SIZE)


def test_times_have_units(upciedev):
    wait = ("irq", "adc1", "done", "--timeout")
    upciedev(*wait, "20ms", crate=CRATE).fails(1, "no interrupt in 0.02 seconds")
    upciedev(*wait, "20000 us", crate=CRATE).fails(1, "no interrupt in 0.02 seconds")
    upciedev("write", "--timeout", "0.005s", "adc1", "SCRATCH==1", crate=CRATE).fails(1, "SCRATCH")
    upciedev(*READ, "--timeout", "61min", crate=CRATE).fails(2, "--timeout: '61min' is not from 0.001 to 3600 seconds")
    upciedev(*READ, "--timeout", "0", crate=CRATE).fails(2, "--timeout: '0' is not from 0.001 to 3600 seconds")


def test_counts_are_bounded(upciedev):
    upciedev(*STREAM, "--depth", "0x1001", crate=CRATE).fails(2, "--depth: '0x1001' is not from 1 to 4096")


def test_places_in_memory_have_units(upciedev, tmp_path):
    upciedev("p2p", "copy", "adc1", "DDR+0x10b", "io1", "WINDOW+1.5KiB", "--length", "0x40", "--bounce", "--verify",
             crate=CRATE).ok()
    upciedev("p2p", "copy", "adc1", "DDR+0x1g", "io1", "WINDOW", crate=CRATE).fails(1, "DDR+0x1g", "'0x1g'", SIZE)
    upciedev("read", "adc1", "0:0x1g", crate=CRATE).fails(1, "0:0x1g", "'0x1g' is not an integer", COUNT)
    upciedev("read", "adc1", "0:010", crate=CRATE).fails(1, "begins with a zero")
