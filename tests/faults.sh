#!/bin/sh
# faults.sh [--soak SECONDS]: what must hold when the machine fails under the program. Three rows of suites side by side: those that strike it on this
# machine, the power cuts of guests, and guests that wait more than they work. Then each suite's figures, and a last line that counts them all: N passed,
# N failed.
# --soak: everything each of them can do, which takes hours, and those that go on for ever for so many seconds each.
set -u

cd "$(dirname "$0")/.." || exit 1
logs=$PWD/build/fault/suites
# shellcheck source=tests/suites.sh
. tests/suites.sh

long='' storm='' all='' seconds='' ci=' --ci'
if [ "${1-}" = --soak ]; then
	ci='' long=' --long' all=' --all' seconds=" ${2:?SECONDS}" storm=" --runs 5000 --seconds $2 --seed $(date +%s)"
fi

# made once, before two ask for it
sh qemu/image.sh trees && sh qemu/image.sh hangs || exit 1
cuts="qemu/cuts/run.sh$long" hangs="qemu/hangs/run.sh$ci"
set -- "tests/fault/run.sh$storm" "tests/fault/hostile.sh$all" tests/fault/doors.sh "tests/fuzz/run.sh$seconds" tests/fault/full.sh
row "$cuts" &
row "$hangs" qemu/quota/run.sh &
row "$@"
wait
tally "$@" "$cuts" "$hangs" qemu/quota/run.sh
