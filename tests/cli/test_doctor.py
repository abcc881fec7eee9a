# SPDX-License-Identifier: BSD-3-Clause
"""upciedev doctor on machines made up of files."""

import json
import os
import subprocess
from pathlib import Path

import conftest
import pytest

MINE = os.getegid()
ADDRESS = "0000:03:00.0"
PORT = "0000:02:04.0"
LABEL = f"{ADDRESS} vadc8"
UNSET = 0x20000000


class Machine:
    """A healthy one with a vadc8 in slot 4, held by our driver."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = f"sys/devices/pci0000:00/{PORT}"
        self.board = f"{self.port}/{ADDRESS}"
        self.write("proc/sys/kernel/osrelease", "6.1.0-test")
        self.write("proc/cmdline", "quiet")
        self.write("boot/config-6.1.0-test", "CONFIG_IO_STRICT_DEVMEM=y")
        self.write("sys/module/upciedev/version", "0.1.0")
        self.write("sys/module/upciedev_generic/initstate", "live")
        self.write(f"sys/class/upciedev/{ADDRESS}/abi", "1")
        self.write(f"sys/class/upciedev/{ADDRESS}/gone", "0")
        self.write("etc/udev/rules.d/60-upciedev.rules", "")
        self.write("etc/group", f"root:x:0:\nmtca:x:{MINE}:somebody\n")
        self.write("sys/kernel/iommu_groups/0/type", "DMA-FQ")
        self.write(f"dev/upciedev/{ADDRESS}", "").chmod(0o660)
        self.add_function(self.port, "0x060400", 0x104C, 0x8232, command=7)
        self.add_function(self.board, "0x118000", 0x1B36, 0x00A8, command=2)
        self.bars([(0xF0000000, 0xF000FFFF, 0x40200), None, (0xE0000000, 0xFFFFFFFF, 0x4220C)])
        self.link(8, 4, 8, 4)
        self.drive("upciedev_generic")

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
        return file

    def add_function(self, folder: str, kind: str, vendor: int, device: int, command: int) -> None:
        self.write(f"{folder}/class", kind)
        for name, number in (("vendor", vendor), ("device", device), ("subsystem_vendor", 0),
                             ("subsystem_device", 0)):
            self.write(f"{folder}/{name}", f"0x{number:04x}")
        self.command(folder, command)
        link = self.root / "sys/bus/pci/devices" / Path(folder).name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self.root / folder)

    def command(self, folder: str, bits: int) -> None:
        config = bytearray(64)
        config[4] = bits
        (self.root / folder / "config").write_bytes(config)

    def bars(self, windows) -> None:
        lines = [window or (0, 0, 0) for window in windows + [None] * (6 - len(windows))]
        self.write(f"{self.board}/resource", "\n".join(" ".join(f"0x{part:016x}" for part in line) for line in lines))

    def link(self, speed, width, max_speed, max_width, where=None) -> None:
        for name, value in (("current_link_speed", f"{speed}.0 GT/s PCIe"), ("current_link_width", width),
                            ("max_link_speed", f"{max_speed}.0 GT/s PCIe"), ("max_link_width", max_width)):
            self.write(f"{where or self.board}/{name}", str(value))

    def drive(self, driver: str) -> None:
        link = self.root / self.board / "driver"
        link.unlink(missing_ok=True)
        if driver:
            link.symlink_to(f"/sys/bus/pci/drivers/{driver}")

    def remove(self, *names: str) -> None:
        for name in names:
            subprocess.run(["rm", "-r", self.root / name], check=True)

    def doctor(self, *options: str):
        return conftest.Run("doctor", "--root", str(self.root), *options, crate=None,
                            UPCIEDEV_DEVICES=str(conftest.ROOT / "devices"), USER="worker").done

    def findings(self):
        done = self.doctor("--json")
        told = json.loads(done.stdout)
        assert done.stderr == ""
        assert done.returncode == (0 if told["healthy"] else 1)
        return [each for each in told["findings"] if each["verdict"] != "ok"]

    def the_finding(self, verdict: str, check: str, where: str = ""):
        """There is one and no other."""
        found = self.findings()
        assert [(each["verdict"], each["check"], each["where"]) for each in found] == [(verdict, check, where)]
        return found[0]["what"] + "; " + found[0]["remedy"]


@pytest.fixture(name="machine")
def healthy_machine(tmp_path):
    return Machine(tmp_path / "machine")


def test_a_healthy_machine(machine):
    done = machine.doctor()
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "0 problems, 0 notes"
    for text in ("upciedev 0.1.0 is loaded, plugins generic", "may use all of 1 boards",
                 f"{LABEL}: held by upciedev_generic", "IO_STRICT_DEVMEM", "an IOMMU translates"):
        assert text in done.stdout


def test_shape(machine):
    told = json.loads(machine.doctor("--json").stdout)
    assert list(told) == ["healthy", "findings"]
    assert all(list(each) == ["verdict", "check", "where", "what", "remedy"] for each in told["findings"])


def test_an_empty_machine(tmp_path):
    done = conftest.Run("doctor", "--root", str(tmp_path), crate=None).done
    assert done.returncode == 1
    for text in ("neither loaded nor installed", "no group mtca", "udev rules are not installed",
                 "no PCI device has a board file or our driver", "sim:FILE", "3 problems"):
        assert text in done.stdout


def test_this_machine_is_looked_at_without_failure(upciedev):
    done = upciedev("doctor").done
    assert done.returncode in (0, 1)
    assert done.stderr == "" and "driver" in done.stdout


def test_driver_is_not_loaded(machine):
    machine.remove("sys/module", "sys/class", "dev/upciedev")
    machine.drive("upciedev_generic")
    assert "build and install it" in machine.the_finding("problem", "driver")
    machine.write("lib/modules/6.1.0-test/updates/dkms/upciedev.ko.xz", "")
    assert "modprobe upciedev" in machine.the_finding("problem", "driver")
    machine.write("sys/kernel/security/lockdown", "none [integrity] confidentiality")
    assert "mokutil" in [each["remedy"] for each in machine.findings()][0]


def test_driver_of_another_abi(machine):
    machine.write(f"sys/class/upciedev/{ADDRESS}/abi", "2")
    text = machine.the_finding("problem", "driver")
    assert "ABI 2, this library ABI 1" in text and "rmmod" in text


def test_no_plugin_is_loaded(machine):
    machine.remove("sys/module/upciedev_generic")
    assert "no card plugin" in machine.the_finding("problem", "driver")


def test_group_and_rules(machine):
    machine.remove("etc/udev")
    assert "udevadm control --reload" in machine.the_finding("problem", "rules")
    machine.write("usr/lib/udev/rules.d/60-upciedev.rules", "")
    assert machine.findings() == []
    machine.write("etc/group", "root:x:0:")
    assert [each["check"] for each in machine.findings()] == ["rules", "access"]
    assert "groupadd -r mtca" in machine.findings()[0]["remedy"]


def test_nodes_of_another_group_or_mode(machine):
    node = machine.root / f"dev/upciedev/{ADDRESS}"
    node.chmod(0o600)
    assert "mode 600" in machine.the_finding("problem", "access", f"/dev/upciedev/{ADDRESS}")
    node.chmod(0o660)
    machine.write("etc/group", f"mtca:x:{MINE + 1}:")
    assert f"group {MINE}" in machine.the_finding("problem", "access", f"/dev/upciedev/{ADDRESS}")


def test_node_is_missing(machine):
    machine.remove(f"dev/upciedev/{ADDRESS}")
    assert "no node" in machine.the_finding("problem", "access", ADDRESS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("members, remedy", [("", "sudo usermod -aG mtca root; then log in again"),
                                             ("other,root", "log in again, or: newgrp mtca")])
def test_user_is_not_in_the_group(machine, members, remedy):
    machine.write("etc/group", f"mtca:x:12345:{members}")
    os.chown(machine.root / f"dev/upciedev/{ADDRESS}", 65534, 12345)
    done = subprocess.run(["setpriv", "--bounding-set=-dac_override,-dac_read_search", "upciedev", "doctor", "--root",
                           machine.root], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "root may not read and write it" in done.stdout
    assert remedy in done.stdout


def test_board_without_driver_or_with_another(machine):
    machine.remove(f"sys/class/upciedev/{ADDRESS}", f"dev/upciedev/{ADDRESS}")
    machine.drive("")
    assert "driver_override" in machine.the_finding("problem", "board", LABEL)
    machine.drive("xdma")
    text = machine.the_finding("problem", "board", LABEL)
    assert "the driver xdma holds it" in text and "/sys/bus/pci/drivers/xdma/unbind" in text


def test_board_has_gone(machine):
    machine.write(f"sys/class/upciedev/{ADDRESS}/gone", "1")
    assert "dmesg" in machine.the_finding("problem", "board", LABEL)


def test_a_board_file_that_is_wrong(machine, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "x.yaml").write_text("format: 1\nboard: x\nmatch: {vendor: 0x1b36, device: 0x00a8}\nbars: {regs: 1}\n")
    told = json.loads(machine.doctor("--json", "--devices", str(folder)).stdout)["findings"]
    wrong = [each for each in told if "x.yaml:4" in each["what"]]
    assert [(each["verdict"], each["where"]) for each in wrong] == [("problem", ADDRESS)]


@pytest.mark.parametrize("ddr", [None, (0, 0x1FFFFFFF, 0x4220C | UNSET)])
def test_unassigned_bar(machine, ddr):
    machine.bars([(0xF0000000, 0xF000FFFF, 0x40200), None, ddr])
    text = machine.the_finding("problem", "bars", LABEL)
    assert text.startswith("BAR 2 (ddr, 512 MiB) has no address") and "Above 4G decoding" in text


def test_unassigned_bar_of_a_board_without_file(machine):
    machine.write(f"{machine.board}/device", "0xbeef")
    machine.bars([(0, 0xFFFF, 0x40200 | UNSET)])
    assert "BAR 0 (64 KiB) has no address" in machine.the_finding("problem", "bars", ADDRESS)


def test_bar_smaller_than_the_file_says(machine):
    machine.bars([(0xF0000000, 0xF0000FFF, 0x40200), None, (0xE0000000, 0xFFFFFFFF, 0x4220C)])
    text = machine.the_finding("problem", "bars", LABEL)
    assert "BAR 0 (regs, 64 KiB) has only 4 KiB" in text and "vadc8.yaml" in text


def test_link_below_what_board_and_slot_can(machine):
    machine.link(2, 4, 8, 4)
    assert "2 GT/s x4 of 8 GT/s x4" in machine.the_finding("problem", "link", LABEL)
    machine.link(8, 1, 8, 4)
    assert "8 GT/s x1" in machine.the_finding("problem", "link", LABEL)
    machine.link(8, 1, 8, 1, machine.port)
    assert "all that its slot can" in machine.the_finding("note", "link", LABEL)


def test_bus_errors(machine):
    for kind, total in (("correctable", "COR 3"), ("nonfatal", "NONFATAL 0"), ("fatal", "FATAL 0")):
        machine.write(f"{machine.board}/aer_dev_{kind}", f"Undefined 0\nTOTAL_ERR_{total}")
    assert "3 corrected" in machine.the_finding("note", "errors", LABEL)
    machine.write(f"{machine.board}/aer_dev_correctable", "TOTAL_ERR_COR 0")
    machine.write(f"{machine.board}/aer_dev_fatal", "MalfTLP 2\nTOTAL_ERR_FATAL 2")
    assert "2 uncorrectable" in machine.the_finding("problem", "errors", LABEL)


def test_bus_mastering(machine):
    machine.command(machine.port, 3)
    assert f"setpci -s {PORT} COMMAND=4:4" in machine.the_finding("problem", "master", LABEL)
    machine.command(machine.port, 7)
    machine.command(machine.board, 0)
    assert "memory decoding is off" in machine.the_finding("problem", "master", LABEL)
    machine.command(machine.board, 6)
    machine.drive("")
    assert [each["check"] for each in machine.findings()] == ["board", "master"]
    assert f"setpci -s {ADDRESS} COMMAND=0:4" in machine.findings()[1]["remedy"]


def test_iommu(machine):
    machine.write("sys/kernel/iommu_groups/0/type", "identity")
    assert "passes everything through" in machine.the_finding("note", "iommu")
    machine.remove("sys/kernel/iommu_groups/0")
    assert "intel_iommu=on" in machine.the_finding("note", "iommu")


def test_memory_of_devices(machine):
    machine.write("proc/cmdline", "quiet iomem=relaxed")
    assert "IO_STRICT_DEVMEM" not in machine.doctor().stdout
    machine.write("sys/kernel/security/lockdown", "none [integrity] confidentiality")
    assert "locked down" in machine.the_finding("note", "kernel")
