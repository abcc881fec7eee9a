# SPDX-License-Identifier: BSD-3-Clause
import sys

import upciedev

with upciedev.open(sys.argv[1] if len(sys.argv) > 1 else "") as crate:
    adc = crate.board(2)
    daq = adc.area("DAQ")
    adc["CTRL.MODE"] = "internal"
    adc["TRIGGER_RATE"] = 50
    adc["LENGTH"] = 1000
    # Each acquisition becomes a frame in memory that the board writes to; 20 of them.
    with adc.dma(daq.dma_channel).stream(16, 1000 * daq.sample_size, offset=daq.dma_offset,
                                         count=20, trigger=["done"]) as stream:
        adc["CTRL.ARM"] = 1
        with open("/tmp/upciedev-example.data", "wb") as file:
            for frame in stream:
                file.write(frame)
            print(file.tell(), "bytes")
    adc["CTRL.STOP"] = 1
