#!/bin/sh
# run.sh [--long] [SUITE...]: every power cut. For each file system a guest records what a run and its rollback write; a second one rebuilds from that
# log the states a cut can leave, mounts each and checks it (visit.h). Then both again with a program whose fsync does nothing: some of it must go red.
# --long: more subsets, and every state. STATES of each are checked otherwise (270), JOBS file systems at a time (the number of processors). Needs no root.
# Last lines: N states, N bad; N passed, N failed. Fewer than 1500 states in all suites are a failure.
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/qemu/cuts
PATH=$PATH:/usr/sbin:/sbin

# NAME TYPE OPTIONS SIZE
suites() {
	cat <<-'END'
		ext4-ordered ext4 data=ordered 16M
		ext4-journal ext4 data=journal 16M
		ext4-writeback ext4 data=writeback 16M
		xfs xfs inode64 32M
		btrfs btrfs datacow 128M
		vfat vfat umask=0077 40M
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

# machine SECONDS NAME WORDS [OPTION...]: its console in NAME.log. Programs lie at the same addresses each time, so that the emulator
# translates them once, and without mitigations.
machine() {
	_limit=$1 _log=$dir/$2.log _words="console=ttyS0 quiet loglevel=1 no_timer_check panic=-1 norandmaps mitigations=off $3"
	shift 3
	timeout -k 5 "$_limit" qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=single}" -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+aes,+pclmulqdq -m 768 -nographic -no-reboot -nic none \
		-kernel "$dir/vmlinuz" -initrd "$dir/initrd" -append "$_words" "$@" </dev/null >"$_log" 2>&1
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

# record NAME TYPE OPTIONS SIZE [unsynced]: what root and /boot are written in a run and a rollback.
record() {
	format "$2" "$dir/$1-root.base" "$4"
	format vfat "$dir/$1-boot.base" 40M
	# shellcheck disable=SC2046 # a list of words without blanks in them
	machine 300 "$1-record" "role=record type=$2 options=$3 unsynced=${5-}" $(logged root "$dir/$1-root") $(logged boot "$dir/$1-boot")
	grep -q '^recorded' "$dir/$1-record.log"
}

# check NAME DISK TYPE OPTIONS MOST: writes, flushes, states, how many of them ext4 left to e2fsck -p, and bad ones into NAME.result.
check() {
	_file=$dir/$1-$2
	"$dir/cuts" list "$3" "$_file.writes" "$_file.base" "$few" "$randoms" >"$_file.list"
	read -r _writes _flushes _marks _all <"$_file.list"
	[ "$_marks" -eq 3 ] || return
	machine "$limit" "$1-check" "role=check type=$3 options=$4 few=$few randoms=$randoms most=$5 all=$_all" \
		-drive "file=$_file.writes,format=raw,if=virtio,readonly=on" -drive "file=$_file.base,format=raw,if=virtio,readonly=on"
	tr -d '\r' <"$dir/$1-check.log" | sed -n "s/.*checked \([0-9]*\) mended \([0-9]*\) bad \([0-9]*\)\$/$_writes $_flushes \1 \2 \3/p" >"$dir/$1.result"
	[ -s "$dir/$1.result" ]
}

# one NAME TYPE OPTIONS SIZE MOST [unsynced]
one() {
	rm -f "$dir/$1.result"
	if [ "$2" = vfat ]; then
		record "$1" ext4 data=ordered 16M "${6-}" && check "$1" boot "$2" "$3" "$5"
	else
		record "$1" "$2" "$3" "$4" "${6-}" && check "$1" root "$2" "$3" "$5"
	fi
}

few=4 randoms=12 most=${STATES:-270} limit=3600 least=1500
[ "${1-}" != --long ] || {
	few=8 randoms=64 most=1000000 limit=20000
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
long=''
[ "$few" -eq 4 ] || long=--long
begun=$(date +%s)

# wanted SUITE...: what one takes, a line each: the suites and behind them their controls.
wanted() {
	for _control in '' control-; do
		suites | while read -r _name _rest; do
			case " ${*:-$_name} " in
			*" $_name "*) echo "$_control$_name $_rest ${_control:+100 unsynced}" ;;
			esac
		done
	done | sed "/unsynced\$/!s/ *\$/ $most/"
}

wanted "$@" >"$dir/wanted"
# shellcheck disable=SC2086 # no word where it is not long
xargs -P "${JOBS:-$(nproc)}" -L 1 sh qemu/cuts/run.sh $long --one <"$dir/wanted" || :

# A suite that found nothing bad, and a control that found something.
verdict() {
	case $unsynced:$bad in
	:0 | unsynced:[1-9]*) passed=$((passed + 1)) && return ;;
	:none | unsynced:none) tail -n 3 "$dir/$name-record.log" "$dir/$name-check.log" || : ;;
	unsynced:0) echo '    nothing is bad without fsync: this proves nothing' ;;
	*) grep -a '^bad:' "$dir/$name-check.log" | head -n 5 ;;
	esac
	failed=$((failed + 1))
}

total=0 total_bad=0 passed=0 failed=0
printf '%-22s %-16s %7s %8s %7s %7s %5s\n' 'file system' mode writes flushes states mended bad
while read -r name _ options _ _ unsynced; do
	writes=- flushes=- states=0 mended=- bad=none
	[ ! -s "$dir/$name.result" ] || read -r writes flushes states mended bad <"$dir/$name.result"
	printf '%-22s %-16s %7s %8s %7s %7s %5s\n' "$name" "$options" "$writes" "$flushes" "$states" "$mended" "$bad"
	verdict
	[ -n "$unsynced" ] || [ "$bad" = none ] || total=$((total + states)) total_bad=$((total_bad + bad))
done <"$dir/wanted"
echo "$(($(date +%s) - begun)) seconds"
echo "$total states, $total_bad bad"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$total" -ge "$least" ]
