#!/bin/sh
# grub.sh: init of one boot of the greeter's machine, in which it installs GRUB on its own disk and makes the menu. "grub.sh: done" is the word
# that all went well.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
export PATH LC_ALL

finish() {
	sync
	stty -F /dev/console onlcr # any setting waits until what was said is on the line
	echo o >/proc/sysrq-trigger
	sleep 60
}

trap finish EXIT
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mount -t tmpfs run /run
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=block
udevadm settle
grub-install --target=i386-pc /dev/vda
update-grub
mount -o remount,ro /
echo 'grub.sh: done'
