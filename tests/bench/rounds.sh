#!/bin/sh
# rounds.sh: how files.sh and linkage.sh measure, sourced by them: functions, each timed in its turn, and their medians in rows. dir, for the
# figures, and runs are theirs; so is prepare, called with a function's name before its clock starts.
# shellcheck disable=SC2154

# milliseconds COMMAND
milliseconds() {
	prepare "$1"
	_start=$(date +%s%N)
	"$@" >/dev/null 2>&1 || true
	echo $((($(date +%s%N) - _start) / 1000000))
}

# rounds NAME...
rounds() {
	for _name; do
		milliseconds "$_name" >/dev/null # warm
		: >"$dir/$_name"
	done
	_run=0
	while [ "$_run" -lt "$runs" ]; do
		for _name; do
			milliseconds "$_name" >>"$dir/$_name"
		done
		_run=$((_run + 1))
	done
}

median() {
	sort -n "$dir/$1" | sed -n "$(((runs + 1) / 2))p"
}

# row TEXT NAME BASE: NAME's seconds, and their ratio to BASE's.
row() {
	printf '%-38s %9s %6s\n' "$1" "$(median "$2" | awk '{ printf "%.2f", $1 / 1000 }')" \
		"$(echo "$(median "$2") $(median "$3")" | awk '{ printf "%.1f", $1 / $2 }')"
}
