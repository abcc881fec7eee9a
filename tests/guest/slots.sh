# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the slot scripts of the guest share. In an emulated machine a process costs far more than what
# it does, so there are none here: functions leave their results in variables.
pci=/sys/bus/pci

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# find_board SLOT: sets `board`, the PCI address of what is or would be in the slot.
find_board() {
    [[ -e $pci/slots/$1/address ]] || die "no slot '$1'; there are: $(cd "$pci/slots" && echo *)"
    read -r board <"$pci/slots/$1/address"
    board=$board.0
}

# find_port SLOT: sets `board` and `port`, the PCI address of the bridge above the slot.
find_port() {
    local bus bridge
    find_board "$1"
    for bridge in "$pci"/devices/*/secondary_bus_number; do
        read -r bus <"$bridge"
        if [[ $bus -eq $((16#${board:5:2})) ]]; then
            port=${bridge%/*} port=${port##*/}
            return
        fi
    done
    die "no bridge above slot $1"
}

# wait_until CONDITION...: the limit counts looks, which are slow where the machine is.
wait_until() {
    local looks=2000
    until "$@"; do
        [[ $((looks--)) -gt 0 ]] || return 1
        pause
    done
}

# 30 ms, in which nothing comes out of a pipe of tools/guest/inside
pause() {
    read -r -t 0.03 <>/run/upciedev/silent || true
}
