# SPDX-License-Identifier: BSD-3-Clause
"""Fetches the guest bench (QEMU, kernels, their compiler) from the machine's own Debian mirror."""
