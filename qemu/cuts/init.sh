#!/bin/busybox sh
# init: the recording guest and the checking guest; role, type, options and the numbers come from the kernel line.
# shellcheck shell=sh disable=SC2154
set -eu
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
while read -r _module; do
	insmod "/modules/$_module"
done <"/modules/$type"
trap 'stty -F /dev/console onlcr; poweroff -f' EXIT # any setting waits until what was said is on the line
echo

mount_root() {
	mount -t "$type" -o "$options" "$root" /mnt
}

mount_boot() {
	mount -t vfat -o umask=0077 "$boot" /mnt/boot
}

# What was before: a root with faults, a /boot with a kernel and earlier logs.
populate() {
	mount_root
	cp -a /tree/. /mnt/
	mount_boot
	cp /bin/cuts /mnt/boot/vmlinuz
	for _run in 20260101-000000 20260102-000000; do
		mkdir "/mnt/boot/debian-recovery-logs-$_run"
		for _file in main.log diagnostics.log report.json; do
			seq 1 400 >"/mnt/boot/debian-recovery-logs-$_run/$_file"
		done
	done
	umount /mnt/boot /mnt
}

marks() {
	cuts mark "$root" /mnt
	cuts mark "$boot" /mnt/boot
}

# begin ROOT BOOT: two disks with a system on them, all of it flushed, and mounted.
begin() {
	root=$1 boot=$2
	populate
	mount_root
	mount_boot
	sync
	dd if=/dev/null of=/mnt/boot/vmlinuz conv=notrunc,fsync # no other way makes vfat flush its disk
	marks
}

# run [PREFIX...]
run() {
	"$@" rd-recovery run --root /mnt --user argo --password file:/password || [ $? -eq 1 ]
	marks
}

# Nothing is written because some time went by: what lies on the disk was put there by fsync. Else a journal's five seconds repair a program
# without it, and with data=journal, which keeps the order of everything, nothing else could be seen.
no_clock() {
	echo 0 >/proc/sys/vm/dirty_writeback_centisecs
	case $type in
	xfs) echo 720000 >/proc/sys/fs/xfs/xfssyncd_centisecs ;;
	*) options=$options,commit=3600 ;;
	esac
}

record() {
	begin /dev/vda /dev/vdb
	run env
	rd-recovery rollback --root /mnt
	marks
	umount /mnt/boot /mnt
	no_clock
	begin /dev/vdc /dev/vdd
	run cuts unsynced # and no rollback: what is undone looks like what was never done
	umount /mnt/boot /mnt
	echo recorded
}

check() {
	echo "suite $(cuts check "$type" "$options" /dev/vda /dev/vdb "$few" "$randoms" "$most" "$all" | tee /dev/console | tail -n 1)"
	echo "control $(cuts check "$type" "$options" /dev/vdc /dev/vdd "$few" "$randoms" 20 "$control" | tee /dev/console | tail -n 1)"
}

"$role"
