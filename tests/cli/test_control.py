# SPDX-License-Identifier: BSD-3-Clause
"""upciedev reset, remove, rescan, claim and trace. What they do to hardware is shown by
tests/guest/control.py."""

import json
import os
import re
import signal
import subprocess
import time

import conftest
import pytest


def run_script(*lines, options=()):
    """Commands in one process, where a simulated crate keeps its state."""
    return subprocess.run(["upciedev", *options, "--crate", conftest.DEMO, "script"], text=True,
                          input="\n".join(lines), capture_output=True, timeout=60, check=False)


def start(*arguments):
    # A group of its own, as a shell gives to a job.
    process = subprocess.Popen(["upciedev", "--crate", conftest.DEMO, *arguments], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    return process, process.stdout.readline()


def test_reset_brings_back_the_values_of_power_on(upciedev):
    done = run_script("write adc SCRATCH=5", "reset adc", "read -q adc SCRATCH")
    assert done.stdout == "slot 4 vadc8: reset and back, as generation 2\n0\n"
    assert json.loads(upciedev("reset", "adc", "--json").ok()) == {
        "board": "slot 4 vadc8", "reset": True, "generation": 2}
    upciedev("reset", "6").fails(3, "slot 6 is empty")


def test_removed_board_is_gone_until_the_crate_is_rescanned():
    done = run_script("remove adc", "rescan", "read -q adc SCRATCH")
    assert done.stdout.splitlines() == [
        "slot 4 vadc8: removed; unplug it, or bring it back with: upciedev rescan",
        "found demo slot 4 vadc8", "6 boards, 1 of them found now", "0"]
    assert done.returncode == 0


def test_shapes_of_remove_and_rescan():
    done = run_script("remove timer", "rescan 2", options=["--json"])
    documents = done.stdout.replace("}\n{", "}\x1e{").split("\x1e")
    assert [json.loads(each) for each in documents] == [
        {"board": "slot 2 vtimer", "address": "", "removed": True},
        {"crate": conftest.DEMO, "boards": 6,
         "found": [{"crate": "demo", "slot": 2, "board": "vtimer", "address": ""}]}]


def test_rescan_without_news(upciedev):
    assert upciedev("rescan").ok() == "6 boards, 0 of them found now\n"
    upciedev("rescan", "6").fails(3, "slot 6", "no board there")
    upciedev("rescan", "four").fails(2, "SLOT")


def test_claim_passes_status_and_words_on(upciedev):
    script = 'test "$1" = "[a]" && test "$2" = "" && test "$3" = --json && exit 7'
    done = upciedev("claim", "adc", "--", "sh", "-c", script, "x", "[a]", "", "--json").done
    assert (done.returncode, done.stdout) == (7, "")
    assert "private to this process" in done.stderr
    assert upciedev("claim", "adc", "--", "sh", "-c", "kill -9 $$").done.returncode == 128 + 9
    upciedev("claim", "adc", "--", "no-such-program").fails(127, "no-such-program: cannot be run")
    upciedev("claim", "adc", "--", "/etc/passwd").fails(126, "/etc/passwd: cannot be run")
    upciedev("claim", "adc", "--").fails(2, "a program is missing")


def test_claim_does_not_hide_signals_from_the_program(upciedev):
    script = "import signal; assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])"
    assert upciedev("claim", "adc", "--", "/usr/bin/python3", "-c", script).done.returncode == 0


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_to_the_claim_reach_the_program(which):
    script = ("import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [%d]); print('ready', flush=True);"
              "exit(40 + signal.sigwait([%d]))" % (which, which))
    process, line = start("claim", "adc", "--", "/usr/bin/python3", "-c", script)
    assert line == "ready\n"
    process.send_signal(which)
    assert process.wait(timeout=20) == 40 + which


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_claim_alone_holds_until_a_signal(which):
    process, line = start("claim", "adc")
    assert line == "slot 4 vadc8: claimed\n"
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(which)
    assert process.wait(timeout=20) == 0


def test_claim_for_some_time(upciedev):
    began = time.monotonic()
    out = upciedev("claim", "adc", "--time", "0.4", "--json").done.stdout
    assert 0.4 <= time.monotonic() - began < 10
    assert json.loads(out)["claimed"]["program"] == "upciedev"
    upciedev("claim", "adc", "--time", "-1").fails(2, "--time")
    upciedev("claim", "adc", "--time", "1", "--who").fails(2, "--who")


def test_claim_who(upciedev):
    assert upciedev("claim", "adc", "--who").ok() == "slot 4 vadc8: nobody has claimed it\n"
    assert json.loads(upciedev("claim", "adc", "--who", "--json").ok()) == {
        "board": "slot 4 vadc8", "claimed": None}


@pytest.fixture(name="trace")
def recorded_trace(upciedev, tmp_path):
    """Of two boards."""
    file = tmp_path / "trace"
    program = ("upciedev write adc SCRATCH=5 CTRL.ENABLE=1 adc.ch[3].GAIN && upciedev read timer ID;"
               "exit 3")
    file.write_text("an old trace\n")
    done = upciedev("trace", "-o", str(file), "--", "sh", "-c", program).done
    assert (done.returncode, done.stderr) == (3, "")
    return str(file)


def test_trace_records_and_shows(upciedev, trace):
    lines = upciedev("trace", trace).ok().splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("slot 4 vadc8    write  SCRATCH = 0x00000005")
    assert lines[1].endswith("modify CTRL = 0x00000001  mask 0x00000031 was 0x00000100")
    assert lines[3].split()[1].startswith("upciedev[") and "slot 2 vtimer" in lines[3]


@pytest.mark.parametrize("filters, names", [
    (["--writes"], ["SCRATCH", "CTRL"]),
    (["--board", "timer"], []), # an alias is of the crate file, not of the board
    (["--board", "2"], ["ID"]),
    (["--board", "slot:4", "--register", "adc"], ["adc.ch[3].GAIN"]),
    (["--board", "vadc8", "--register", "adc.ch[3]"], ["adc.ch[3].GAIN"]),
    (["--register", "SCR"], []),
    (["--failed"], []),
])
def test_trace_is_filtered(upciedev, trace, filters, names):
    lines = upciedev("trace", trace, "--json", *filters).ok().splitlines()
    assert [json.loads(line)["name"] for line in lines] == names


def test_trace_shape(upciedev, trace):
    first = json.loads(upciedev("trace", trace, "--json").ok().splitlines()[0])
    assert list(first) == ["time", "program", "board", "name", "operation", "bits", "more"]
    assert (first["operation"], first["bits"]) == ("write", "0x00000005")


def test_trace_of_failures(upciedev, tmp_path):
    file = str(tmp_path / "trace")
    assert upciedev("trace", "-o", file, "--", "upciedev", "write", "adc", "ID==1",
                    "--timeout", "5").done.returncode == 1
    assert "failed: " in upciedev("trace", file, "--failed").ok()


def test_trace_refuses_nonsense(upciedev, tmp_path):
    upciedev("trace").fails(1, "trace -o FILE -- PROGRAM")
    upciedev("trace", "--", "true").fails(1, "trace -o FILE -- PROGRAM")
    upciedev("trace", "-o", str(tmp_path / "trace")).fails(1, "neither a trace nor a program")
    upciedev("trace", "/nonexistent").fails(1, "/nonexistent", "cannot be read")
    upciedev("trace", "-o", "/nonexistent/trace", "--", "true").fails(1, "/nonexistent/trace")
    upciedev("trace", "CMakeLists.txt").fails(1, "CMakeLists.txt:1", "no line of a trace")
    assert not os.path.exists("trace")


def test_reload_takes_the_board_off_and_brings_it_back():
    done = run_script("write adc SCRATCH=5", "reload-firmware adc -- true", "read -q adc SCRATCH",
                      "write adc SCRATCH=6", "reload-firmware adc --restore -- true", "read -q adc SCRATCH")
    line = r"slot 4 vadc8: link down \d+\.\d s, back as generation {}\n"
    assert re.fullmatch(line.format(2) + "0\n" + line.format(3) + "6\n", done.stdout), done
    assert done.returncode == 0


def test_shape_of_reload():
    done = run_script("reload-firmware adc -- true", options=["--json"])
    told = json.loads(done.stdout)
    assert told.pop("down") >= 0
    assert told == {"board": "slot 4 vadc8", "generation": 2, "firmware": {"before": "", "after": ""}}


def test_reload_leaves_a_board_off_whose_program_fails():
    lines = ["reload-firmware adc -- sh -c 'exit 3'", "read adc SCRATCH", "rescan 4", "read -q adc SCRATCH"]
    done = subprocess.run(["upciedev", "--crate", conftest.DEMO, "script", "--keep-going"], text=True, input="\n".join(lines),
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert "the program failed with exit status 3: the board stays off" in first and "upciedev rescan 4" in first
    assert "adc" in second, second
    assert done.stdout.splitlines() == ["found demo slot 4 vadc8", "6 boards, 1 of them found now", "0"]


def test_reload_wants_a_program(upciedev):
    upciedev("reload-firmware", "adc").fails(2, "a program is missing")
    upciedev("reload-firmware", "adc", "--").fails(2, "a program is missing")
    upciedev("reload-firmware", "adc", "--", "no-such-program").fails(1, "exit status 127: the board stays off")


def test_reload_names_the_firmware_before_and_after(upciedev):
    crate = f"sim:{conftest.ROOT}/tests/every-feature/crate.yaml"
    text = upciedev("reload-firmware", "4", "--", "true", crate=crate).ok()
    assert text.endswith(", back as generation 2, firmware 0x10002 -> 0x10002\n"), text
