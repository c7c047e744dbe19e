#!/bin/sh
# run.sh: every part of the tests, in two rows side by side: what works on this machine, and the guests that mostly have one processor. Then what failed,
# once more, and each part's figures; the last line counts them all: N passed, N failed.
set -u

cd "$(dirname "$0")/.." || exit 1
logs=$PWD/build/suites
# shellcheck source=tests/suites.sh
. tests/suites.sh

set -- tests/build.sh build/unit tests/target/run.sh tests/fleet/run.sh tests/install.sh tests/initramfs.sh tests/entries.sh \
	'tests/lockouts/run.sh --third'
seen='tests/run/init.sh screen_and_serial_line_are_read_by_a_person'
row qemu/run-tests.sh "$seen" &
row "$@"
wait
tally "$@" qemu/run-tests.sh "$seen"
