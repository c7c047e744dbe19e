#!/bin/sh
# disks.sh NAME DIR: DIR/recipe-live.img, a live system with this program's sources and what make has built of them so far, its kernel and its
# initramfs; DIR/recipe-sda.img, a disk with a BIOS's partition table, and on its first partition the fresh system.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${2:?}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

live() {
	overlay recipe-live "$dir/mnt"
	leave
	kernel=$(basename "$root"/lib/modules/*)
	mkdir -p "$root/root/rd-recovery/build"
	(cd "$top" && tar -c --anchored --exclude=./.git --exclude=./build .) | tar -x -C "$root/root/rd-recovery"
	cp -a "$top/build/sources" "$top/build/libs" "$top/build/probe" "$top/build/payload" "$top"/build/rd-recovery* "$root/root/rd-recovery/build/"
	cp "$top/qemu/recipe/live.sh" "$root/live"
	chmod 755 "$root/live"
	echo '127.0.0.1 localhost live' >"$root/etc/hosts"
	sh "$top/initramfs/mkinitramfs.sh" --kernel "$kernel" --root "$root" --payload "$top/build/rd-recovery" --portable --output "$dir/recipe-initrd"
	cp "$root/boot/vmlinuz-$kernel" "$dir/recipe-vmlinuz"
	rm -f "$dir/recipe-live.img"
	mke2fs -q -t ext4 -E lazy_itable_init=1 -d "$root" "$dir/recipe-live.img" 2500M
	umount -R "$dir/mnt"
}

# Whoever reads along sits at a serial line: the one thing the new system has beside debootstrap's.
target() {
	overlay recipe-fresh "$dir/mnt"
	leave
	mkdir -p "$root/etc/default/grub.d"
	cat >"$root/etc/default/grub.d/serial.cfg" <<-'END'
		GRUB_CMDLINE_LINUX="console=ttyS0"
		GRUB_TERMINAL=serial
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_TIMEOUT=120
	END
	rm -f "$dir/recipe-sda.img"
	truncate -s 4G "$dir/recipe-sda.img"
	printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q "$dir/recipe-sda.img"
	mke2fs -q -t ext4 -E lazy_itable_init=1,offset=1048576 -d "$root" "$dir/recipe-sda.img" 4095M
	umount -R "$dir/mnt"
}

live
target
chmod a+r "$dir"/recipe-*
