#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the tests that use numpy a second time, with numpy 2.

    ./dev run -- tests/python/with_numpy2.py

Debian 12 has numpy 1, pip installs numpy 2, and one build of the package serves both. The virtual
environment is build/numpy2; it is made anew when numpy2-requirements.txt changes. Without a package
registry the tests are skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = HERE / "numpy2-requirements.txt"
ENVIRONMENT = ROOT / "build/numpy2"
PYTHON = str(ENVIRONMENT / "bin/python")
STAMP = ENVIRONMENT / "requirements.txt"  # written last: what the environment was made from

# What pip prints where no registry answers. A wheel with another hash is not among it.
NO_REGISTRY = re.compile(r"from versions: none|timed out|connection broken|HTTP error 5\d\d", re.I)


# In a file with arrays, but about registers; they cost most of the time.
LEFT_OUT = [
    "test_fixed_point.py::test_registers_round_to_the_nearest_code",
    "test_fixed_point.py::test_fields_do_so_and_leave_their_neighbours",
]


def tests() -> list[Path]:
    """Those that use numpy, and the examples of the documents."""
    files = sorted(HERE.glob("test_*.py"))
    return [f for f in files if "import numpy" in f.read_text() or f.name == "test_docs.py"]


def install() -> str:
    """Make the environment. Returns what pip printed if no registry could be reached."""
    venv.create(ENVIRONMENT, clear=True, symlinks=True, system_site_packages=True, with_pip=True)
    patience = ["--retries", "1", "--timeout", "30"]
    exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(REQUIREMENTS)]
    done = subprocess.run(
        [PYTHON, "-m", "pip", *patience, "install", *exactly],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        STAMP.write_text(REQUIREMENTS.read_text())
        return ""
    if not NO_REGISTRY.search(done.stdout):
        sys.exit(f"pip cannot install {REQUIREMENTS}:\n{done.stdout}")
    return str(done.stdout)


def skip(printed: str) -> None:
    reason = "pip reaches no package registry: " + printed.strip().splitlines()[-1]
    print("skipped:", reason)
    if results := os.environ.get("UPCIEDEV_RESULTS"):
        with open(results, "a") as file:
            file.write(f"skip\tnumpy2\t{reason}\n")


def main() -> int:
    current = STAMP.is_file() and STAMP.read_text() == REQUIREMENTS.read_text()
    if printed := "" if current else install():
        skip(printed)
        return 0
    ask = [PYTHON, "-c", "import numpy; print(numpy.__version__)"]
    version = subprocess.check_output(ask, text=True).strip()
    print("numpy", version, flush=True)
    if not version.startswith("2."):
        sys.exit(f"{ENVIRONMENT} has numpy {version}; delete it")
    options = ["-q", "-p", "no:cacheprovider", "-W", "error::DeprecationWarning"]
    for name in LEFT_OUT:
        options += ["--deselect", f"{HERE.relative_to(ROOT)}/{name}"]
    return subprocess.call([PYTHON, "-B", "-m", "pytest", *options, *tests()], cwd=ROOT)


sys.exit(main())
