#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# unit.sh gate|full: the tests that need no kernel. gate: every program of build/cmake/tests/unit and tests/vfio, and
# the commands of that rung in tests/unit/runs.txt (lines "RUNG NAME COMMAND..."); full: the commands of the other.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
rung=${1-gate}
out=build/unit
table=${UPCIEDEV_TABLE-build/results/unit.tsv}
rm -rf "$out"
mkdir -p "$out" build/log
export PATH=$root/build/cmake/sdk/cpp/tools:$PATH

if [[ $rung == gate ]]; then run_programs unit build/cmake $out "$table"; fi
while read -r wanted name command; do
    if [[ $wanted == "$rung" ]]; then together run_test unit "$name" $out "$table" bash -c "$command"; fi
done <tests/unit/runs.txt
all_of_them
