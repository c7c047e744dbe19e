#!/bin/sh
# faults.sh [--soak SECONDS]: what must hold when the machine fails under the program. Three rows of suites side by side: those that strike it on this
# machine, the power cuts of guests, and guests that wait more than they work. Then each suite's figures, and a last line that counts them all: N passed,
# N failed.
# --soak: everything each of them can do, which takes hours, and those that go on for ever for so many seconds each.
set -u

cd "$(dirname "$0")/.." || exit 1
logs=$PWD/build/fault/suites
rm -rf "$logs"
mkdir -p "$logs"

here='tests/fault/run.sh tests/fault/hostile.sh tests/fault/doors.sh tests/fuzz/run.sh tests/fault/full.sh'
cuts='qemu/cuts/run.sh'
waiting='qemu/hangs/run.sh qemu/quota/run.sh'

soak=''
[ "${1-}" != --soak ] || soak=${2:?SECONDS}

# words SUITE: what it is told.
words() {
	case $soak:$1 in
	:qemu/hangs/run.sh) echo --ci ;;
	[0-9]*:tests/fault/run.sh) echo "--runs 5000 --seconds $soak --seed $(date +%s)" ;;
	[0-9]*:tests/fault/hostile.sh) echo --all ;;
	[0-9]*:tests/fuzz/run.sh) echo "$soak" ;;
	[0-9]*:qemu/cuts/run.sh) echo --long ;;
	esac
}

# suite SCRIPT: its output in one piece when it has ended; its figures, "PASSED FAILED SECONDS WORDS", in a file of its own.
suite() {
	_log=$logs/$(echo "$1" | tr / -) _begun=$(date +%s) _status=0
	# shellcheck disable=SC2046 # words
	sh "$1" $(words "$1") >"$_log" 2>&1 || _status=$?
	_counts=$(tail -n 1 "$_log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
	[ -n "$_counts" ] || _counts='0 1'
	[ "$_status" -eq 0 ] || [ "${_counts#* }" -gt 0 ] || _counts="${_counts% *} 1"
	echo "$_counts $(($(date +%s) - _begun)) $(grep -E '[0-9] (cases|states|boots|executions)' "$_log" | tail -n 1)" >"$_log.figures"
	echo "== $1" && cat "$_log"
}

row() {
	for _suite; do
		suite "$_suite"
	done
}

# made once, before two ask for it
sh qemu/image.sh trees && sh qemu/image.sh hangs || exit 1
# shellcheck disable=SC2086 # lists of words
{
	row $cuts &
	row $waiting &
	row $here
}
wait

passed=0 failed=0
printf '\n%-22s %7s %7s %7s  %s\n' suite passed failed seconds figures
for suite in $here $cuts $waiting; do
	passes=0 failures=1 seconds=- words='it did not end'
	read -r passes failures seconds words <"$logs/$(echo "$suite" | tr / -).figures"
	printf '%-22s %7s %7s %7s  %s\n' "$suite" "$passes" "$failures" "$seconds" "$words"
	passed=$((passed + passes)) failed=$((failed + failures))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
