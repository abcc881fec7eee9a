# SPDX-License-Identifier: BSD-3-Clause
"""tools/lint.d/floors on small trees that are wrong in one thing each."""

import subprocess
from pathlib import Path

import pytest

LINT = Path(__file__).resolve().parents[2] / "tools/lint.d/floors"
TABLE = """# Architecture

## Floors of the SDK

| floor | headers | what it knows |
|---|---|---|
| `base` | `error.hpp` | |
| `transport` | `extend/transport.hpp` | |
| `transport/pci` | | |
| `crate` | `crate.hpp` | |

## Another table

| `kernel` | | |
"""
FILES = {
    "docs/architecture.md": TABLE,
    "sdk/cpp/include/upciedev/error.hpp": "",
    "sdk/cpp/include/upciedev/extend/transport.hpp": "#include <upciedev/error.hpp>\n",
    "sdk/cpp/include/upciedev/crate.hpp": "#include <upciedev/extend/transport.hpp>\n",
    "sdk/cpp/src/base/error.cpp": "#include <upciedev/error.hpp>\n#include <string>\n",
    "sdk/cpp/src/base/bits.hpp": "",
    "sdk/cpp/src/transport/check.cpp": '#include "base/bits.hpp"\n',
    "sdk/cpp/src/transport/pci/list.hpp": "",
    "sdk/cpp/src/crate/crate.cpp": '#include "transport/pci/list.hpp"\n#include <upciedev/crate.hpp>\n',
}


@pytest.fixture
def lint(tmp_path):
    def run(changed):
        for name, text in {**FILES, **changed}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([LINT, tmp_path], text=True, capture_output=True, check=False)
        assert done.stderr == ""
        assert done.returncode == (1 if done.stdout else 0)
        return done.stdout.splitlines()

    return run


def test_what_is_right_passes(lint):
    assert lint({}) == []


@pytest.mark.parametrize("changed, place, mentions", [
    ({"sdk/cpp/src/base/error.cpp": '\n#include "transport/check.hpp"\n', "sdk/cpp/src/transport/check.hpp": ""},
     "sdk/cpp/src/base/error.cpp:2", ["'base' includes transport/check.hpp", "above it", "move what it needs down"]),
    ({"sdk/cpp/src/transport/check.cpp": "#include <upciedev/crate.hpp>\n"},
     "sdk/cpp/src/transport/check.cpp:1", ["'transport' includes upciedev/crate.hpp"]),
    ({"sdk/cpp/src/transport/check.cpp": '#  include "transport/pci/list.hpp"\n'},
     "sdk/cpp/src/transport/check.cpp:1", ["of the floor 'transport/pci'"]),
    ({"sdk/cpp/src/transport/old/check.cpp": "#include <upciedev/crate.hpp>\n"},
     "sdk/cpp/src/transport/old/check.cpp:1", ["'transport' includes"]),
    ({"sdk/cpp/include/upciedev/error.hpp": "#include <upciedev/crate.hpp>\n"},
     "sdk/cpp/include/upciedev/error.hpp:1", ["'base' includes upciedev/crate.hpp"]),
    ({"sdk/cpp/include/upciedev/error.hpp": '#include "base/bits.hpp"\n'},
     "sdk/cpp/include/upciedev/error.hpp:1", ["is not installed"]),
    ({"sdk/cpp/src/base/error.cpp": '#include "bits.hpp"\n'},
     "sdk/cpp/src/base/error.cpp:1", ['"bits.hpp" is not found from sdk/cpp/src', "name it with its folder"]),
    ({"sdk/cpp/src/stray.cpp": ""}, "sdk/cpp/src/stray.cpp:1", ["is on no floor"]),
    ({"sdk/cpp/include/upciedev/stray.hpp": ""}, "sdk/cpp/include/upciedev/stray.hpp:1", ["add it to the table"]),
    ({"docs/architecture.md": TABLE.replace("`crate.hpp`", "`crate.hpp` `gone.hpp`")},
     "docs/architecture.md", ["there is no sdk/cpp/include/upciedev/gone.hpp"]),
    ({"docs/architecture.md": TABLE.replace("| `crate` |", "| `attic` | | |\n| `crate` |")},
     "docs/architecture.md", ["sdk/cpp/src/attic has no sources"]),
])
def test_each_mistake_is_reported_with_its_place(lint, changed, place, mentions):
    lines = lint(changed)
    assert len(lines) == 1
    assert lines[0].startswith(place + ": ")
    for words in mentions:
        assert words in lines[0]
