#!/bin/sh
# story.sh DIR: whole runs on the story's root, a real Debian whose libcrypt lost SHA512-CRYPT, which comes back from the capture; its changes go
# to the disk that DIR is on. DIR/accepted, DIR/proven and DIR/over get a line a run: milliseconds till every door let the right password in, till
# every refusal of a wrong one was seen, and till the run's end; DIR/memory the most that the payload and all its children had at once, in KiB, of
# runs of their own, for looking costs time. In the environment: RUNS (5). recovery.sh starts it, as root, in a mount namespace of its own.
# shellcheck disable=SC2154 # root: set by enter
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:?} runs=${RUNS:-5}
tree=$top/build/qemu/systemd
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

# layers LOWER UPPER: an overlay at $dir/root.
layers() {
	rm -rf --one-file-system "$dir/${2:?}" "$dir/work"
	mkdir -p "$dir/$2" "$dir/work" "$dir/root"
	mount -t overlay -o "lowerdir=$1,upperdir=$dir/$2,workdir=$dir/work" story "$dir/root"
}

# The owner's machine: captured while it is well, then broken.
broken_machine() {
	layers "$tree" broken
	enter "$dir/root"
	owner
	no_display
	leave
	rm -rf --one-file-system "$dir/capture"
	"$top/build/rd-recovery" capture --root "$root" --output "$dir/capture"
	cripple
	umount "$dir/root"
}

recover() {
	"$@" "$top/build/rd-recovery" run --root "$dir/root" --password keep --capture "$dir/capture"
}

# A run, timed by what it says first: that the password gets in, then that a login is proven.
once() {
	layers "$dir/broken:$tree" upper
	_begun=$(date +%s%N) _wait=accepted
	recover env | while IFS= read -r _line; do
		case $_wait:$_line in
		accepted:*'argo gets in: '*) _next=proven ;;
		proven:*'argo can log in: '*) _next=nothing ;;
		*) continue ;;
		esac
		echo $((($(date +%s%N) - _begun) / 1000000)) >>"$dir/$_wait"
		_wait=$_next
	done
	echo $((($(date +%s%N) - _begun) / 1000000)) >>"$dir/over"
	umount "$dir/root"
}

broken_machine >"$dir/log" 2>&1
once # warm
rm -f "$dir/accepted" "$dir/proven" "$dir/over" "$dir/memory"
_run=0
while [ "$_run" -lt "$runs" ]; do
	once
	_run=$((_run + 1))
done
layers "$dir/broken:$tree" upper
recover python3 "$top/tests/bench/memory.py" "$dir/memory" >/dev/null
umount "$dir/root"
