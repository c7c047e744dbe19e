#!/bin/sh
# run.sh [SECONDS | --executions N] [HARNESS...]: the parsers' harnesses (NAME_fuzz.c), so many seconds for all of them together (60), or so
# many executions each. Prints for each: executions, executions a second, edges covered, crashes. Last lines: N executions; N passed, N failed.
#
# Each starts from corpus/NAME, which holds what is worth keeping: seeds and the inputs that once broke something. What it finds on the way
# goes to build/fuzz/found/NAME and is its start the next time; an input that breaks it stays in build/fuzz/NAME-crash-*.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/fuzz
seconds=60 executions=-1
case ${1-} in
--executions)
	executions=${2:?N} seconds=0
	shift 2
	;;
[0-9]*)
	seconds=$1
	shift
	;;
esac

make -s -C "$top" fuzzers || exit 1
if [ $# -eq 0 ]; then
	for source in "$here"/*_fuzz.c; do
		name=${source##*/}
		set -- "$@" "${name%_fuzz.c}"
	done
fi
[ "$seconds" -eq 0 ] || seconds=$((seconds / $# + (seconds < $#)))
# an input that takes longer than this hangs; one that wants more memory than this is none a parser may want
limits='-timeout=10 -rss_limit_mb=1024'
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=4:detect_stack_use_after_return=0

# number NAME: of "stat::NAME: N" in the log.
number() {
	sed -n "s/^stat::$1: *\([0-9]*\)$/\1/p" "$_log" | tail -n 1
}

# one NAME: its row; false: it broke.
one() {
	_log=$out/$1.log
	mkdir -p "$out/found/$1"
	# short inputs say as much, and more of them do
	_longest=$(find "$here/corpus/$1" -type f -size +0 -printf '%s\n' | sort -n | tail -n 1)
	# shellcheck disable=SC2086 # words
	"$out/$1_fuzz" $limits -max_len="$_longest" -runs="$executions" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$out/$1-" \
		"$out/found/$1" "$here/corpus/$1" >"$_log" 2>&1
	_status=$?
	_edges=$(sed -n 's/^.* cov: \([0-9]*\) .*$/\1/p' "$_log" | tail -n 1)
	_crashes=$(grep -c 'Test unit written to' "$_log")
	_executions=$(number number_of_executed_units)
	total=$((total + ${_executions:-0}))
	printf '%-12s %12s %10s %6s %7s\n' "$1" "$_executions" "$(number average_exec_per_sec)" "${_edges:-?}" "$_crashes"
	[ "$_status" -eq 0 ] && return
	tail -n 40 "$_log" | sed 's/^/  # /'
	return 1
}

printf '%-12s %12s %10s %6s %7s\n' parser executions 'a second' edges crashes
passed=0 failed=0 total=0
for name; do
	if one "$name"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
echo "$total executions"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
