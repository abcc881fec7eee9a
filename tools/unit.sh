#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the tests that need no kernel: every program of build/cmake/tests/unit, and the commands of
# tests/unit/runs.txt (lines "NAME COMMAND...").
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
out=build/unit
rm -rf "$out"
mkdir -p "$out" build/log
export PATH=$root/build/cmake/sdk/cpp/tools:$PATH

# A gtest program leaves NAME.json, anything else may leave NAME.tsv; else its exit code counts.
run() {
    local name=$1 status=0
    shift
    GTEST_OUTPUT=json:$out/$name.json UPCIEDEV_RESULTS=$root/$out/$name.tsv \
        timeout --kill-after=10 300 "$@" >"build/log/unit-$name.log" 2>&1 </dev/null || status=$?
    if [[ $status -ne 0 ]]; then tail -n 60 "build/log/unit-$name.log"; fi
    tools/results.py collect "unit.$name" "$status" "$out/$name" build/results/unit.tsv
}

while IFS= read -r program; do
    run "$(basename "$program")" "$program"
done < <(find build/cmake/tests/unit -maxdepth 1 -type f -executable | sort)

if [[ -f tests/unit/runs.txt ]]; then
    while read -r name command; do
        case $name in '' | '#'*) continue ;; esac
        run "$name" bash -c "$command"
    done <tests/unit/runs.txt
fi
