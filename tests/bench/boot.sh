# boot.sh: a timed boot, and figures beside their bounds; sourced. dir: the script's, where images.sh has put everything.
# shellcheck shell=sh
# shellcheck disable=SC2154

# boot DISK KERNEL INITRD WORDS PATTERN: the milliseconds till the console says so; the disk is as it was afterwards.
boot() {
	rm -f "$dir/run/disk.qcow2"
	qemu-img create -q -f qcow2 -F raw -b "$dir/$1.img" "$dir/run/disk.qcow2"
	expect tests/bench/boot.exp "$dir/vmlinuz-$2" "$dir/initrd-$3" "$4" "$dir/run/disk.qcow2" "$5" </dev/null
}

# against FIGURE BOUND: "-" is no bound.
against() {
	[ "$2" != - ] || return 0
	if [ "$1" -le "$2" ]; then echo holds; else echo 'DOES NOT HOLD'; fi
}

seconds() {
	echo "$1" | awk '{ print $1 == "-" ? $1 : sprintf("%.1f", $1 / 1000) }'
}
