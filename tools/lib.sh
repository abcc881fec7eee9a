# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the shell scripts share.
: "${root:?the top of the repository}"

fail() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

newest_line() {
    tail -c 400 "$1" | tr '\r' '\n' | tail -n 1
}

# The newest line of a log while its command runs: at a terminal twice a second in place, else twice a minute.
show_progress() {
    local title=$1 log=$2 pid=$3 width shown=0
    width=$(($(tput cols 2>/dev/null || echo 80) - 16))
    while kill -0 "$pid" 2>/dev/null; do
        if [[ -t 1 ]]; then
            printf '\r\033[K  %s %ds  %.*s' "$title" "$SECONDS" "$((width - ${#title}))" "$(newest_line "$log")"
        elif ((SECONDS >= shown + 30)); then
            shown=$SECONDS
            printf '  %s %ds  %.100s\n' "$title" "$SECONDS" "$(newest_line "$log")"
        fi
        sleep 0.5
    done
    if [[ -t 1 ]]; then printf '\r\033[K'; fi
}

# step TITLE LOGNAME COMMAND...: run it into build/log/LOGNAME.log; one line for the person.
step() {
    local title=$1 log=$root/build/log/$2.log status=0
    shift 2
    mkdir -p "$root/build/log"
    SECONDS=0
    "$@" >"$log" 2>&1 </dev/null &
    local pid=$!
    show_progress "$title" "$log" "$pid"
    wait "$pid" || status=$?
    if [[ $status -ne 0 ]]; then
        tail -n 40 "$log" >&2
        printf 'dev: %s failed (exit %d); all of it is in %s\n' "$title" "$status" "$log" >&2
        return "$status"
    fi
    printf '  %s: done in %d s\n' "$title" "$SECONDS"
}

# together COMMAND...: run it beside others, as many as there are processors. all_of_them waits for
# the last; its status is that of the first that failed. They leave it in a file: bash forgets that
# of a child whose number another process has got since.
failed=
together() {
    failed=${failed:-$(mktemp)}
    while (($(jobs -rp | wc -l) >= $(nproc))); do sleep 0.05; done
    (
        trap 'status=$?; ((status == 0)) || echo "$status" >>"$failed"' EXIT
        "$@"
    ) &
}
all_of_them() {
    local status=0
    wait
    [[ -n $failed ]] || return 0
    read -r status <"$failed" || status=0
    rm "$failed"
    failed=
    return "$status"
}

# run_test GROUP NAME FOLDER TABLE COMMAND...: appends its results to TABLE. A gtest program leaves
# FOLDER/NAME.json, anything else may leave FOLDER/NAME.tsv; else its exit code counts.
run_test() {
    local group=$1 name=$2 folder=$3 table=$4
    shift 4
    run_stem "$group.$name" "$group-$name" "$folder" "$table" "$@"
}

# run_stem PREFIX STEM FOLDER TABLE COMMAND...: the same, with the prefix of the results' names apart from that of the files.
run_stem() {
    local prefix=$1 stem=$2 folder=$3 table=$4 status=0
    local log=build/log/$stem.log
    shift 4
    rm -f "$folder/$stem".{json,tsv}
    GTEST_OUTPUT=json:$folder/$stem.json UPCIEDEV_RESULTS=$root/$folder/$stem.tsv \
        timeout --kill-after=10 300 "$@" >"$log" 2>&1 </dev/null || status=$?
    if [[ $status -ne 0 ]]; then tail -n 60 "$log"; fi
    "$root/tools/results.py" collect "$prefix" "$status" "$folder/$stem" "$table"
}

# run_programs GROUP BUILD FOLDER TABLE: every test program of BUILD/tests/unit and tests/vfio; a large one in
# several processes, each with some of its tests.
run_programs() {
    local group=$1 build=$2 folder=$3 table=$4 program name shards shard
    while IFS= read -r program; do
        name=$(basename "$program")
        shards=$(($("$program" --gtest_list_tests --gtest_filter='*' | grep -c '^  ') / 100 + 1))
        for ((shard = 0; shard < shards; shard++)); do
            together run_stem "$group.$name" "$group-$name-$shard" "$folder" "$table" \
                env GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard "$program"
        done
    done < <(find "$build/tests/"{unit,vfio} -maxdepth 1 -type f -executable | sort)
}
