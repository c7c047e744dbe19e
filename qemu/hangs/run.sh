#!/bin/sh
# run.sh [--ci | ROW...]: machines in which something hangs, every row of the table (or those CI has time for, or the named ones), one at a time; each
# console in build/qemu/logs/hangs-ROW.log. Last lines: N boots, N of them ended; N passed, N failed.
set -eu

cd "$(dirname "$0")/../.."
qemu/image.sh hangs
mkdir -p build/qemu/logs build/qemu/run
passed=0 failed=0
begun=$(date +%s)

# A net under the limits each row keeps itself.
play() {
	rm -f "build/qemu/logs/hangs-$name.log" "build/qemu/run/hangs-$name"-*
	timeout -k 10 600 expect qemu/hangs/row.exp "$name" "$image" "$bus" "$when" "$what" "$words" "$after" "$end" "$said" 2>&1 </dev/null
}

row() {
	_result=ok
	_said=$(play) || _result='not ok'
	if [ "$_result" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	echo "$_result $name: $what at $when, after=$after: $end ($(echo "$_said" | tr -s '\r\n' ' ' | tail -c 200))"
	rm -f "build/qemu/run/hangs-$name"-*
}

grep -v '^#' qemu/hangs/rows >build/qemu/run/hangs
while read -r name ci image bus when what words after end said; do
	case " ${*:-$name} " in
	*" $name "* | *" --$ci "*) row ;;
	esac
done <build/qemu/run/hangs
echo "$((passed + failed)) boots in $(($(date +%s) - begun)) seconds, $passed ended as they should"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
