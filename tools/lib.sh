# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the shell scripts share.
: "${root:?the top of the repository}"

fail() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

# The newest line of a log, while its command runs.
show_progress() {
    local title=$1 log=$2 pid=$3 line width
    width=$(($(tput cols 2>/dev/null || echo 80) - 16))
    while kill -0 "$pid" 2>/dev/null; do
        line=$(tail -c 400 "$log" | tr '\r' '\n' | tail -n 1)
        printf '\r\033[K  %s %ds  %.*s' "$title" "$SECONDS" "$((width - ${#title}))" "$line"
        sleep 0.5
    done
    printf '\r\033[K'
}

# step TITLE LOGNAME COMMAND...: run it into build/log/LOGNAME.log; one line for the person.
step() {
    local title=$1 log=$root/build/log/$2.log status=0
    shift 2
    mkdir -p "$root/build/log"
    SECONDS=0
    "$@" >"$log" 2>&1 </dev/null &
    local pid=$!
    if [[ -t 1 ]]; then show_progress "$title" "$log" "$pid"; fi
    wait "$pid" || status=$?
    if [[ $status -ne 0 ]]; then
        tail -n 40 "$log" >&2
        printf 'dev: %s failed (exit %d); all of it is in %s\n' "$title" "$status" "$log" >&2
        return "$status"
    fi
    printf '  %s: done in %d s\n' "$title" "$SECONDS"
}

# together COMMAND...: run it beside others, as many as there are processors. all_of_them waits for
# the last; its status is that of the first that failed.
started=()
together() {
    while (($(jobs -rp | wc -l) >= $(nproc))); do sleep 0.05; done
    "$@" &
    started+=($!)
}
all_of_them() {
    local pid status=0
    for pid in "${started[@]}"; do wait "$pid" || status=${status/#0/$?}; done
    started=()
    return "$status"
}

# run_test GROUP NAME FOLDER TABLE COMMAND...: appends its results to TABLE. A gtest program leaves
# FOLDER/NAME.json, anything else may leave FOLDER/NAME.tsv; else its exit code counts.
run_test() {
    local group=$1 name=$2 folder=$3 table=$4 status=0
    local log=build/log/$group-$name.log
    shift 4
    rm -f "$folder/$name".{json,tsv}
    GTEST_OUTPUT=json:$folder/$name.json UPCIEDEV_RESULTS=$root/$folder/$name.tsv \
        timeout --kill-after=10 300 "$@" >"$log" 2>&1 </dev/null || status=$?
    if [[ $status -ne 0 ]]; then tail -n 60 "$log"; fi
    "$root/tools/results.py" collect "$group.$name" "$status" "$folder/$name" "$table"
}
