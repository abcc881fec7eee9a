# SPDX-License-Identifier: BSD-3-Clause
"""upciedev irq."""

import json
import signal
import subprocess
import time

CRATE = "sim:devices/crates/full.yaml"
ARM = "write adc1 CTRL.MODE=internal CTRL.ARM=1\n"


def run(line):
    return subprocess.run(["upciedev", "--crate", CRATE, "script"], input=ARM + line, text=True,
                          capture_output=True, timeout=30, check=False)


def test_interrupts_are_shown_as_they_come():
    done = run("irq adc1 done --count 3 --timeout 10\n")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 4, done
    assert all(f"#{i}" in lines[i] and "done" in lines[i] for i in range(3))
    assert lines[3].startswith("3 interrupts, 0 lost, ")


def test_json():
    lines = [json.loads(line) for line in run("--json irq adc1 done --count 2\n").stdout.splitlines()]
    assert [line.get("name") for line in lines] == ["done", "done", None]
    assert "done" in lines[0]["causes"] and lines[1]["sequence"] > lines[0]["sequence"]
    assert lines[2]["events"] == 2 and lines[2]["lost"] == 0


def test_no_interrupt_in_time_is_an_error(upciedev):
    upciedev("irq", "adc1", "done", "--timeout", "0.2", crate=CRATE).fails(1, "no interrupt in 0.2")


def test_an_unknown_name_tells_the_nearest(upciedev):
    upciedev("irq", "adc1", "dome", crate=CRATE).fails(3, "did you mean 'done'")


def test_ctrl_c_ends_it():
    process = subprocess.Popen(["upciedev", "--crate", CRATE, "irq", "adc1"],
                               stdout=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0] == b"0 interrupts, 0 lost, 0 a second\n"
    assert process.returncode == 0
