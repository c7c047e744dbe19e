#!/bin/sh
# run.sh [--soak SECONDS] [faults' options]: every system call of every editing path made to fail, to end short, to be the last one, each way;
# for so long random pairs after that. On a small root in memory; root is needed. Last line: N passed, N failed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

if [ "${1-}" != --inside ]; then
	[ "$(id -u)" -eq 0 ] || {
		echo 'tests/fault: needs root' >&2
		exit 2
	}
	# whatever a struck program does to its processes and mounts stays in these
	exec unshare -m -p -f --mount-proc sh "$0" --inside "$@"
fi
shift
work=$top/build/fault/work
mkdir -p "$work"
# memory whose files can be immutable (Linux 6.6); else what is there
mount -t tmpfs -o mode=0700 fault "$work"
mount -t tmpfs -o mode=0755 run /run
# no process of this machine's within the reach of a struck cgroup.kill
mount -t tmpfs -o mode=0755 cgroup /sys/fs/cgroup
for word in old new; do
	echo "$word" | "$top/build/rd-recovery" hash | sed 's/.*= //' >"$work/$word"
done
sh "$here/root.sh" "$work"
exec "$top/build/fault/faults" "$@" "$top/build/fault" "$work" "$work"
