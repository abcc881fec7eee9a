# SPDX-License-Identifier: BSD-3-Clause
"""upciedev watch and script; what a terminal sees is read from a pty."""

import json
import os
import pty
import re
import signal
import subprocess

import conftest

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ENVIRONMENT = {**os.environ, "UPCIEDEV_CRATE": conftest.DEMO, "LANG": "C.UTF-8"}


def on_a_terminal(*arguments):
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(["upciedev", *arguments], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=theirs, stderr=theirs) as command:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the command has left its terminal
            pass
        os.close(ours)
        assert command.wait(timeout=60) == 0
    return shown.decode()


def script(tmp_path, text):
    file = tmp_path / "commands"
    file.write_text(text)
    return str(file)


def test_watch_prints_changes_with_their_time(upciedev):
    # COUNT is cleared by its first read
    lines = upciedev("watch", "adc", "COUNT", "SCRATCH", "--count", "3", "--period", "0.01").ok()
    words = [line.split() for line in lines.splitlines()]
    assert [word[1:3] for word in words] == [["COUNT", "7"], ["SCRATCH", "0"], ["COUNT", "0"]]
    assert all(re.fullmatch(TIME, word[0]) for word in words)


def test_watch_prints_all_if_told_so(upciedev):
    lines = upciedev("watch", "adc", "SCRATCH", "--all", "--count", "3", "--period", "0.01").ok()
    assert len(lines.splitlines()) == 3


def test_watch_json_is_one_object_a_line(upciedev):
    lines = upciedev("watch", "adc", "COUNT", "CTRL.MODE", "--count", "2", "--period", "0.01",
                     "--json").ok().splitlines()
    shapes = [json.loads(line) for line in lines]
    assert [(each["name"], each["value"]) for each in shapes] == [
        ("COUNT", 7), ("CTRL.MODE", 0), ("COUNT", 0)]
    assert list(shapes[0])[:4] == ["time", "board", "name", "value"]


def test_watch_highlights_changes_on_a_terminal():
    shown = on_a_terminal("watch", "adc", "COUNT", "SCRATCH", "--count", "2", "--period", "0.01")
    assert shown.count("\x1b[3A") == 1  # the second round overwrites the first
    assert "\x1b[33m0  0x00000000 *" in shown
    assert shown.count("*") == 1


def test_watch_ends_well_by_ctrl_c():
    with subprocess.Popen(["upciedev", "watch", "adc", "SCRATCH", "--all", "--period", "0.01"],
                          env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout.readline()
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=60) == 0


def test_watch_refuses_what_it_cannot_show(upciedev):
    upciedev("watch", "adc", "LUT").fails(1, "LUT", "only single registers")
    upciedev("watch", "adc", "SCRATHC").fails(3, "SCRATCH")
    upciedev("watch", "adc", "SCRATCH", "--period", "0").fails(2, "--period")


def test_script_keeps_a_simulated_crate(upciedev, tmp_path):
    file = script(tmp_path, "# a comment\n"
                            "\n"
                            "write adc SCRATCH=0x55   # another\n"
                            "read -q adc 'SCRATCH'\n"
                            "--json read \"adc\" SCRATCH\n")
    lines = upciedev("script", file).ok()
    assert lines.startswith("85\n{\n")


def test_script_reads_standard_input():
    text = "write adc SCRATCH=1\nread -q adc SCRATCH\n"
    for arguments in (["script"], ["script", "-"]):
        done = subprocess.run(["upciedev", *arguments], env=ENVIRONMENT, input=text, text=True,
                              capture_output=True, timeout=60, check=True)
        assert done.stdout == "1\n"


def test_script_stops_at_the_first_error(upciedev, tmp_path):
    file = script(tmp_path, "write adc SCRATCH=1\nread adc NOTHING\nread -q adc SCRATCH\n")
    run = upciedev("script", file)
    assert run.fails(3).startswith(f"upciedev: {file}:2: slot 4 vadc8: ")
    assert run.done.stdout == ""


def test_script_keeps_going_if_told_so(upciedev, tmp_path):
    file = script(tmp_path, "bogus\nread adc NOTHING\nread adc 'SCRATCH\nread -q adc SCRATCH\n")
    run = upciedev("script", file, "--keep-going")
    error = run.fails(2, f"{file}:1: no command 'bogus'", f"{file}:2: ", f"{file}:3: a ' is not")
    assert len(error.splitlines()) == 3
    assert run.done.stdout == "0\n"


def test_script_that_cannot_be_read(upciedev):
    upciedev("script", "/nonexistent").fails(1, "/nonexistent")
    upciedev("script", "/").fails(1, "upciedev: /: ")


def test_writing_to_a_simulation_and_leaving_is_told_on_a_terminal(upciedev, tmp_path):
    assert "a simulated crate lives as long as the command" in on_a_terminal(
        "write", "adc", "SCRATCH=1")
    assert "simulated" not in on_a_terminal("write", "adc", "SCRATCH")
    assert "simulated" not in on_a_terminal("script", script(tmp_path, "write adc SCRATCH=1\n"))
    upciedev("write", "adc", "SCRATCH=1").ok()
