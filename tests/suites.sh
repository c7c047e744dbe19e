#!/bin/sh
# suites.sh: suites in rows that run side by side, sourced. A suite is a command with its words, '-' for none; its last line is "N passed, N failed".
# logs is the folder for their output and figures, made anew here; the sourcing script's.
# shellcheck disable=SC2154

rm -rf "$logs"
mkdir -p "$logs"

# suite COMMAND: its output in one piece when it has ended; its figures, "PASSED FAILED SECONDS WORDS", in a file of its own. A suite that fails, or
# ends without counting, is one failure.
suite() {
	_log=$logs/$(echo "$1" | tr ' /' '--') _begun=$(date +%s) _status=0
	# shellcheck disable=SC2086 # a program and its arguments
	case ${1%% *} in
	*.sh) sh $1 ;;
	*) $1 ;;
	esac >"$_log" 2>&1 || _status=$?
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

# tally COMMAND...: what failed, once more; each suite's figures; the line that counts them all. False: something failed, or a suite did not end.
tally() {
	_passed=0 _failed=0 _width=0
	for _suite; do
		# Check's lines say :F: or :E: behind the place.
		grep -aE '^not ok|^[^ ]+:[0-9]+:[FE]:' "$logs/$(echo "$_suite" | tr ' /' '--')" | sed "s,^,$_suite: ,"
		[ "${#_suite}" -le "$_width" ] || _width=${#_suite}
	done
	printf "\n%-${_width}s %7s %7s %7s  %s\n" suite passed failed seconds figures
	for _suite; do
		_passes=0 _failures=1 _seconds=- _words='it did not end'
		read -r _passes _failures _seconds _words <"$logs/$(echo "$_suite" | tr ' /' '--').figures"
		printf "%-${_width}s %7s %7s %7s  %s\n" "$_suite" "$_passes" "$_failures" "$_seconds" "$_words"
		_passed=$((_passed + _passes)) _failed=$((_failed + _failures))
	done
	echo "$_passed passed, $_failed failed"
	[ "$_failed" -eq 0 ]
}
