#!/bin/sh
# run.sh [SECONDS | --executions N] [HARNESS...]: the parsers' harnesses (NAME_fuzz.c), so many seconds for all of them together (60), or so
# many executions each; as many at a time as there are processors. Prints for each: executions, executions a second, edges covered, crashes,
# and whether it ended as it should. Last lines: N executions; N passed, N failed.
#
# Each starts from corpus/NAME, which holds what is worth keeping: seeds and the inputs that once broke something. What it finds on the way
# goes to build/fuzz/found/NAME and is its start the next time; an input that breaks it stays in build/fuzz/NAME-crash-*.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/fuzz

# number NAME: of "stat::NAME: N" in the log.
number() {
	sed -n "s/^stat::$1: *\([0-9]*\)$/\1/p" "$_log" | tail -n 1
}

# row SECONDS EXECUTIONS NAME: one harness; -1 executions: no bound, 0 seconds: none.
row() {
	_log=$out/$3.log _ended=ok
	mkdir -p "$out/found/$3"
	# short inputs say as much, and more of them do
	_longest=$(find "$here/corpus/$3" -type f -size +0 -printf '%s\n' | sort -n | tail -n 1)
	# an input that takes longer than this hangs; one that wants more memory than this is none a parser may want
	ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=4:detect_stack_use_after_return=0 \
		"$out/$3_fuzz" -timeout=10 -rss_limit_mb=1024 -max_len="$_longest" -runs="$2" -max_total_time="$1" -print_final_stats=1 \
		-artifact_prefix="$out/$3-" "$out/found/$3" "$here/corpus/$3" >"$_log" 2>&1 || _ended=BROKE
	printf '%-12s %12s %10s %6s %7s %s\n' "$3" "$(number number_of_executed_units)" "$(number average_exec_per_sec)" \
		"$(sed -n 's/^.* cov: \([0-9]*\) .*$/\1/p' "$_log" | tail -n 1)" "$(grep -c 'Test unit written to' "$_log")" $_ended
	[ $_ended = ok ] || tail -n 40 "$_log" | sed 's/^/  # /'
}

seconds=60 executions=-1
case ${1-} in
--row)
	row "$2" "$3" "$4"
	exit
	;;
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
jobs=$(nproc)
rounds=$((($# + jobs - 1) / jobs))
[ "$seconds" -eq 0 ] || seconds=$((seconds / rounds + (seconds < rounds)))

printf '%-12s %12s %10s %6s %7s\n' parser executions 'a second' edges crashes
printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh "$here/run.sh" --row "$seconds" "$executions" NAME | tee "$out/rows"
awk -v all=$# '$NF == "ok" && NF == 6 { passed++ } NF == 6 && $2 ~ /^[0-9]+$/ { total += $2 } END {
	printf "%d executions\n%d passed, %d failed\n", total, passed, all - passed
	exit passed < all }' "$out/rows"
