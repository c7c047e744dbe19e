#!/bin/sh
# run.sh [ROW...]: make boots: the disks, made when they are missing, then every row of the matrix (or the named ones) from its boot menu, one
# machine at a time; each console in build/qemu/logs/boots-ROW.log. Last line: N passed, N failed.
set -eu

cd "$(dirname "$0")/../.."
qemu/image.sh boots
mkdir -p build/qemu/logs build/qemu/run
passed=0 failed=0
begun=$(date +%s)

# A net under the limits each row keeps itself.
play() {
	rm -f "build/qemu/logs/boots-$name.log" "build/qemu/run/boots-$name"-*
	why=$(timeout -k 10 900 expect qemu/boots/row.exp "$name" "$firmware" "$disk" "$initramfs" "$entry" "$keys" "$after" "$logs" 2>&1 </dev/null)
}

row() {
	_started=$(date +%s) _result=yes
	play || _result=NO
	if [ "$_result" = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf '%-36s %-8s %-6s %-9s %-9s %-8s %-6s %-8s %s\n' \
		"$storage" "$firmware" "$disk" "$initramfs" "$entry" "$keys" "$after" "$_result" "$(($(date +%s) - _started))"
	[ "$_result" = yes ] || echo "    $name: $(echo "$why" | tr -s '\r\n' ' ' | tail -c 300)"
	rm -f "build/qemu/run/boots-$name"-*
}

printf '%-36s %-8s %-6s %-9s %-9s %-8s %-6s %-8s %s\n' storage firmware disk initramfs entry keys after repaired seconds
grep -v '^#' qemu/boots/rows >build/qemu/run/rows
while read -r name firmware disk initramfs entry keys after logs storage; do
	case " ${*:-$name} " in
	*" $name "*) row ;;
	esac
done <build/qemu/run/rows
echo "$(($(date +%s) - begun)) seconds"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
