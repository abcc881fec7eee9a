#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The unit tests under AddressSanitizer and UndefinedBehaviorSanitizer (preset asan), and those of
# threads under ThreadSanitizer (preset tsan), each in a build of its own.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1

mkdir -p build/results
for preset in asan tsan; do
    [[ $preset == tsan ]] && targets=(threads_test irq_test log_test dma_test clients_test mutation_test) || targets=(unit_tests)
    step "configuring $preset" "$preset-configure" cmake --preset "$preset"
    step "building $preset" "$preset-build" cmake --build "build/$preset" --target "${targets[@]}"
    while IFS= read -r program; do
        together run_test "$preset" "$(basename "$program")" "build/$preset" build/results/sanitizers.tsv "$program"
    done < <(find "build/$preset/tests/"{unit,vfio} -maxdepth 1 -type f -executable | sort)
    all_of_them
done
