#!/bin/sh
# run.sh: every part of the tests that is there; then what failed, once more; the last line counts them all: N passed, N failed.
set -u

cd "$(dirname "$0")/.." || exit 1
mkdir -p build
: >build/failed.log
passed=0 failed=0
for part in tests/build.sh build/unit tests/target/run.sh tests/install.sh tests/initramfs.sh tests/entries.sh "tests/lockouts/run.sh --third" qemu/run-tests.sh; do
	echo "== $part"
	# shellcheck disable=SC2086 # a program and its arguments
	case $part in
	*.sh*) sh $part ;;
	*) "$part" ;;
	esac >build/part.log 2>&1
	status=$?
	cat build/part.log
	# Check's lines say :F: or :E: behind the place.
	grep -aE '^not ok|^[^ ]+:[0-9]+:[FE]:' build/part.log | sed "s,^,$part: ," >>build/failed.log
	counts=$(tail -n 1 build/part.log | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
	# A part that fails without a count of failures is one failure.
	[ "$status" -eq 0 ] || [ "${counts#* }" -gt 0 ] 2>/dev/null || counts="${counts:-0 0}" failed=$((failed + 1))
	[ -n "$counts" ] || counts='0 1'
	passed=$((passed + ${counts% *}))
	failed=$((failed + ${counts#* }))
done
cat build/failed.log
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
