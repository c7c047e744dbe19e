#!/bin/sh
# run.sh [--third | --rest] [--jobs N] [NN-id...]: every lock-out cause on a real root: refused before, named, repaired, let in by the test's own
# means, undone. --third: those of make test, --rest: the others. A folder a cause: `break` damages the root, `expect` says what must be seen
# (scenario.sh). Last line: N passed, N failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$top/build/lockouts

if [ "${1-}" = --one ]; then
	# shellcheck source=/dev/null
	. "$here/scenario.sh"
	scenario "$2" "$3"
	exit
fi

[ "$(id -u)" -eq 0 ] || {
	echo 'tests/lockouts: needs root' >&2
	exit 2
}
sh "$top/qemu/image.sh" trees || exit 1
RD_OUTER_MNT=$(readlink /proc/self/ns/mnt)
export RD_OUTER_MNT
# Nearly all of the time is PAM's own delay after a refusal.
jobs=16 part=
while :; do
	case ${1-} in
	--third) part=yes ;;
	--rest) part=no ;;
	--jobs) jobs=$2 && shift ;;
	*) break ;;
	esac
	shift
done
if [ $# -eq 0 ]; then
	cd "$here" || exit 1
	set -- [0-9][0-9]-*
fi

rm -rf --one-file-system "$work"
mkdir -p "$work"
for name; do
	[ -f "$here/$name/expect" ] || {
		echo "tests/lockouts: $name says nothing of what to expect" >&2
		exit 1
	}
	(
		on='systemd openrc' third_part=no
		# shellcheck source=/dev/null
		. "$here/$name/expect"
		[ -z "$part" ] || [ "$third_part" = "$part" ] || exit 0
		for init in $on; do echo "$name $init"; done
	)
done >"$work/list"
# A PID namespace of its own too: what a scenario leaves running ends with it.
xargs -P "$jobs" -L 1 sh -c "unshare -m -p -f --mount-proc timeout -k 5 600 sh '$here/run.sh' --one \"\$0\" \"\$1\" \
	>'$work/'\"\$0-\$1.log\" 2>&1; echo \$? >'$work/'\"\$0-\$1.status\"" <"$work/list"

passed=0 failed=0
printf '%-26s %-8s %-7s %-9s %s\n' cause init found repaired seconds
while read -r name init; do
	one=$work/$name-$init
	if [ "$(cat "$one.status" 2>/dev/null)" = 0 ]; then
		passed=$((passed + 1))
		tail -n 1 "$one.log"
	else
		failed=$((failed + 1))
		printf 'not ok %s %s\n' "$name" "$init"
		tail -n 40 "$one.log" 2>/dev/null
	fi
done <"$work/list"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
