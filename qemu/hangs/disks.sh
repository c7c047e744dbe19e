#!/bin/sh
# disks.sh roots|initrd DIR: what the rows' machines are made of, in DIR/hangs: small Debian roots locked out in the story's way and a /boot; the
# kernel and the self-contained initramfs with the program that makes the guest hang.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

what=${1:?} dir=${2:?}
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$dir/hangs
root_uuid=5d0c0000-0000-4000-8000-68616e677200 boot_uuid=5d0c0000-0000-4000-8000-68616e676200
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

# The initramfs, and before it the program of rdinit= with the drivers that only it needs.
initrd() {
	overlay base "$dir/mnt"
	_kernel=$(basename "$root"/lib/modules/*) _tree=$dir/mnt/hostile
	mkdir -p "$_tree/hostile.d"
	cp "$root/lib/modules/$_kernel/kernel/fs/fuse/fuse.ko" "$root/lib/modules/$_kernel/kernel/drivers/md/dm-mod.ko" "$_tree/hostile.d/"
	musl-gcc -D_GNU_SOURCE -static -Os -Wall -Wextra -Werror -s -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" \
		-o "$_tree/hostile" "$top/qemu/hangs/hostile.c"
	sh "$top/initramfs/mkinitramfs.sh" --kernel "$_kernel" --root "$root" --payload "$top/build/rd-recovery" --portable --output "$dir/mnt/initrd"
	(cd "$_tree" && find . | cpio -o -H newc --quiet) | cat - "$dir/mnt/initrd" >"$out/initrd"
	cp "$root/boot/vmlinuz-$_kernel" "$out/vmlinuz"
	leave
}

# Nothing that a login needs is missing; the boot goes on into an init that says so and switches the machine off.
small() {
	rm -rf --one-file-system "${root:?}/boot" "$root"/usr/lib/modules "$root"/var/lib/apt/lists "$root"/usr/share/locale "$root"/usr/share/icons \
		"$root"/usr/share/fonts "$root"/usr/lib/dracut "$root"/usr/lib/x86_64-linux-gnu/dri "$root"/usr/lib/x86_64-linux-gnu/libLLVM*
	mkdir "$root/boot"
	_deb=$(echo "$root"/var/cache/apt/archives/libcrypt1_*.deb)
	find "$root/var/cache/apt" -type f ! -path "$_deb" -delete
	cat >"$root/sbin/init" <<-'END'
		#!/bin/sh
		echo "the target's init runs: m$((40 + 2))k" >/dev/console
		# any setting waits until that is on the line: the kernel's own words must not come in between
		stty -F /dev/console onlcr
		echo o >/proc/sysrq-trigger
		while :; do sleep 1000; done
	END
	chmod 755 "$root/sbin/init"
	printf '%s\n' "UUID=$root_uuid / ext4 defaults 0 1" "UUID=$boot_uuid /boot ext4 defaults 0 2" >"$root/etc/fstab"
}

# sleeper PATH...: programs that ignore what they can and never end; each says that it was started.
sleeper() {
	for _path; do
		rm -f "$root$_path"
		cat >"$root$_path" <<-'END'
			#!/bin/sh
			trap "" TERM INT HUP
			echo "sleeper started: $0"
			while :; do sleep 1000; done
		END
		chmod 4755 "$root$_path"
	done
}

# The least that makes a Gentoo of it for the payload: a database in which libxcrypt owns the library, and an emerge.
gentoo() {
	_entry=$root/var/db/pkg/sys-libs/libxcrypt-4.4.36
	rm -rf --one-file-system "$root/var/lib/dpkg"
	mkdir -p "$_entry"
	printf 'ID=gentoo\nNAME=Gentoo\nPRETTY_NAME="Gentoo Linux"\n' >"$root/etc/os-release"
	printf 'obj /lib/x86_64-linux-gnu/libcrypt.so.1.1.0 00000000000000000000000000000000 0\n' >"$_entry/CONTENTS"
	echo 4.4.36 >"$_entry/PVR"
	sleeper /usr/bin/emerge
}

# disk NAME TREE SIZE UUID
disk() {
	rm -f "$out/$1.img"
	mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -d "$2" -U "$4" "$out/$1.img" "$3"
}

# root_disk NAME COMMAND...: a copy of the damaged root, with something more that is wrong.
root_disk() {
	_name=$1
	shift
	overlay base "$dir/mnt"
	owner
	no_display
	small
	cripple
	"$@"
	leave
	disk "$_name" "$root" 640M "$root_uuid"
	umount -R "$dir/mnt"
}

roots() {
	root_disk root :
	root_disk su sleeper /usr/bin/su
	root_disk ldconfig sleeper /usr/sbin/ldconfig
	root_disk emerge gentoo
	mkdir -p "$dir/mnt/empty"
	disk boot "$dir/mnt/empty" 32M "$boot_uuid"
}

mkdir -p "$out" "$dir/mnt"
"$what"
chmod a+r "$out"/*
