# SPDX-License-Identifier: BSD-3-Clause
import sys

import upciedev

with upciedev.open(sys.argv[1] if len(sys.argv) > 1 else "") as crate:
    adc = crate.board(2)
    with adc.irq("done") as done:
        adc["CTRL.SINGLE"] = adc["CTRL.ARM"] = 1
        adc["CTRL.SOFT_TRIGGER"] = 1
        if done.wait(5) is None:
            sys.exit("no acquisition came to its end")
    traces = adc.area("DAQ").dma_traces(0, 1000)  # channel x sample, in volts
    moves = "moves" if traces["ch[0]"].min() < traces["ch[0]"].max() else "is flat"
    channels, samples = traces.data.shape
    print(f"{adc.label}: {channels} channels of {samples} samples, ch[0] {moves}")
