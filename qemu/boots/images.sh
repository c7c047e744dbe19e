#!/bin/sh
# images.sh DIR: from the cached tree the machine every row holds: its owner, the module, both rescue initramfs (built while it is healthy), then the
# story's damage. It is left in DIR/boots as the kernel and the initramfs of the maker, the guest that copies itself to the disks (maker.sh).
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${1:?}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

# The ordinary initramfs: dracut's for any machine, fit for every storage of the table.
ordinary() {
	inside dracut --quiet --force --no-hostonly --compress 'zstd -3 -T0' --tmpdir /tmp --kver "$kernel" "/boot/initrd.img-$kernel"
}

rescue() {
	make -s -C "$top" install DESTDIR="$root"
}

mkdir -p "$dir/boots"
overlay boots-tree "$dir/mnt"
kernel=$(basename "$root"/lib/modules/*)
owner
rm -f "$root"/etc/systemd/system/timers.target.wants/*
rescue
ordinary
cripple
leave
cp "$top/qemu/boots/maker.sh" "$root/init"
cp "$top/qemu/boots/rows" "$root/rows"
cp "$root/boot/vmlinuz-$kernel" "$dir/boots/vmlinuz"
(cd "$root" && find . -xdev | cpio -o -H newc --quiet) >"$dir/boots/maker.cpio"
