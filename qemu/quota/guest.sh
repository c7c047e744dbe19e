#!/bin/busybox sh
# shellcheck shell=dash
# guest.sh: one snapshot of a small root (qemu/cuts/tree.sh) for each step, whose btrfs quota lets it grow by so many KiB. After the run each file is
# wholly old or wholly new, none is lost or left over, the report says what the shadow file shows, the pivots say where the logs went and why, and the
# rollback, under the same quota, gives back the old tree. Last line: N passed, N failed.
set -eu

passed=0 failed=0
mkdir /top
mount -t btrfs /dev/vda /top
btrfs subvolume create /top/sound >/dev/null
cp -a /tree/. /top/sound/
seq 1 4000 >/top/sound/boot/vmlinuz
# the same hash in every run
rd-recovery hash </password >/conf
chmod 600 /conf
btrfs quota enable /top

content() {
	cuts tree /mnt | grep -v -e '^/var/lib/rd-recovery' -e '^/home/\.rd-recovery' -e '-recovery-logs-' >"$1"
}

# fresh NAME [KIB]
fresh() {
	btrfs subvolume snapshot /top/sound "/top/$1" >/dev/null
	sync
	[ -z "${2-}" ] || btrfs qgroup limit -e "$2K" "/top/$1"
	mount -t btrfs -o "subvol=$1" /dev/vda /mnt
}

run() {
	status=0
	rd-recovery run --json --root /mnt --user argo --password config --config /conf --phases 1,2,3,4,8 >/json 2>/said </dev/null || status=$?
}

wrong() {
	why="$why${why:+; }$*"
}

whole() {
	content /now
	_odd=$(grep -Fxv -f /old -f /new /now | head -n 3 | tr '\n' ' ')
	[ -z "$_odd" ] || wrong "neither old nor new: $_odd"
	cut -d ' ' -f 1 /now >/paths
	_lost=$(cut -d ' ' -f 1 /old | grep -Fx -f /stay | grep -Fxv -f /paths | head -n 3 | tr '\n' ' ')
	[ -z "$_lost" ] || wrong "lost: $_lost"
}

agrees() {
	set=false
	grep '^/etc/shadow ' /now | grep -Fxq -f /old || set=true
	[ "$status" -eq 1 ] || wrong "exit status $status"
	grep -q "\"password_set\": *$set" /json || wrong "the report does not say password_set: $set"
	[ $set = true ] || grep -q 'Quota exceeded' /said || wrong 'the console names no quota'
}

logged() {
	logs=$(sed -n 's/^logs: //p' /said | tail -n 1)
	[ -s "$logs/report.json" ] || wrong "no logs in '$logs'"
	case $logs in
	/mnt/boot/*) return 0 ;;
	/mnt/var/log/*) _before=/mnt/boot ;;
	*) _before='/mnt/boot /mnt/var/log' ;;
	esac
	for _place in $_before; do
		grep -Eq "tried: $_place/[^|]* \| failed: [^|]*Quota exceeded[^|]* \| next: " "$logs/pivots.log" ||
			wrong "pivots.log does not say why not $_place"
	done
}

undone() {
	rd-recovery rollback --root /mnt >/undo 2>&1 </dev/null || wrong "rollback: $(tail -n 1 /undo)"
	content /now
	cmp -s /old /now || wrong "rollback left: $(diff /old /now | grep '^[-+]/' | head -n 3 | tr '\n' ' ')"
}

step() {
	why='' set='' logs=''
	fresh "$1" "$1"
	run
	whole
	agrees
	logged
	undone
	umount /mnt
	if [ -z "$why" ]; then
		passed=$((passed + 1))
		echo "ok quota of $1 KiB more: new password: $set, logs: $logs"
	else
		failed=$((failed + 1))
		echo "not ok quota of $1 KiB more: $why"
	fi
}

fresh any
content /old
run
content /new
umount /mnt
# of the old paths those that a run leaves where they are
cut -d ' ' -f 1 /new >/stay
grep '^/etc/shadow ' /new | grep -Fxq -f /old && echo 'not ok: with no quota there is no new password'
for kib in 16 64 128 256 1024 1152 1536 1792 2048 4096; do
	step $kib
done
[ "$set" = true ] || failed=$((failed + 1))
echo "$passed passed, $failed failed"
