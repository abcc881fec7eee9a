# SPDX-License-Identifier: BSD-3-Clause
import sys

import upciedev

with upciedev.open(sys.argv[1] if len(sys.argv) > 1 else "") as crate:
    adc = crate.board(2)
    with adc.irq("done") as done:  # interrupts queue from here on
        adc["CTRL.SINGLE"] = 1
        adc["CTRL.ARM"] = 1
        adc["CTRL.SOFT_TRIGGER"] = 1
        event = done.wait(5)
    if event is None:
        sys.exit("no acquisition came to its end")
    trace = adc.area("DAQ").read(0, 12000)  # 1000 frames
    shape = "a trace" if trace.min() < trace.max() else "a flat line"
    print(f"{adc.label}: {event.name}, {event.lost} lost; {shape}")
