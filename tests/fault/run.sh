#!/bin/sh
# run.sh [faults' options]: every system call of every editing path made to fail, to end short, to be the last one, each way, on a small root in
# memory; before that, that the oracle sees what a bad editor does. Root is needed. Last line: N passed, N failed.
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
mkdir "$work/fixture"
for word in old new; do
	echo "$word" | "$top/build/rd-recovery" hash | sed 's/.*= //' >"$work/fixture/$word"
done
sh "$here/root.sh" "$work/fixture" "$top/build/rd-recovery"
programs=${PROGRAMS:-$top/build/fault}

# The oracle has to see a sin (control.c). A hang takes a case's whole limit: one is enough.
control() {
	case $1 in
	hang) _only='fsync 0 of process 0: from here EINTR' ;;
	lie) _only='renameat' ;;
	*) _only="kill" ;;
	esac
	CONTROL=$1 "$top/build/fault/faults" --control "$1" --scenario shadow --limit 5 --only "$_only" \
		"$programs/control" "$work/fixture" "$work"
}

if [ $# -eq 0 ]; then
	for sin in torn lie door stuck hang; do
		control "$sin" || {
			echo "not ok: the oracle does not see it: $sin"
			echo '0 passed, 1 failed'
			exit 1
		}
	done
	set -- --most 2 --runs 400 --pairs 400
fi
exec "$top/build/fault/faults" "$@" "$programs" "$work/fixture" "$work"
