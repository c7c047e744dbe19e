#!/bin/sh
# run.sh [--long] [SUITE...]: every power cut. For each file system a guest records what a run and its rollback write; a second one rebuilds from that
# log the states a cut can leave, mounts each and checks it (visit.h). In both guests the same with a program whose fsync does nothing, the control: some
# of it must go red. --long: more subsets, and every state. STATES: so many of each suite, not what the table says; JOBS file systems at a time (1).
# Needs no root. Last lines: N states, N bad; N passed, N failed. Fewer than 1500 states in all suites are a failure.
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/qemu/cuts
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=/dev/null
. qemu/cuts/machine.sh

# NAME TYPE OPTIONS SIZE STATES
suites() {
	cat <<-'END'
		ext4-ordered ext4 data=ordered 16M 260
		ext4-journal ext4 data=journal 16M 260
		ext4-writeback ext4 data=writeback 16M 260
		xfs xfs inode64 32M 260
		btrfs btrfs datacow 128M 230
		vfat vfat umask=0077 40M 240
	END
}

# format TYPE FILE SIZE: behind the file system is the place for marks (log.h).
format() {
	rm -f "$2"
	truncate -s "$3" "$2"
	case $1 in
	ext4) mke2fs -q -t ext4 -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 "$2" ;;
	xfs) mkfs.xfs -q --unsupported "$2" >/dev/null 2>&1 ;; # so small: for tests only
	btrfs) mkfs.btrfs -q "$2" >/dev/null ;;
	vfat) mkfs.vfat -F 32 -s 1 "$2" >/dev/null ;;
	esac
	truncate -s +256K "$2"
}

# logged NODE FILE: a virtio disk whose writes go to FILE.writes too.
logged() {
	cp "$2.base" "$2.img"
	: >"$2.writes"
	echo "-blockdev driver=file,filename=$2.img,cache.no-flush=on,node-name=$1-file"
	echo "-blockdev driver=file,filename=$2.writes,cache.no-flush=on,node-name=$1-log"
	echo "-blockdev driver=blklogwrites,node-name=$1,file=$1-file,log=$1-log,log-sector-size=512"
	echo "-device virtio-blk-pci,drive=$1,discard=off,write-zeroes=off"
}

# record NAME TYPE OPTIONS SIZE: what root and /boot are written in a run and a rollback, and in the control's run.
record() {
	_disks=''
	for _disk in root boot control-root control-boot; do
		case $_disk in
		*root) format "$2" "$dir/$1-$_disk.base" "$4" ;;
		*) format vfat "$dir/$1-$_disk.base" 40M ;;
		esac
		_disks="$_disks $(logged "$_disk" "$dir/$1-$_disk")"
	done
	# shellcheck disable=SC2086 # a list of words without blanks in them
	machine 600 "$1-record" "role=record type=$2 options=$3" $_disks
	grep -q '^recorded' "$dir/$1-record.log"
}

# listed NAME-DISK TYPE: "WRITES FLUSHES MARKS STATES" of its log.
listed() {
	"$dir/cuts" list "$2" "$dir/$1.writes" "$dir/$1.base" "$few" "$randoms"
}

drive() {
	echo "-drive file=$1,format=raw,if=virtio,readonly=on"
}

# check NAME DISK TYPE OPTIONS MOST: into NAME.result and control-NAME.result writes, flushes, states, how many of them ext4 left to e2fsck -p, and bad ones.
check() {
	_drives=''
	for _disk in "$1-$2" "$1-control-$2"; do
		listed "$_disk" "$3" >"$dir/$_disk.list"
		_drives="$_drives $(drive "$dir/$_disk.writes") $(drive "$dir/$_disk.base")"
	done
	read -r _writes _flushes _marks _all <"$dir/$1-$2.list"
	read -r _control_writes _control_flushes _control_marks _control <"$dir/$1-control-$2.list"
	[ "$_marks $_control_marks" = '3 2' ] || return
	# shellcheck disable=SC2086 # a list of words without blanks in them
	machine "$limit" "$1-check" "role=check type=$3 options=$4 few=$few randoms=$randoms most=$5 all=$_all control=$_control" $_drives
	tr -d '\r' <"$dir/$1-check.log" >"$dir/$1-said"
	sed -n "s/.*suite checked \([0-9]*\) mended \([0-9]*\) bad \([0-9]*\)\$/$_writes $_flushes \1 \2 \3/p" "$dir/$1-said" >"$dir/$1.result"
	sed -n "s/.*control checked \([0-9]*\) mended \([0-9]*\) bad \([0-9]*\)\$/$_control_writes $_control_flushes \1 \2 \3/p" "$dir/$1-said" >"$dir/control-$1.result"
	[ -s "$dir/$1.result" ] && [ -s "$dir/control-$1.result" ]
}

# one NAME TYPE OPTIONS SIZE MOST
one() {
	rm -f "$dir/$1.result" "$dir/control-$1.result"
	if [ "$2" = vfat ]; then
		record "$1" ext4 data=ordered 16M && check "$1" boot "$2" "$3" "$5"
	else
		record "$1" "$2" "$3" "$4" && check "$1" root "$2" "$3" "$5"
	fi
}

few=4 randoms=12 most=${STATES-} limit=3600 least=1500 long=''
[ "${1-}" != --long ] || {
	few=8 randoms=64 most=1000000 limit=20000 long=--long
	shift
}
if [ "${1-}" = --one ]; then
	shift
	one "$@" || one "$@" # the emulator may stand still at a boot
	exit
fi

[ $# -eq 0 ] && [ -z "${STATES-}" ] || least=1
qemu/image.sh trees
mkdir -p "$dir"
rm -f "$dir"/*.result
sh qemu/cuts/initramfs.sh "$dir"
begun=$(date +%s)

suites | while read -r _name _type _options _size _states; do
	case " ${*:-$_name} " in
	*" $_name "*) echo "$_name $_type $_options $_size ${most:-$_states}" ;;
	esac
done >"$dir/wanted"
# shellcheck disable=SC2086 # no word where it is not long
xargs -P "${JOBS:-1}" -L 1 sh qemu/cuts/run.sh $long --one <"$dir/wanted" || :

# line NAME: a row of the table, from NAME.result.
line() {
	writes=- flushes=- states=0 mended=- bad=none
	[ ! -s "$dir/$1.result" ] || read -r writes flushes states mended bad <"$dir/$1.result"
	printf '%-22s %-16s %7s %8s %7s %7s %5s\n' "$1" "$options" "$writes" "$flushes" "$states" "$mended" "$bad"
}

# A suite that found nothing bad.
suite_passes() {
	line "$name"
	case $bad in
	0) ;;
	none) tail -n 3 "$dir/$name-record.log" "$dir/$name-check.log" || : ;;
	*) sed -n '/^bad:/p; /control/q' "$dir/$name-said" | head -n 5 ;;
	esac
	[ "$bad" = none ] || total=$((total + states)) total_bad=$((total_bad + bad))
	[ "$bad" = 0 ]
}

# A control that found something: the first of it.
control_passes() {
	line "control-$name"
	case $bad in
	none) return 1 ;;
	0) echo '    nothing is bad without fsync: this proves nothing' && return 1 ;;
	esac
	sed '1,/suite checked/d' "$dir/$name-said" | sed -n '/^bad:/{s/^/    /p;q}'
}

count() {
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

total=0 total_bad=0 passed=0 failed=0
printf '%-22s %-16s %7s %8s %7s %7s %5s\n' 'file system' mode writes flushes states mended bad
while read -r name _ options _; do
	count suite_passes
	count control_passes
done <"$dir/wanted"
[ "$total" -ge "$least" ] || failed=$((failed + 1))
echo "$total states, $total_bad bad, in $(($(date +%s) - begun)) seconds"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
