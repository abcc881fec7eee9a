# SPDX-License-Identifier: BSD-3-Clause
"""UPCIEDEV_TRACE: one line an access."""

import re


def test_a_trace_has_every_access(upciedev, tmp_path):
    trace = tmp_path / "trace"
    assert upciedev("read", "-q", "adc", "SCRATCH", UPCIEDEV_TRACE=str(trace)).ok() == "0\n"
    upciedev("write", "adc", "LUT[2]=0.5,0.25", UPCIEDEV_TRACE=str(trace)).ok()
    lines = trace.read_text().splitlines()
    assert [line.split("\t")[2:5] for line in lines] == [
        ["slot 4 vadc8", "SCRATCH", "read"], ["slot 4 vadc8", "LUT[2:2]", "write"]]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\tupciedev\[\d+\]\t", line)
               for line in lines)


def test_a_trace_that_cannot_be_written_is_an_error(upciedev):
    upciedev("read", "adc", "ID", UPCIEDEV_TRACE="/nonexistent/trace").fails(1, "/nonexistent/trace")
