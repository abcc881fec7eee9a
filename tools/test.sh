#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the parts of the test suite. Each appends lines "pass|fail|skip<TAB>name<TAB>detail" to
# build/results/<part>.tsv; the last line sums them up.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
export root
. "$root/tools/lib.sh"
cd "$root"
results=$root/build/results

case ${1-all} in
all) parts=(lint unit sanitizers fuzz virtual) ;;
lint | unit | sanitizers | fuzz) parts=("$1") ;;
abi | guest) parts=(virtual) ;;
*) fail "unknown part '$1': lint, unit, sanitizers, fuzz, abi, guest or all" ;;
esac

run_part() {
    local part=$1 status=0
    shift
    echo "== $part"
    "$@" || status=$?
    if [[ ! -s $results/$part.tsv ]]; then
        printf 'fail\t%s\tran no test\n' "$part" >"$results/$part.tsv"
    elif [[ $status -ne 0 ]] && ! grep -q '^fail' "$results/$part.tsv"; then
        printf 'fail\t%s\tits runner ended with exit code %d\n' "$part" "$status" >>"$results/$part.tsv"
    fi
}

tools/ensure-packages
rm -rf "$results"
mkdir -p "$results"
"$root/dev" build
for part in "${parts[@]}"; do
    case $part in
    lint) run_part lint tools/lint.sh ;;
    unit) run_part unit tools/unit.sh ;;
    sanitizers) run_part sanitizers tools/sanitize.sh ;;
    fuzz) run_part fuzz tools/fuzz.sh ;;
    virtual) run_part guest tools/guest-test "${1-all}" ;;
    esac
done
exec tools/results.py summary "$results"
