#!/bin/sh
# run.sh: every part of the tests, in two rows side by side: most of what works on this machine; the guests, which mostly have one processor, and the rest. Then what failed,
# once more, and each part's figures; the last line counts them all: N passed, N failed.
set -u

cd "$(dirname "$0")/.." || exit 1
logs=$PWD/build/suites
# shellcheck source=tests/suites.sh
. tests/suites.sh

seen='tests/run/init.sh screen_and_serial_line_are_read_by_a_person'
set -- qemu/run-tests.sh "$seen" tests/install.sh tests/initramfs.sh tests/entries.sh
row "$@" &
row tests/build.sh build/unit tests/target/run.sh tests/fleet/run.sh 'tests/lockouts/run.sh --third'
wait
tally tests/build.sh build/unit tests/target/run.sh tests/fleet/run.sh 'tests/lockouts/run.sh --third' "$@"
