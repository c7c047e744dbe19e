#!/bin/sh
# demo.sh: makes what is missing of the demonstration's disks, then plays the story (demo.exp). Exit status 0 only when its owner got in.
set -eu

cd "$(dirname "$0")/.."
qemu/image.sh
mkdir -p build/qemu/logs build/qemu/run
rm -f build/qemu/logs/demo.log build/qemu/run/demo-*
status=0
expect qemu/demo.exp </dev/null || status=$?
rm -f build/qemu/run/demo-*
[ "$status" -eq 0 ] || echo "The demo FAILED (console: build/qemu/logs/demo.log)" >&2
exit "$status"
