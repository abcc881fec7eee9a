#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The negative tests of the user ABI, in a guest with the driver loaded. Arguments go to GoogleTest:
#
#   ./dev guest -- tests/guest/abi.sh --gtest_filter='*C7*'
set -euo pipefail

root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
exec "$root/build/cmake/tests/abi/upciedev-abi-tests" "$@"
