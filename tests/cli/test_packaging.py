# SPDX-License-Identifier: BSD-3-Clause
"""Completion in bash and zsh, and the man page, which must name all that the help names."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import conftest
import pytest

ZSH_COMPLETION = conftest.ROOT / "packaging/completion/_upciedev"
COMPLETION = conftest.ROOT / "packaging/completion/upciedev"
MANUAL = conftest.ROOT / "docs/cli.md"
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


def complete_in_zsh(*words):
    """What the function offers for the last word; zsh itself, which this stands for, takes those
    that begin so."""
    body = ("autoload() { : }; compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- $@ };"
            "_files() { print -l -- $words[CURRENT]*(N) };"
            f"words=(\"$@\"); CURRENT=$#; . {ZSH_COMPLETION}")
    done = subprocess.run(["zsh", "-f", "-c", body, "zsh", "upciedev", *words], text=True,
                          cwd=conftest.ROOT, env={**os.environ, "UPCIEDEV_CRATE": conftest.DEMO},
                          capture_output=True, timeout=60, check=True)
    assert done.stderr == ""
    return [word for word in done.stdout.split() if word.startswith(words[-1])]


needs_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh")
SHELLS = [pytest.param(complete, id="bash"), pytest.param(complete_in_zsh, id="zsh", marks=needs_zsh)]


@pytest.mark.parametrize("complete", SHELLS)
def test_commands_are_those_of_the_help(upciedev, complete):
    assert complete("") == section(upciedev("--help").ok(), "Subcommands")
    assert complete("wr") == ["write"]


@pytest.mark.parametrize("complete", SHELLS)
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
    (("claim", "ti"), ["timer"]),
    (("claim", "--wh"), ["--who"]),
    (("trace", "CMakeL"), ["CMakeLists.txt"]),
    (("read", "adc", "SCR"), []),
    (("dma", "str"), ["stream"]),
    (("dma", "read", "ti"), ["timer"]),
    (("p2p", "diagnose", "adc", "ti"), ["timer"]),
    (("p2p", "copy", "adc", "ti"), []),
    (("sim", "up", "CMakeL"), ["CMakeLists.txt"]),
    (("dma", "--js"), ["--json"]),
])
def test_words_are_offered(complete, words, offered):
    assert complete(*words) == offered


def typed_in_zsh(text, wanted):
    """What a person sees after typing the text and the key Tab."""
    program, terminal = pty.fork()
    if program == 0:
        os.chdir(conftest.ROOT)
        os.environ.update(UPCIEDEV_CRATE=conftest.DEMO, TERM="dumb", PS1="")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    start = f"fpath=({ZSH_COMPLETION.parent} $fpath); autoload -U compinit; compinit -D -u; print be''gin\n"
    try:
        os.write(terminal, start.encode())
        read_until(terminal, "begin")
        os.write(terminal, text.encode() + b"\t")
        return read_until(terminal, wanted)
    finally:
        os.close(terminal)
        os.waitpid(program, 0)


def read_until(terminal, wanted):
    seen, end = "", time.monotonic() + 30
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
    return seen


@needs_zsh
@pytest.mark.parametrize("text, wanted", [("upciedev heal", "upciedev health"),
                                          ("upciedev read tim", "upciedev read timer")])
def test_zsh_completes_what_is_typed(text, wanted):
    assert wanted in typed_in_zsh(text, wanted)


@pytest.mark.parametrize("complete", SHELLS)
def test_slots_are_offered(complete):
    assert "4" in complete("read", "")


def test_manual_names_all_commands(upciedev):
    synopsis = re.search(r"^    upciedev (?:\[.*?\] ?(?:\.\.\.)? ?)*((?:[\w-]+ \| )+[\w-]+) \.\.\.$", MANUAL.read_text(), re.MULTILINE)
    assert synopsis[1].split(" | ") == section(upciedev("--help").ok(), "Subcommands")


def exported(file, *options):
    """Functions and data, but for templates and inline functions, which each file may have."""
    done = subprocess.run(["nm", "--defined-only", "--extern-only", *options, file], text=True, capture_output=True, check=True)
    symbols = (line.split() for line in done.stdout.splitlines())
    return {name for _, kind, name in symbols if kind in "TDBR" and "upciedev" in name}


def test_programs_have_no_second_copy_of_what_the_library_exports():
    tools = pathlib.Path(shutil.which("upciedev")).parent
    ours = exported(tools.parent / "libupciedev.so.1", "--dynamic")
    assert len(ours) > 200
    for program in ("tools/upciedev", "tools/upciedev-gencard", "servers/upciedev-slot", "upciedev/libupciedev-transport-sysfs.so"):
        assert exported(tools.parent / program) & ours == set(), program


def test_man_page_names_all_commands_and_options(upciedev):
    text = MAN_PAGE.read_text().replace("\\-", "-")
    help_text = upciedev("--help").ok()
    commands = re.findall(r"^\.TP\n\.BI? ([\w-]+)", text.split(".SH OPTIONS")[0], re.MULTILINE)
    assert commands == section(help_text, "Subcommands")
    for option in section(help_text, "Options"):
        assert option.rsplit(",", 1)[-1] in text
