#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the benchmarks: every program of build/cmake/bench, with what it was measured on.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/tools/lib.sh"

"$root/dev" build
mapfile -t programs < <(find "$root/build/cmake/bench" -maxdepth 1 -type f -executable 2>/dev/null | sort)
[[ ${#programs[@]} -gt 0 ]] || fail "no benchmark was built in build/cmake/bench"
printf 'machine: %s, %d cores\n' "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
printf 'compiler: %s\nkernel: %s\n' "$(c++ --version | head -n 1)" "$(uname -r)"
printf '\n== instructions, counted by callgrind\n'
"$root/tests/perf/gate.py" "$root/build/cmake" || true # ./dev test is the one that fails
for program in "${programs[@]}"; do
    printf '\n== %s\n' "$(basename "$program")"
    "$program" "$@"
done

latency=build/cmake/bench/latency/upciedev-irq-latency
cd "$root"
printf '\n== interrupt latency, from the register write to the woken program: simulated board\n'
"$latency"
printf '\n== the same in the guest, through the driver. EMULATION: it says how QEMU does, not how a crate does\n'
"$root/dev" guest -- "$latency" local
