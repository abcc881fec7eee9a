#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# soak.sh [COUNT [CYCLES]]: the unit and guest tests, COUNT times over (default 20), then a board that
# leaves and comes back CYCLES times (default 1000) under a program, and either end of transfers from board
# to board as often, under the emulated host bridge about as often; stops at the first failure.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
count=${1-20} cycles=${2-1000}
[[ $count =~ ^[1-9][0-9]*$ ]] || fail "soak how often? '$count' is no count"
[[ $cycles =~ ^[1-9][0-9]*$ ]] || fail "how many cycles? '$cycles' is no count"

"$root/dev" build
cd "$root"
for ((round = 1; round <= count; round++)); do
    echo "== round $round of $count"
    rm -f build/results/*.tsv # not what `./dev test full` keeps
    tools/unit.sh gate
    tools/unit.sh full
    tools/guest-test all --rung full
    tools/results.py summary build/results
done

echo "== $cycles times out and in, then either end of transfers"
tools/guest-run --timeout $((600 + 30 * cycles)) --crate devices/crates/full.yaml -- \
    env UPCIEDEV_CYCLES="$cycles" ./dev run -- tests/guest/hotplug.py
tools/guest-run --timeout $((600 + 10 * cycles)) --crate tests/guest/few.yaml \
    --expect "does not stop: cut off from the bus" -- \
    tests/guest/abi.sh "--gtest_filter=peer_removals.*" "--gtest_repeat=$(((cycles + 49) / 50))"
tools/guest-run --timeout $((600 + 5 * cycles)) "--append=memmap=32M%0x18000000-1" -- \
    tests/guest/abi.sh "--gtest_filter=host_bridge_removal.Either*" "--gtest_repeat=$(((cycles + 29) / 30))"
