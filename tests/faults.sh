#!/bin/sh
# faults.sh: what must hold when the machine fails under the program; the suites that strike it, one after the other. The last line counts them
# all: N passed, N failed.
set -u

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/fault
suites='tests/fault/run.sh tests/fault/hostile.sh tests/fault/doors.sh tests/fuzz/run.sh tests/fault/full.sh'
passed=0 failed=0
for suite in $suites; do
	echo "== $suite"
	sh "$suite" >build/fault/suite.log 2>&1
	status=$?
	cat build/fault/suite.log
	counts=$(tail -n 1 build/fault/suite.log | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
	[ -n "$counts" ] || counts='0 1'
	[ "$status" -eq 0 ] || [ "${counts#* }" -gt 0 ] || counts="${counts% *} 1"
	passed=$((passed + ${counts% *}))
	failed=$((failed + ${counts#* }))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
