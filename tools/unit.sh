#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the tests that need no kernel: every program of build/cmake/tests/unit and
# tests/vfio, and the commands of tests/unit/runs.txt (lines "NAME COMMAND...").
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
out=build/unit
table=build/results/unit.tsv
rm -rf "$out"
mkdir -p "$out" build/log
export PATH=$root/build/cmake/sdk/cpp/tools:$PATH

while IFS= read -r program; do
    together run_test unit "$(basename "$program")" $out $table "$program"
done < <(find build/cmake/tests/{unit,vfio} -maxdepth 1 -type f -executable | sort)

if [[ -f tests/unit/runs.txt ]]; then
    while read -r name command; do
        case $name in '' | '#'*) continue ;; esac
        together run_test unit "$name" $out $table bash -c "$command"
    done <tests/unit/runs.txt
fi
all_of_them
