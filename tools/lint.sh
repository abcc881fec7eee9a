#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lint.sh [gate|full]: runs every check in tools/lint.d, and that of the kernel code. A check is silent when content.
# What takes ten times as long as the rest is in `full` alone.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
rung=${1-gate}
table=${UPCIEDEV_TABLE-build/results/lint.tsv}
mkdir -p build/log build/results

check() {
    local name=lint.$1 log=build/log/lint-$1.log verdict=pass detail=
    shift
    SECONDS=0
    if ! "$@" >"$log" 2>&1; then
        verdict=fail
        detail="see $log"
        cat "$log"
    fi
    printf '  %s %s (%d s)\n' "$verdict" "$name" "$SECONDS"
    printf '%s\t%s\t%s\n' "$verdict" "$name" "$detail" >>"$table"
}

if [[ $rung == full ]]; then
    check clang-tidy-analyzer tools/lint.d/clang-tidy analyzer
    check kernel-elsewhere tools/kernel-lint rt arm64
    exit
fi
for script in tools/lint.d/*; do
    check "$(basename "$script")" "$script"
done
check kernel tools/kernel-lint
