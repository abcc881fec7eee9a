#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The guest's part of docs/models.md works as written: a board whose behaviour is a library of its
own, behind our driver.

    ./dev guest --crate examples/counter/lab.yaml -- tests/guest/own_board.py
"""

import sys

from first_minutes import commands, report_on

if __name__ == "__main__":
    sys.exit(0 if all([report_on(command) for command in commands("docs/models.md", 1)]) else 1)
