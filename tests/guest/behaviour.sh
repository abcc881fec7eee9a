#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# behaviour.sh [full|smoke]: the behaviour suite in the guest, on the driver and, for boards that no
# driver holds, on sysfs. One table at the end.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

suite=build/cmake/tests/behaviour/upciedev-behaviour
report=${UPCIEDEV_OUT:?runs in the guest}/behaviour-report.tsv
status=0
rm -f "$report"

rows='*' chardev_rows=60 sysfs_rows=44
if [[ ${1-full} == smoke ]]; then
    rows='crate_row.*:register_row.keeps*:batch_row.runs*:area_row.keeps*:removal_row.every*'
    chardev_rows=10 sysfs_rows=8
fi

verdict() {
    printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" | tee -a "${UPCIEDEV_RESULTS:-/dev/null}"
    [[ $1 == pass ]] || status=1
}

# A batch of 64 accesses has to be one call of the driver.
count_calls() {
    local log=$UPCIEDEV_OUT/batch.strace steps=() i calls
    for ((i = 0; i < 32; i++)); do steps+=("LIVENESS=$i" LIVENESS); done
    strace -f -e trace=ioctl,pread64,pwrite64 -o "$log" \
        upciedev --crate local write 1 "${steps[@]}" >/dev/null || return
    calls=$(grep -c '0xe7, 0x10' "$log")
    if [[ $calls -eq 1 ]] && ! grep -q 'pread64(.*upciedev\|pwrite64' "$log"; then
        verdict pass "chardev: a batch of 64 is one system call"
    else
        verdict fail "chardev: a batch of 64 is one system call" "$calls batches, see $log"
    fi
}

"$suite" --crate local --names devices/crates/guest.yaml --report "$report" --at-least "$chardev_rows" --gtest_filter="$rows" \
    --unplug tests/guest/unbind --replug tests/guest/rebind || status=1
count_calls

nodes=(/dev/upciedev/*:*.*) # not the links, 0000:00-slot4
for node in "${nodes[@]}"; do tests/guest/unbind "${node##*/}" || status=1; done
"$suite" --crate sysfs --report "$report" --at-least "$sysfs_rows" --gtest_filter="$rows" || status=1
for node in "${nodes[@]}"; do tests/guest/rebind "${node##*/}" || status=1; done
exit "$status"
