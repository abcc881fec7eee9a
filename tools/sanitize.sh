#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sanitize.sh asan|tsan: the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer, or those of threads under
# ThreadSanitizer, each in a build of its own.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
preset=${1-asan}
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1

mkdir -p build/results
step "configuring $preset" "$preset-configure" cmake --preset "$preset"
step "building $preset" "$preset-build" cmake --build "build/$preset" --target unit_tests
if [[ $preset == tsan ]]; then
    GTEST_FILTER=$(grep -v '^#' tests/unit/threaded.txt | paste -sd :)
    export GTEST_FILTER
fi
run_programs "$preset" "build/$preset" "build/$preset" "${UPCIEDEV_TABLE-build/results/sanitizers.tsv}"
all_of_them
