#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commands that look after boards, on the boards of the guest, through the driver:

    ./dev guest -- tests/guest/control.py
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from verdicts import run_all
from waiting import wait_for

NAMES = "devices/crates/guest.yaml"


def command(*words: str) -> list[str]:
    return ["upciedev", "--crate", "local", "--names", NAMES, *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def ok(*words: str) -> str:
    done = run(*words)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def fails(status: int, *words: str) -> str:
    done = run(*words)
    assert done.returncode == status, f"{words}: exit status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stderr


def health(board: str) -> dict[str, object]:
    told: dict[str, list[dict[str, object]]] = json.loads(run("health", board, "--json").stdout)
    return told["boards"][0]


def address_of(slot: int) -> str:
    boards = json.loads(ok("ls", "--json"))["boards"]
    return str(next(board["address"] for board in boards if board["slot"] == slot))


class Claim:
    """`upciedev claim` of a board with a shell that carries out what it is told."""

    def __init__(self, *claims: str) -> None:
        words = [word for board in claims for word in (*command("claim", board), "--")]
        self.process = subprocess.Popen([*words, "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(self, line: str) -> str:
        """What a command prints, errors too, and its exit status."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{line} 2>&1; echo END $?\n")
        self.process.stdin.flush()
        answer = ""
        while "END" not in answer:
            more = self.process.stdout.readline()
            assert more, f"the claim has ended: {answer}"
            answer += more
        return answer

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait()


def boards_are_well() -> None:
    """But for the links of QEMU's ports, which say what they like."""
    told = json.loads(run("health", "--json").stdout)
    states = {board["slot"]: (board["state"], board["complaints"]) for board in told["boards"]}
    assert {1, 3, 4, 6, 9} <= set(states), states
    for state, complaints in states.values():
        assert state == "ok" or all("the link runs at" in text for text in complaints), states
    edu = health("1")
    assert (edu["card"], edu["claimed"], edu["simulated"]) == ("edu", None, False), edu
    assert edu["driver"] and edu["generation"], edu


def only_the_program_of_a_claim_writes() -> None:
    claim = Claim("4")
    write = " ".join(command("write", "4", "LIVENESS=0x11"))
    assert claim.told(write) == "END 0\n"
    error = fails(1, "write", "4", "LIVENESS=0x22")
    assert f"claimed by process {claim.process.pid} (upciedev)" in error, error
    assert ok("read", "-q", "--hex", "4", "LIVENESS") == "0xffffffee\n"
    for words in (["reset", "4"], ["remove", "4"], ["claim", "4", "--", "true"]):
        error = fails(1, *words)
        assert f"claimed by process {claim.process.pid}" in error, error
    holder = {"process": claim.process.pid, "program": "upciedev"}
    assert health("4")["claimed"] == holder
    assert json.loads(ok("claim", "4", "--who", "--json"))["claimed"] == holder
    assert claim.told(write) == "END 0\n"
    assert claim.end() == 0
    ok("write", "4", "LIVENESS=0x22")
    assert "nobody has claimed it" in ok("claim", "4", "--who")


def claims_nest() -> None:
    claim = Claim("1", "4")
    for board in ("1", "4"):
        assert claim.told(" ".join(command("write", board, "LIVENESS=0x33"))) == "END 0\n"
        assert "claimed by" in fails(1, "write", board, "LIVENESS=0x44")
    assert claim.end() == 0
    ok("write", "1", "LIVENESS=0x44")


def a_killed_claim_ends() -> None:
    holder = subprocess.Popen(command("claim", "4"), stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "slot 4 edu: claimed\n"
    assert "claimed by" in fails(1, "write", "4", "LIVENESS=1")
    holder.kill()
    holder.wait()
    ok("write", "4", "LIVENESS=1")


def a_claim_ends_with_its_board() -> None:
    holder = subprocess.Popen(command("claim", "4"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert holder.stdout
    holder.stdout.readline()
    ok("remove", "4", "--force")
    _, error = holder.communicate()
    assert holder.returncode == 4 and "the board has gone" in error, error
    ok("rescan")


def reset_makes_a_new_generation() -> None:
    """QEMU's edu keeps its registers over it."""
    before = health("1")["generation"]
    text = ok("reset", "1")
    after = health("1")["generation"]
    assert isinstance(before, int) and isinstance(after, int) and after > before, (before, after)
    assert text == f"slot 1 edu: reset and back, as generation {after}\n", text
    assert ok("read", "-q", "--hex", "1", "ID") == "0x010000ed\n"


def a_removed_board_comes_back_by_rescan() -> None:
    address = address_of(1)
    assert "slot 1 edu: removed" in ok("remove", "1")
    assert not os.path.exists(f"/sys/bus/pci/devices/{address}")
    assert "slot 1 is empty" in fails(3, "read", "1", "ID")
    told = json.loads(ok("rescan", "1", "--json"))
    assert [(board["slot"], board["address"]) for board in told["found"]] == [(1, address)], told
    assert ok("read", "-q", "--hex", "1", "ID") == "0x010000ed\n"
    assert "the kernel knows no such slot" in fails(3, "rescan", "77")
    assert "slot 2: no board answers there" in fails(3, "rescan", "2")


def handles_come_back_by_reopen() -> None:
    done = subprocess.run(["build/cmake/tests/guest/upciedev-comeback", "local", "pci:" + address_of(4)], capture_output=True,
                          text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "reset, ID = 10000ed" and lines[-1] == "back, ID = 10000ed", lines
    assert "slot 4 edu: ID: the board has gone" in lines[1], lines


def reloaded(link: str, *program: str) -> None:
    """A board is back in slot 4 after that program."""
    before = health("4")["generation"]
    text = ok("reload-firmware", "4", "--", *program)
    after = health("4")["generation"]
    assert isinstance(before, int) and isinstance(after, int) and after > before, (before, after)
    assert re.fullmatch(f"slot 4 edu: {link}, back as generation {after}\n", text), text
    assert ok("read", "-q", "--hex", "4", "ID") == "0x010000ed\n"


def a_reload_gives_a_board_its_configuration_back() -> None:
    reloaded("link never down", "setpci", "-s", address_of(4), "COMMAND=0", "BASE_ADDRESS_0=0")


def a_slot_brings_its_board_back_by_itself() -> None:
    """As pciehp does it where the link goes down."""
    reloaded(r"link down \d+\.\d s", "sh", "-c", "tests/guest/surprise-remove 4 && tests/guest/replug 4")


def a_failed_reload_leaves_the_board_off() -> None:
    address = address_of(4)
    error = fails(1, "reload-firmware", "4", "--", "sh", "-c", "exit 3")
    assert "slot 4 edu: the program failed with exit status 3: the board stays off" in error, error
    assert Path(f"/sys/class/upciedev/{address}/generation").read_text() == "0\n"
    assert run("read", "4", "ID").returncode != 0
    remedy = error[error.index("echo 1 >"):].replace("upciedev", " ".join(command()), 1)
    subprocess.run(["bash", "-ec", remedy], check=True)
    assert ok("read", "-q", "--hex", "4", "ID") == "0x010000ed\n"


def ctrl_c_ends_the_wait_for_a_board() -> None:
    def waits() -> bool:
        if process.poll() is not None:
            return True
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(caught >> signal.SIGINT - 1 & 1)

    process = subprocess.Popen(command("reload-firmware", "4", "--", "tests/guest/surprise-remove", "4"),
                               stderr=subprocess.PIPE, text=True)
    wait_for(waits, "the program to end")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    subprocess.run(["tests/guest/replug", "4"], check=True)
    assert process.returncode == 1 and "slot 4 edu: is not back" in error, (process.returncode, error)
    assert ok("read", "-q", "--hex", "4", "ID") == "0x010000ed\n"


def a_trace_of_the_driver() -> None:
    ok("trace", "-o", "/tmp/trace", "--", *command("write", "1", "LIVENESS=0x55", "LIVENESS"))
    lines = [line.split("  ", 2)[2] for line in ok("trace", "/tmp/trace", "--board", "1").splitlines()]
    assert [re.sub(r" +", " ", line) for line in lines] == [
        " slot 1 edu write LIVENESS = 0x00000055", " slot 1 edu read LIVENESS -> 0xffffffaa"], lines


def doctor_finds_a_sane_machine() -> None:
    done = run("doctor", "--json")
    told = json.loads(done.stdout)
    known = [each for each in told["findings"] if each["verdict"] == "problem" and each["check"] != "link"]
    assert not known, known
    oks = " ".join(each["what"] for each in told["findings"] if each["verdict"] == "ok")
    for text in ("is loaded, plugins edu, generic", "udev rules and group", "root may use all of", "held by upciedev_edu"):
        assert text in oks, oks


def doctor_finds_a_board_without_driver() -> None:
    address = address_of(4)
    subprocess.run(["tests/guest/unbind", address], check=True)
    try:
        done = run("doctor", "--json")
        problems = [each for each in json.loads(done.stdout)["findings"] if each["verdict"] == "problem"]
        assert done.returncode == 1
        assert any(each["where"] == f"{address} edu" and each["what"] == "no driver holds it" for each in problems), problems
    finally:
        subprocess.run(["tests/guest/rebind", address], check=True)


def main() -> int:
    return run_all(
        boards_are_well,
        only_the_program_of_a_claim_writes,
        claims_nest,
        a_killed_claim_ends,
        a_claim_ends_with_its_board,
        reset_makes_a_new_generation,
        a_removed_board_comes_back_by_rescan,
        handles_come_back_by_reopen,
        a_reload_gives_a_board_its_configuration_back,
        a_slot_brings_its_board_back_by_itself,
        a_failed_reload_leaves_the_board_off,
        ctrl_c_ends_the_wait_for_a_board,
        a_trace_of_the_driver,
        doctor_finds_a_sane_machine,
        doctor_finds_a_board_without_driver,
    )


if __name__ == "__main__":
    sys.exit(main())
