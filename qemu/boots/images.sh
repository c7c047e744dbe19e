#!/bin/sh
# images.sh NAME DIR: from the cached tree the machine every row holds: its owner, this program, and both rescue initramfs, built while it is
# healthy. It is left in DIR/boots as the kernel and the initramfs of the maker, the guest that copies itself to the disks (maker.sh).
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${2:?}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

# Fit for every storage of the table: as rd-recovery-entry builds it, and the ordinary initramfs of the rows with dracut too.
dracut_image() {
	inside dracut --quiet --force --no-hostonly --no-hostonly-cmdline --no-uefi --compress 'zstd -3' --add rd-recovery --tmpdir /tmp \
		--kver "$kernel" "/boot/initrd.img-$kernel"
	ln "$root/boot/initrd.img-$kernel" "$root/maker/initrd-dracut"
}

self_image() {
	inside sh /usr/lib/rd-recovery/mkinitramfs --kernel "$kernel" --output /maker/initrd-self
}

# The kernel finds an archive behind another at a multiple of four.
aligned() {
	truncate -s %4 "$root/maker/initrd-dracut" "$root/maker/initrd-self"
}

# What stands in for either program in the guest: the last word is dracut's output; mkinitramfs names it.
builder() {
	cat >"$root/maker/builder" <<-'END'
		#!/bin/sh
		while [ $# -gt 1 ]; do
			[ "$1" != --print-cmdline ] || exit 0
			[ "$1" != --output ] || { output=$2 && break; }
			shift
		done
		cp "/run/initrd.$ROW" "${output:-$1}"
	END
	chmod 0755 "$root/maker/builder"
}

mkdir -p "$dir/boots"
overlay boots-tree "$dir/mnt"
kernel=$(basename "$root"/lib/modules/*)
mkdir "$root/maker"
owner
rm -f "$root"/etc/systemd/system/timers.target.wants/*
# It would build an initramfs at every power-off.
ln -s /dev/null "$root/etc/systemd/system/mdadm-shutdown.service"
make -s -C "$top" install DESTDIR="$root"
dracut_image
self_image
aligned
builder
cp "$top/build/libs/crippled/libcrypt.so.1.1.0" "$top/qemu/boots/rows" "$root/maker/"
cp "$top/qemu/boots/maker.sh" "$root/init"
leave
cp "$root/boot/vmlinuz-$kernel" "$dir/boots/vmlinuz"
(cd "$root" && find . -xdev | cpio -o -H newc --quiet) >"$dir/boots/maker.cpio"
