# SPDX-License-Identifier: BSD-3-Clause
"""Runs commands in a virtual crate: QEMU, stock Debian kernels, our modules."""
