# SPDX-License-Identifier: BSD-3-Clause
"""Completion in bash, and the man page, which must name all that the help names."""

import os
import re
import subprocess

import conftest
import pytest

COMPLETION = conftest.ROOT / "packaging/completion/upciedev"
MAN_PAGE = conftest.ROOT / "packaging/man/upciedev.1"


def section(help_text, name):
    """First words of the lines of one section."""
    lines = help_text.split(f"\n{name}:\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [line.split()[0] for line in lines]


def complete(*words):
    """What bash offers for the last word."""
    body = (f". {COMPLETION}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _upciedev;"
            "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", body, "bash", "upciedev", *words], text=True,
                          cwd=conftest.ROOT, env={**os.environ, "UPCIEDEV_CRATE": conftest.DEMO},
                          capture_output=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_are_those_of_the_help(upciedev):
    assert complete("") == section(upciedev("--help").ok(), "Subcommands")
    assert complete("wr") == ["write"]


@pytest.mark.parametrize("words, offered", [
    (("--cr",), ["--crate"]),
    (("watch", "--pe"), ["--period"]),
    (("watch", "--js"), ["--json"]),
    (("read", "a"), ["adc", "adc2"]),
    (("read", "--hex", "ti"), ["timer"]),
    (("--crate", "sim:devices/crates/guest.yaml", "read", "adc"), []),
    (("check", "CMakeL"), ["CMakeLists.txt"]),
    (("import", "CMakeL"), ["CMakeLists.txt"]),
    (("save", "adc", "CMakeL"), ["CMakeLists.txt"]),
    (("read", "adc", "SCR"), []),
])
def test_words_are_offered(words, offered):
    assert complete(*words) == offered


def test_slots_are_offered():
    assert "4" in complete("read", "")


def test_man_page_names_all_commands_and_options(upciedev):
    text = MAN_PAGE.read_text().replace("\\-", "-")
    help_text = upciedev("--help").ok()
    commands = re.findall(r"^\.TP\n\.BI? (\w+)", text.split(".SH OPTIONS")[0], re.MULTILINE)
    assert commands == section(help_text, "Subcommands")
    for option in section(help_text, "Options"):
        assert option.rsplit(",", 1)[-1] in text
