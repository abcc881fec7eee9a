# SPDX-License-Identifier: BSD-3-Clause
"""A timing board triggers a digitizer over the backplane; triggers are counted, a trace is drawn.

    ./dev run -- python3 examples/trigger.py sim:devices/crates/full.yaml
"""

import sys
import time

import numpy as np

import upciedev

FRAMES, WORDS, TRIGGERS, LINE, CHANNEL = 1008, 12, 5, 1, 2


def wait_for(done, what):
    end = time.monotonic() + 10
    while not done():
        if time.monotonic() > end:
            sys.exit(f"no {what} within 10 s")
        time.sleep(0.02)


def draw(volts, lines=11, columns=72):
    """Volts over time, a column for several samples."""
    means = volts[: len(volts) // columns * columns].reshape(columns, -1).mean(axis=1)
    low, high = means.min(), means.max()
    rows = np.rint((means - low) / ((high - low) or 1) * (lines - 1)).astype(int)
    for row in reversed(range(lines)):
        label = {lines - 1: f"{high:7.3f} V", 0: f"{low:7.3f} V"}.get(row, " " * 9)
        print(label, "|", "".join("*" if here == row else " " for here in rows).rstrip())


with upciedev.open(sys.argv[1] if len(sys.argv) > 1 else "") as crate:
    timer, adc = crate["timer"], crate["adc1"]
    adc["LENGTH"] = FRAMES
    adc["CTRL.LINE"] = LINE
    adc["CTRL.MODE"] = "external"
    adc["CTRL.ARM"] = 1
    timer["RATE"] = 50  # Hz
    timer["trigger[1].CTRL.OUTPUT"] = "backplane"
    timer["trigger[1].CTRL.ENABLE"] = 1
    timer["CTRL.SOURCE"] = "internal"
    wait_for(lambda: adc["TRIGGERS"] >= TRIGGERS, "triggers")
    timer["CTRL.SOURCE"] = "optical"
    wait_for(lambda: adc["STATUS.RUNNING"] == 0 and adc["WRITTEN"] == FRAMES, "complete trace")

    print(f"{timer['trigger[1].COUNT']} triggers sent, {adc['TRIGGERS']} taken, {adc['LOST']} lost")
    counts = adc.area("DAQ").read(0, FRAMES * WORDS).reshape(FRAMES, WORDS)
    print(f"channel {CHANNEL} of {adc.label}, {FRAMES} samples:")
    draw(counts[:, CHANNEL] / 32768)
