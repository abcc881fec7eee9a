#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What `./dev demo` shows: the `upciedev` command on a simulated crate. Every command is printed as
# it could be typed. Run by ./dev, which builds first and puts the command on the PATH.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$root"
export UPCIEDEV_CRATE=sim:devices/crates/demo.yaml

if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'
else
    bold='' dim='' plain=''
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# show COMMAND...: print it, then run it; anything but success ends the demo.
show() {
    printf '%s$ %s%s\n' "$dim" "$*" "$plain"
    "$@"
}

# show_error STATUS COMMAND...: the command has to end with that exit status.
show_error() {
    local wanted=$1 status=0
    shift
    printf '%s$ %s%s\n' "$dim" "$*" "$plain"
    "$@" 2>&1 || status=$?
    if [[ $status -ne $wanted ]]; then
        echo "demo: exit status $status, $wanted was expected" >&2
        exit 1
    fi
}

say "A crate: boards in numbered slots behind the hub (MCH). This one is simulated."
echo "${dim}\$ export UPCIEDEV_CRATE=$UPCIEDEV_CRATE$plain"
show upciedev ls --picture

say "Who is the board in slot 4?"
show upciedev info 4

say "Registers by name: engineering units, names of values, fields. One batch."
show upciedev read adc ID TEMP TIME CTRL.MODE 'adc.ch[3].GAIN' STATUS

say "Writing takes the same units and names; steps without '=' read back, in order."
show upciedev write adc 'adc.ch[3].GAIN=-1.5' CTRL.MODE=external CTRL.ENABLE=1 'adc.ch[3].GAIN' CTRL

say "A block: elements of an area, here the output table, in volts of full scale."
show upciedev write adc 'LUT[0]=0,0.25,0.5,0.75,0.5,0.25,0,-0.25' 'LUT[0:8]'

say "Wait until a board has done its work: write, wait, read, in one batch."
show upciedev write edu1 FACTORIAL=10 STATUS.COMPUTING==0 FACTORIAL

say "Boards of other kinds answer to the same command; big-endian or floating point, who cares."
show upciedev read io UPTIME dio.INPUT 'module[0].CURRENT' 'dac[0].RANGE'
show upciedev read cavity1 FREQUENCY setpoint.AMPLITUDE setpoint.PHASE FORWARD_POWER

say "Everything a board has, but for registers whose reading has effects."
show upciedev dump timer

say "Errors name the place and the remedy."
show_error 3 upciedev read 6 ID
show_error 3 upciedev read adc 'adc.ch[3].GIAN'
show_error 1 upciedev write adc 'adc.ch[3].GAIN=12'
show_error 1 upciedev write adc CTRL.MODE=sideways
show_error 1 upciedev write adc dma.DESTINATION=0x1000

say "The same from C++ (examples/first.cpp), on this crate and, with 'local', on real boards:"
show build/cmake/examples/first "$UPCIEDEV_CRATE"

say "A full crate as processes of its own, one a slot, that many programs share: it stays up until 'sim down'."
UPCIEDEV_RUN=$(mktemp -d) # so that no crate of yours is in the way
export UPCIEDEV_RUN
trap 'upciedev sim down demo >/dev/null; rm -rf "$UPCIEDEV_RUN"' EXIT
show upciedev sim up devices/crates/full.yaml --name demo
show upciedev --crate crate:demo ls --picture

say "In Python: the timing board triggers a digitizer over the backplane (examples/trigger.py)."
show ./dev run -- python3 examples/trigger.py crate:demo

say "What one program did another one sees."
show upciedev --crate crate:demo read adc1 TRIGGERS WRITTEN CTRL.MODE

cat <<END

${bold}Next${plain}
  ./dev run -- upciedev --help              all of the command; docs/cli.md
  ./dev guest -- upciedev --crate local ls  the same through our kernel driver, in a virtual crate
  ./dev test                                everything that is promised, checked
END
