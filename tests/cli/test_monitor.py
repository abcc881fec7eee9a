# SPDX-License-Identifier: BSD-3-Clause
"""upciedev monitor: what it tells is shown in the guest (tests/guest/hotplug.py)."""

import signal
import subprocess
import time

CRATE = "sim:devices/crates/demo.yaml"


def test_it_ends_in_time_if_nothing_happens(upciedev):
    started = time.monotonic()
    assert upciedev("monitor", "--time", "0.3").ok() == ""
    assert time.monotonic() - started > 0.3


def test_ctrl_c_ends_it(upciedev):
    process = subprocess.Popen(["upciedev", "--crate", CRATE, "monitor"], stdout=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0] == b"" and process.returncode == 0


def test_no_crate_is_an_error(upciedev):
    upciedev("monitor", crate="sim:no-such.yaml").fails(1, "no-such.yaml")
