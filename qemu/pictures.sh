#!/bin/sh
# pictures.sh: what the screen shows while the test at the greeter runs, as qemu/pictures/*.png, which README shows: with a palette, and small.
set -eu

cd "$(dirname "$0")/.."
taken=$PWD/build/qemu/pictures
mkdir -p "$taken"
rm -f "$taken"/*.png
PICTURES=$taken sh qemu/run-tests.sh greeter
for file in "$taken"/*.png; do
	to=qemu/pictures/${file##*/}
	pngtopam "$file" | pnmquant -quiet 64 | pnmtopng -quiet -compression 9 >"$to"
	echo "$to: $(stat -c %s "$to") bytes"
	[ "$(stat -c %s "$to")" -le 40960 ] || { echo "$to is too large for README" >&2 && exit 1; }
done
