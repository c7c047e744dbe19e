#!/bin/sh
# run.sh: sizes of the payload and of the self-contained initramfs, and the time from QEMU's start (TCG) until root is mounted and its own init
# speaks, next to an initramfs of dracut's and a bare busybox one made in the same run. Beside each figure the bound, and whether it holds.
# Then recovery.sh and files.sh. In the environment: RUNS, how often each boots (5).
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/bench
runs=${RUNS:-5}
export RD_WORK="$dir"
[ "$(id -u)" -eq 0 ] || {
	echo 'make bench: needs root, as the trees do' >&2
	exit 2
}
sh qemu/image.sh trees
mkdir -p "$dir/run"
if ! unshare -m sh tests/bench/images.sh "$dir" >"$dir/images.log" 2>&1; then
	tail -n 20 "$dir/images.log" >&2
	exit 1
fi

# shellcheck source=tests/bench/boot.sh
. tests/bench/boot.sh

# boots KERNEL INITRD WORDS: the milliseconds of each boot, sorted.
boots() {
	_run=0
	while [ "$_run" -lt "$runs" ]; do
		boot root "$1" "$2" "$3" 'root is mounted'
		_run=$((_run + 1))
	done | sort -n
}

# image NAME KERNEL INITRD WORDS BYTES MILLISECONDS
image() {
	[ -f "$dir/initrd-$3" ] || return 0
	_size=$(stat -c %s "$dir/initrd-$3")
	_boots=$(boots "$2" "$3" "$4")
	_median=$(echo "$_boots" | sed -n "$(((runs + 1) / 2))p")
	printf '%-38s %9s %9s %-14s' "$1" "$_size" "$5" "$(against "$_size" "$5")"
	printf '%5s %5s-%-5s %4s %s\n' "$(seconds "$_median")" "$(seconds "$(echo "$_boots" | head -n 1)")" "$(seconds "$(echo "$_boots" | tail -n 1)")" \
		"$(seconds "$6")" "$(against "$_median" "$6")"
}

uuid='root=UUID=5d0c0000-0000-4000-8000-62656e636800'
_size=$(stat -c %s build/rd-recovery)
printf '%-38s %9s %9s %-14s%5s %11s %4s\n' '' bytes bound '' s least-most bound
printf '%-38s %9s %9s %s\n' payload "$_size" 819200 "$(against "$_size" 819200)"
image 'self-contained, cloud kernel' cloud cloud "$uuid" 3145728 4000
image 'the same with known-good copies' cloud capture "$uuid" - -
image 'the same, what this root needs only' cloud needed "$uuid" - 4000
image 'self-contained, generic kernel' generic generic "$uuid" 12582912 4000
image 'dracut, cloud kernel' cloud dracut "$uuid" - -
image 'busybox alone, cloud kernel' cloud busybox '' - -
image 'busybox alone, generic kernel' generic busybox-generic '' - -
sh tests/bench/recovery.sh
sh tests/bench/files.sh
sh tests/bench/accounts.sh
