#!/bin/sh
# live.sh: /init of the live system of make recipe: a root shell on the serial console, in this program's sources; the new system is on /mnt.
PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux PS1='live# '
export PATH HOME TERM PS1
mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts
ln -sf /proc/self/fd /dev/fd
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
hostname live
/lib/systemd/systemd-udevd --daemon
modprobe -a virtio_scsi sd_mod ext4
udevadm trigger --action=add
udevadm settle
mount /dev/sda1 /mnt
cd /root/rd-recovery || exit 1
stty -F /dev/console rows 40 cols 200
exec setsid -c bash --norc
