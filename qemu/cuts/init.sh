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
trap 'poweroff -f' EXIT
echo

# What was before: a root with faults, a /boot with a kernel and earlier logs.
populate() {
	mount -t "$type" -o "$options" /dev/vda /mnt
	cp -a /tree/. /mnt/
	mount -t vfat /dev/vdb /mnt/boot
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
	cuts mark /dev/vda /mnt
	cuts mark /dev/vdb /mnt/boot
}

record() {
	populate
	mount -t "$type" -o "$options" /dev/vda /mnt
	mount -t vfat -o umask=0077 /dev/vdb /mnt/boot
	sync
	dd if=/dev/null of=/mnt/boot/vmlinuz conv=notrunc,fsync # no other way makes vfat flush its disk
	marks
	${unsynced:+cuts $unsynced} rd-recovery run --root /mnt --user argo --password file:/password || [ $? -eq 1 ]
	marks
	${unsynced:+cuts $unsynced} rd-recovery rollback --root /mnt
	marks
	umount /mnt/boot /mnt
	echo recorded
}

check() {
	cuts check "$type" "$options" /dev/vda /dev/vdb "$few" "$randoms" "$most" "$all"
}

"$role"
