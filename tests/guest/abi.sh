#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The negative tests of the user ABI, in a guest with the driver loaded. Arguments go to GoogleTest:
#
#   ./dev guest -- tests/guest/abi.sh --gtest_filter='*C7*'
#
# Those of the root bus, of INTx, of causes and vectors, of DMA with models and of the emulated host bridge want other boards; see abi-root-bus.sh and runs.toml.
set -euo pipefail

export GTEST_BRIEF=${GTEST_BRIEF-1} # a line for each test costs more than the test
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
exec "$root/build/cmake/tests/abi/upciedev-abi-tests" --gtest_filter='-root_bus.*:locked_down.*:big_bar.*:each_allocation*.*:intx.*:irq_causes.*:irq_folded.*:*dma_models.*:*dma_moves.*:*dma_frames.*:*dma_runs_on.*:dma_threads.*:dma_order.*:peer_models.*:peer_removals.*:peer_blocked.*:host_bridge*.*:translated_bridge.*:peer_roots*' "$@"
