# SPDX-License-Identifier: BSD-3-Clause
import sys

import upciedev

with upciedev.open(sys.argv[1] if len(sys.argv) > 1 else "") as crate:
    edu = crate.board(1)  # by slot; also by alias, name, PCI address
    edu.reg("LIVENESS").write(1234)
    print(edu.label, "answers", edu.reg("LIVENESS").raw())

    with edu.batch() as batch:  # in order, one system call
        batch.write(edu.reg("FACTORIAL"), 10)
        batch.wait(edu.reg("STATUS"), mask=1, wanted=0, timeout=1)  # until COMPUTING is 0
        answer = batch.read(edu.reg("FACTORIAL"))
    print("10! =", answer.get())
