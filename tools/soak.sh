#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# soak.sh [COUNT [CYCLES]]: the unit and guest tests, COUNT times over (default 20), then a board that
# leaves and comes back CYCLES times (default 1000) under a program, and either end of transfers from board
# to board as often, under the emulated host bridge about as often; stops at the first failure.
#
# soak.sh fuzz [SEED [CALLS [THREADS]]]: calls on the driver chosen by dice (1,000,000 from 4 threads), on the debug kernel; without a
# seed those of tests/stress/seeds.
# soak.sh removals [SEED [FROM [STEPS]]]: 1,000 removals, resets, pulls and claims under load there, from step FROM on.
# UPCIEDEV_KERNEL says on which other kernel. docs/testing.md has more.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"
cd "$root"
kernel=${UPCIEDEV_KERNEL-debug}
stress=build/cmake/tests/stress/upciedev-stress
# Alternatives of one pattern, of which the first always comes
may_come='upciedev-stress-[a-z]*: seed|does not stop: cut off from the bus|a storm of interrupts, masked|a stuck interrupt, masked'

# stress SECONDS COMMAND...: in the crate with twelve boards.
stress() {
    local seconds=$1
    shift
    tools/guest-run --kernel "$kernel" --timeout "$seconds" --crate devices/crates/full.yaml --expect "$may_come" -- "$@"
}

fuzz() {
    echo "== fuzz: seed $1, ${2-1000000} calls"
    stress $((1800 + ${2-1000000} / 50)) "$stress-fuzz" --seed "$1" --calls "${2-1000000}" --threads "${3-4}"
}

case ${1-} in
fuzz)
    "$root/dev" build
    if [[ $# -gt 1 ]]; then fuzz "${@:2}"; exit; fi
    while read -r seed calls _; do
        [[ $seed == "#"* ]] || fuzz "$seed" "$calls" </dev/null
    done <tests/stress/seeds
    exit
    ;;
removals)
    "$root/dev" build
    stress 14400 "$stress-removals" "${@:2}"
    exit
    ;;
esac

count=${1-20} cycles=${2-1000}
[[ $count =~ ^[1-9][0-9]*$ ]] || fail "soak how often? '$count' is no count"
[[ $cycles =~ ^[1-9][0-9]*$ ]] || fail "how many cycles? '$cycles' is no count"

"$root/dev" build
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
