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

# A control is right when it fails, and at the login.
is_refused() {
	! play && [ "$why" = 'the login of argo was refused' ]
}

# repaired, on the disk: "no" is a control's; anything in capitals has failed.
judge() {
	if [ "$entry" != ordinary ]; then
		play && _result=yes || _result=NO
	else
		is_refused && _result=no || _result=WRONG
	fi
	case $_result in
	[a-z]*) passed=$((passed + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
}

line() {
	printf '%-36s %-8s %-6s %-9s %-9s %-8s %-6s %-8s %s\n' "$@"
}

row() {
	_started=$(date +%s)
	judge
	line "$storage" "$firmware" "$disk" "$initramfs" "$entry" "$keys" "$after" "$_result" "$(($(date +%s) - _started))"
	case $_result in [A-Z]*) echo "    $name: $(echo "${why:-passed}" | tr -s '\r\n' ' ' | tail -c 300)" ;; esac
	rm -f "build/qemu/run/boots-$name"-*
}

line storage firmware disk initramfs entry keys after repaired seconds
grep -v '^#' qemu/boots/rows >build/qemu/run/rows
while read -r name firmware disk initramfs entry keys after logs storage; do
	case " ${*:-$name} " in
	*" $name "*) row ;;
	esac
done <build/qemu/run/rows
echo "$(($(date +%s) - begun)) seconds"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
