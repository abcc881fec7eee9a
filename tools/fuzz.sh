#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh [SECONDS]: each fuzzer of tests/fuzz that long, from its kept inputs and with any seed. By
# default 2,700 inputs each with one seed, so that a run of the tests can be repeated. What is found stays
# in build/fuzz/found; new inputs worth keeping are in build/fuzz/corpus.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
seconds=${1-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "fuzz how long? '$seconds' is no number of seconds"
if [[ $# -eq 1 ]]; then length=(); else length=(-seed=1 -runs=2700); fi
export UBSAN_OPTIONS=print_stacktrace=1
found=build/fuzz/found

mkdir -p build/results $found
step "configuring fuzzers" asan-configure cmake --preset asan
step "building fuzzers" fuzz-build cmake --build build/asan --target fuzzers
for program in build/asan/tests/fuzz/*_fuzzer; do
    name=$(basename "$program" _fuzzer)
    if [[ $# -eq 0 ]]; then rm -rf "build/fuzz/corpus/$name"; fi
    mkdir -p "build/fuzz/corpus/$name"
    run_test fuzz "$name" build/fuzz "${UPCIEDEV_TABLE-build/results/fuzz.tsv}" "$program" "${length[@]}" -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=2048 -max_len=20000 -print_final_stats=1 -artifact_prefix="$found/$name-" \
        "build/fuzz/corpus/$name" "tests/fuzz/data/$name"
done
