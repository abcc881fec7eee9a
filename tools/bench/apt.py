# SPDX-License-Identifier: BSD-3-Clause
"""apt with a private state: other suites of the machine's own mirror, without touching the machine."""

from __future__ import annotations

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ATTEMPTS = 4


class BenchError(Exception):
    """Something that the person at the terminal can act upon."""


def run(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, text=True, capture_output=True)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise BenchError(f"{' '.join(command[:3])} ... failed:\n{tail}")
    return done.stdout


def retry(command: list[str], cwd: Path) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            run(command, cwd)
            return
        except BenchError as problem:
            if attempt == ATTEMPTS:
                raise
            print(f"  mirror trouble, try {attempt + 1} of {ATTEMPTS}: {str(problem).splitlines()[-1]}", flush=True)
            time.sleep(5 * attempt)


def codename() -> str:
    text = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\w+)", text, re.M)
    if not found:
        raise BenchError("/etc/os-release has no VERSION_CODENAME; the guest bench needs Debian")
    return found[1]


def mirrors() -> dict[str, str]:
    """Suite to mirror, as apt itself reads the machine's sources (one-line or deb822)."""
    uris = run(["apt-get", "update", "--print-uris"])
    found = re.findall(r"^'(\S+?)/+dists/(\S+?)/InRelease'", uris, re.M)
    return {suite: mirror for mirror, suite in found}


def sources_list() -> str:
    here = codename()
    known = mirrors()
    if here not in known:
        raise BenchError(f"no source for Debian's suite '{here}' in /etc/apt/sources.list*; add the mirror there")
    main = known[here]
    wanted = [(main, suite) for suite in (here, f"{here}-backports", "trixie", "trixie-backports")]
    security = known.get(f"{here}-security")
    if security:
        wanted.append((security, f"{here}-security"))
    return "".join(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for mirror, suite in wanted)


class PrivateApt:
    def __init__(self, root: Path, foreign: str | None = None) -> None:
        """`foreign`: an architecture whose packages it knows as well."""
        self.root = root
        self.archives = root / "cache/archives"
        for folder in ("lists/partial", "cache/archives/partial", "preferences.d"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        settings = {
            "Dir::State": root,
            "Dir::State::status": root / "status",
            "Dir::State::lists": root / "lists",
            "Dir::Cache": root / "cache",
            "Dir::Etc::sourcelist": root / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": root / "preferences.d",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "APT::Get::Assume-Yes": "true",
            "Acquire::Languages": "none",
            "Acquire::Retries": "5",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        }
        self.options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        if foreign:
            self.options += [word for each in ("amd64", foreign) for word in ("-o", f"APT::Architectures::={each}")]

    def update(self) -> None:
        (self.root / "sources.list").write_text(sources_list())
        retry(["apt-get", *self.options, "-o", "APT::Update::Error-Mode=any", "update"], self.root)

    def names(self, pattern: str) -> list[str]:
        listed = run(["apt-cache", *self.options, "pkgnames", pattern])
        return listed.split()

    def field(self, package: str, field: str) -> str:
        shown = run(["apt-cache", *self.options, "show", "--no-all-versions", package])
        found = re.search(rf"^{field}: (.*)$", shown, re.M)
        return found[1] if found else ""

    def download(self, packages: list[str], folder: Path) -> list[Path]:
        """These packages alone, without what they depend on."""
        folder.mkdir(parents=True, exist_ok=True)
        retry(["apt-get", *self.options, "download", *packages], folder)
        return sorted(folder.glob("*.deb"))

    def download_closure(self, packages: list[str], suite: str) -> list[Path]:
        """These packages and everything they depend on."""
        retry(["apt-get", *self.options, "--download-only", "-t", suite, "install", *packages], self.root)
        return sorted(self.archives.glob("*.deb"))


def unpack(debs: list[Path], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda deb: run(["dpkg", "-x", str(deb), str(target)]), debs))
