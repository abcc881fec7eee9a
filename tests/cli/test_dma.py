# SPDX-License-Identifier: BSD-3-Clause
"""upciedev dma and upciedev scope."""

import json
import signal
import struct
import subprocess
import time

CRATE = "sim:devices/crates/full.yaml"
ACQUIRE = "--set CTRL.SINGLE=1 --set CTRL.ARM=1 --set CTRL.SOFT_TRIGGER=1 --on done"


def script(*lines):
    return subprocess.run(["upciedev", "--crate", CRATE, "script"], input="\n".join(lines) + "\n",
                          text=True, capture_output=True, timeout=60, check=False)


def test_a_file_goes_there_and_back(tmp_path):
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(bytes(range(256)) * 40)
    done = script(f"dma write io1 write {sent} --offset 100",
                  f"dma read io1 read --offset 100 --length 10240 -o {received}")
    assert done.returncode == 0, done
    assert done.stdout.startswith("10240 bytes written") and "10240 bytes read" in done.stdout
    assert received.read_bytes() == sent.read_bytes()


def test_bytes_come_on_standard_output():
    done = subprocess.run(["upciedev", "--crate", CRATE, "dma", "read", "io1", "read", "--length", "0x20"],
                          capture_output=True, timeout=60, check=True)
    assert len(done.stdout) == 32 and b"32 bytes read" in done.stderr


def test_check_both_ways_restores(tmp_path):
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(b"stays" * 100)
    done = script(f"dma write io1 write {sent}", "dma check io1 read --length 64KiB",
                  f"dma read io1 read --length 500 -o {received}")
    assert done.returncode == 0 and "restored" in done.stdout, done
    assert received.read_bytes() == sent.read_bytes()


def test_check_against_the_cpu():
    done = script("--json dma check adc1 read --length 128KiB")
    assert done.returncode == 0 and json.loads(done.stdout)["bytes"] == 131072, done


def test_stream_records_what_is_triggered(tmp_path):
    file = tmp_path / "daq"
    done = script("write adc1 LENGTH=100 TRIGGER_RATE=100 CTRL.MODE=internal CTRL.ARM=1",
                  f"--json dma stream adc1 read --frame 2400 --on done --count 5 -o {file}")
    assert done.returncode == 0, done
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["frames"] == 5 and told["bytes"] == 12000 == file.stat().st_size


def test_errors(upciedev, tmp_path):
    upciedev("dma", "read", "adc1", "raed", crate=CRATE).fails(3, "did you mean 'read'")
    upciedev("dma", "read", "adc1", "read", "--offset", "64MiB", "--length", "1", "-o", tmp_path / "x",
             crate=CRATE).fails(1, "outside")
    upciedev("dma", "write", "adc1", "read", __file__, crate=CRATE).fails(1, "DMA read")
    upciedev("dma", "write", "io1", "write", tmp_path / "none", crate=CRATE).fails(1, "No such file")
    upciedev("dma", "check", "io1", "write", crate=CRATE).fails(1, "name the channel that reads")
    upciedev("dma", "stream", "adc1", "read", "--frame", "400", "--on", "done", "--timeout", "0.2",
             "-o", tmp_path / "x", crate=CRATE).fails(1, "no frame in 0.2")


def test_ctrl_c_ends_a_stream(tmp_path):
    file = tmp_path / "daq"
    process = subprocess.Popen(["upciedev", "--crate", CRATE, "dma", "stream", "adc1", "read", "--frame",
                                "400", "--on", "done", "--timeout", "60", "-o", str(file)],
                               stdout=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0].startswith(b"0 bytes read")
    assert process.returncode == 0


def test_scope_draws():
    done = script(f"scope adc1 DAQ {ACQUIRE} -c ch[3] --samples 600")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].startswith("ch[3]  -0.5 to 0.5"), done
    assert len(lines) == 5 and all(len(line) == 62 for line in lines[1:])
    assert len(set("".join(lines[1:]))) > 3, "a curve, not a plain"


def test_scope_writes_files(tmp_path):
    table, picture = tmp_path / "daq.csv", tmp_path / "daq.png"
    done = script(f"scope adc1 DAQ {ACQUIRE} --samples 50 --csv {table} --png {picture}")
    assert done.returncode == 0, done
    rows = table.read_text().splitlines()
    assert rows[0].startswith("ch[0],ch[1],") and len(rows) == 51
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1000, 160 * 11)


def test_scope_errors(upciedev):
    upciedev("scope", "adc1", "DAQ", "-c", "ch[99]", crate=CRATE).fails(3, "ch[9]")
    upciedev("scope", "adc1", "DDR", crate=CRATE).fails(1, "layout")
    upciedev("scope", "adc1", "DAQ", "--on", "done", "--timeout", "0.1", crate=CRATE).fails(1, "no interrupt in 0.1")
