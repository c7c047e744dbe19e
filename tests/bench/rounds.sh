#!/bin/sh
# rounds.sh: how files.sh, linkage.sh and growth.sh measure, sourced by them: functions, each timed in its turn, and their medians in rows. dir, for
# the figures, and runs are theirs; so is prepare, called with a function's name before its clock starts.
# shellcheck disable=SC2154

# cpu FILE: the milliseconds of processors that what was started here had taken, by what times(1) wrote.
cpu() {
	sed -n 2p "$1" | tr 'ms' '  ' | awk '{ printf "%d", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }'
}

# measure COMMAND: its milliseconds, and those of processors. Not in a subshell, which has started nothing.
measure() {
	prepare "$1"
	times >"$dir/before"
	_start=$(date +%s%N)
	"$@" >/dev/null 2>&1 || true
	_end=$(date +%s%N)
	times >"$dir/after"
	echo $(((_end - _start) / 1000000)) $(($(cpu "$dir/after") - $(cpu "$dir/before")))
}

# rounds NAME...
rounds() {
	for _name; do
		measure "$_name" >"$dir/warm"
		: >"$dir/$_name"
	done
	_run=0
	while [ "$_run" -lt "$runs" ]; do
		for _name; do
			measure "$_name" >>"$dir/$_name"
		done
		_run=$((_run + 1))
	done
}

# median NAME [COLUMN]: milliseconds; column 2: of processors.
median() {
	cut -d ' ' -f "${2:-1}" "$dir/$1" | sort -n | sed -n "$((($(wc -l <"$dir/$1") + 1) / 2))p"
}

head_row() {
	printf '%-44s %9s %6s %9s %9s\n' "$1" seconds ratio processor bound
}

# row TEXT NAME BASE [BOUND]: NAME's seconds, their ratio to BASE's, and those of processors; does the bound, milliseconds, hold?
row() {
	printf '%-44s %9s %6s %9s' "$1" "$(median "$2" | awk '{ printf "%.3f", $1 / 1000 }')" \
		"$(echo "$(median "$2") $(median "$3")" | awk '{ printf "%.2f", $1 / $2 }')" \
		"$(median "$2" 2 | awk '{ printf "%.2f", $1 / 1000 }')"
	if [ -n "${4-}" ]; then
		printf ' %9s %s' "$(echo "$4" | awk '{ printf "%.2f", $1 / 1000 }')" \
			"$([ "$(median "$2")" -le "$4" ] && echo holds || echo 'DOES NOT HOLD')"
	fi
	echo
}
