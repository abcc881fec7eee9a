#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# soak.sh [COUNT]: the unit and guest tests, COUNT times over (default 20); stops at the first failure.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
count=${1-20}
[[ $count =~ ^[1-9][0-9]*$ ]] || fail "soak how often? '$count' is no count"

"$root/dev" build
cd "$root"
for ((round = 1; round <= count; round++)); do
    echo "== round $round of $count"
    rm -rf build/results
    tools/unit.sh
    tools/guest-test all
    tools/results.py summary build/results
done
