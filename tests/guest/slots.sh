# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the slot scripts of the guest share.
pci=/sys/bus/pci

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# board_of SLOT: PCI address of what is or would be in the slot.
board_of() {
    [[ -e $pci/slots/$1/address ]] || die "no slot '$1'; there are: $(cd "$pci/slots" && echo *)"
    echo "$(<"$pci/slots/$1/address").0"
}

# port_of SLOT: PCI address of the bridge above the slot.
port_of() {
    local board bus port
    board=$(board_of "$1") || exit
    bus=$((16#$(cut -d: -f2 <<<"$board")))
    for port in "$pci"/devices/*/secondary_bus_number; do
        if [[ $(<"$port") -eq $bus ]]; then
            basename "$(dirname "$port")"
            return
        fi
    done
    die "no bridge above slot $1"
}

# wait_until SECONDS CONDITION...
wait_until() {
    local tenths=$(($1 * 10))
    shift
    until "$@"; do
        [[ $((tenths--)) -gt 0 ]] || return 1
        sleep 0.1
    done
}
