#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The documents tell the truth: their ```sh blocks run, one after the other in one shell a
document, and print what the ```text block behind them shows; ```cpp and ```python blocks are an
example's text, ```cmake blocks are in that of an example's; ```yaml blocks are board
and crate files without error. docs/python.md is run by tests/python/test_docs.py, and ```console blocks in the guest by
tests/guest/first_minutes.py and own_board.py.

Run with the built tools on the PATH; writes results to $UPCIEDEV_RESULTS if set.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "docs/cli.md", "docs/chimeratk.md", "docs/cpp.md", "docs/board-files.md", "docs/transports.md", "docs/cards.md",
             "docs/models.md", "docs/peer-to-peer.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BUILDS = ["examples/application/CMakeLists.txt", "examples/counter/CMakeLists.txt"]
LEAVE = ("trap 'for crate in $UPCIEDEV_RUN/*/; do "
         "test ! -e $crate/crate || upciedev sim down $(basename $crate); done' EXIT\n")
MARK = "\x1eend of block\x1e"


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks(document: str) -> list[Block]:
    text = (ROOT / document).read_text()
    return [Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
            for found in BLOCK.finditer(text)]


def run_shell(commands: list[str]) -> list[str]:
    """Output of each block; fails with the first command that does. No crate is left running."""
    script = "set -e\n" + LEAVE + "".join(f"{block}\nprintf '%s\\n' '{MARK}'\n" for block in commands)
    env = {key: value for key, value in os.environ.items() if not key.startswith("UPCIEDEV_")}
    with tempfile.TemporaryDirectory() as run:
        env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", UPCIEDEV_RUN=run)
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=env, text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {done.stdout[-500:]}")
    return done.stdout.split(MARK + "\n")


def check_shell(document: str) -> None:
    found = blocks(document)
    shell = [i for i, block in enumerate(found) if block.language == "sh"]
    assert shell or any(block.language == "yaml" for block in found), f"{document} has no example"
    outputs = run_shell([found[i].text for i in shell])
    for i, output in zip(shell, outputs):
        shown = found[i + 1] if i + 1 < len(found) else None
        if shown and shown.language == "text":
            assert output == shown.text, (
                f"{document}:{shown.line}: shows\n{shown.text}but the commands print\n{output}")


def without_licence(path: Path) -> str:
    return "".join(line for line in path.read_text().splitlines(keepends=True)
                   if not line.startswith(("// SPDX", "# SPDX")))


def check_examples(document: str) -> None:
    examples = {without_licence(path) for kind in ("*.cpp", "*.py", "counter/*.?pp")
                for path in (ROOT / "examples").glob(kind)}
    for block in blocks(document):
        if block.language in ("cpp", "python"):
            assert block.text in examples, f"{document}:{block.line}: is no file of examples/"
        if block.language == "cmake":
            assert any(block.text in (ROOT / build).read_text() for build in BUILDS), (
                f"{document}:{block.line}: is in none of {BUILDS}")


def check_files(document: str) -> None:
    """As if the blocks were in a folder of devices/."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in (ROOT / "devices").iterdir():
            (Path(folder) / entry.name).symlink_to(entry)
        (Path(folder) / "document").mkdir()
        for block in blocks(document):
            if block.language == "yaml":
                file = Path(folder) / "document" / f"line-{block.line}.yaml"
                file.write_text(block.text)
                done = subprocess.run(["upciedev", "check", file], text=True, timeout=60,
                                      capture_output=True, check=False)
                assert done.returncode == 0, f"{document}:{block.line}: {done.stdout}{done.stderr}"


def main() -> int:
    verdicts = []
    for document in DOCUMENTS:
        for name, check in (("shell", check_shell), ("examples", check_examples),
                            ("files", check_files)):
            try:
                check(document)
                verdicts.append(("pass", f"{document}.{name}", ""))
            except AssertionError as failure:
                print(failure)
                verdicts.append(("fail", f"{document}.{name}", " ".join(str(failure).split())))
    if table := os.environ.get("UPCIEDEV_RESULTS"):
        Path(table).write_text("".join("\t".join(verdict) + "\n" for verdict in verdicts))
    for verdict in verdicts:
        print(*verdict[:2])
    return 1 if any(verdict[0] == "fail" for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
