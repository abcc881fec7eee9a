# SPDX-License-Identifier: BSD-3-Clause
"""Kernels that find faults by themselves. No package has one: they are built from Debian's sources, once."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from .apt import BenchError, PrivateApt, codename, run, unpack
from .kernels import BACKPORTS, by_number, write_trees_make

HERE = Path(__file__).resolve().parent
CONFIGURATIONS = {"debug": ("debug.config",), "debug-newest": ("debug.config", "debug-newest.config")}
NAMES = tuple(CONFIGURATIONS)
# What the kernel's build takes besides tools/packages; it works without being installed.
TOOLS = ("bison", "flex", "libsigsegv2", "lz4", "m4")
# Linux's own hot plug takes its lock of resets and that of rescans in either order, which lockdep reports once and then checks
# nothing any more: leave the former out.
PATCHED = "drivers/pci/hotplug/pciehp_hpc.c"
PATCH = ("\tinit_rwsem(&ctrl->reset_lock);\n", "\tinit_rwsem(&ctrl->reset_lock);\n\tlockdep_set_novalidate_class(&ctrl->reset_lock);\n")
# For building modules, as scripts/package/builddeb of Linux has it
HEADERS = ("scripts", "include", "arch/x86/include", "tools/objtool/objtool", "Module.symvers", ".config", "Makefile")


def configuration(name: str) -> str:
    """Without what is written there for people."""
    lines = "\n".join((HERE / file).read_text() for file in CONFIGURATIONS[name]).splitlines()
    return "".join(f"{line}\n" for line in lines if re.match(r"(# )?CONFIG_", line))


def is_current(name: str, target: Path, version: str = "") -> bool:
    """Built with the configuration of today and, if that is given, from this version of the source."""
    key = target / "key"
    words = key.read_text().split() if key.exists() else ["", ""]
    return words[0] == digest(name) and version in ("", words[1])


def digest(name: str) -> str:
    return hashlib.sha256((configuration(name) + "".join(PATCH)).encode()).hexdigest()


def source_of(apt: PrivateApt, name: str) -> str:
    if name == "debug":
        return "linux-source-6.1"
    found = [package for package in apt.names("linux-source-") if re.fullmatch(r"linux-source-\d+\.\d+", package)]
    return max(found, key=by_number) + "/" + BACKPORTS


def build(apt: PrivateApt, name: str, scratch: Path, target: Path) -> None:
    source = source_of(apt, name)
    version = apt.field(source, "Version")
    if is_current(name, target, version):
        return
    print(f"bench: building kernel '{name}' from {source} {version}: about 25 minutes of one processor", flush=True)
    shutil.rmtree(scratch, ignore_errors=True)
    tree = fetch_source(apt, source, scratch)
    environment = environment_with_tools(scratch / "tools")
    patch(tree)
    configure(tree, configuration(name), environment)
    make(tree, environment, f"-j{len(os.sched_getaffinity(0))}", "bzImage", "modules")
    lay_out(tree, target, environment)
    (target / "key").write_text(f"{digest(name)} {version}\n")
    shutil.rmtree(scratch)


def fetch_source(apt: PrivateApt, source: str, scratch: Path) -> Path:
    unpack(apt.download([source], scratch / "debs"), scratch / "package")
    unpack(apt.download([f"{tool}/{codename()}" for tool in TOOLS], scratch / "tool-debs"), scratch / "tools")
    archive = next((scratch / "package/usr/src").glob("linux-source-*.tar.xz"))
    run(["tar", "-xf", str(archive), "-C", str(scratch)])
    return next(scratch.glob("linux-source-*"))


def patch(tree: Path) -> None:
    file = tree / PATCHED
    text = file.read_text()
    if text.count(PATCH[0]) != 1:
        raise BenchError(f"{file} is not as it was: see tools/bench/debug_kernels.py")
    file.write_text(text.replace(*PATCH))


def environment_with_tools(tools: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{tools}/usr/bin:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{tools}/usr/lib/x86_64-linux-gnu",
        "BISON_PKGDATADIR": f"{tools}/usr/share/bison",
        "M4": f"{tools}/usr/bin/m4",
        "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
        "KBUILD_BUILD_USER": "upciedev",
        "KBUILD_BUILD_HOST": "bench",
    }


def make(tree: Path, environment: dict[str, str], *words: str) -> None:
    log = tree / "build.log"
    with log.open("a") as file:
        status = subprocess.run(["make", "-s", *words], cwd=tree, env=environment, stdout=file, stderr=file).returncode
    if status != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise BenchError(f"make {' '.join(words)} failed in {tree}:\n{tail}")


def configure(tree: Path, wanted: str, environment: dict[str, str]) -> None:
    (tree / ".config").write_text(wanted)
    make(tree, environment, "olddefconfig")
    got = set((tree / ".config").read_text().splitlines())
    last = {re.findall(r"CONFIG_\w+", line)[0]: line for line in wanted.splitlines()}
    lost = [line for line in last.values() if line.startswith("CONFIG_") and line not in got]
    if lost:
        raise BenchError(f"this kernel's configuration has no {', '.join(lost)}")


def lay_out(tree: Path, target: Path, environment: dict[str, str]) -> None:
    """As kernels.lay_out() does, but with nothing in it that names its place: a copy works as well."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    make(tree, environment, "modules_install", f"INSTALL_MOD_PATH={target}")
    for link in ("build", "source"):
        for path in target.glob(f"lib/modules/*/{link}"):
            path.unlink()
    shutil.copy(tree / "arch/x86/boot/bzImage", target / "vmlinuz")
    copy_headers(tree, target / "headers")
    write_trees_make(target / "make")
    shutil.copy(tree / "include/config/kernel.release", target / "release")


def copy_headers(tree: Path, headers: Path) -> None:
    headers.mkdir()
    makefiles = [str(path.relative_to(tree)) for path in (tree / "arch/x86").glob("Makefile*")]
    run(["cp", "-a", "--parents", *HEADERS, *makefiles, str(headers)], cwd=tree)
    run(["find", str(headers), "-name", "*.o", "-delete"])
