#!/bin/sh
# initramfs.sh DIR: the guests' kernel and initramfs, and the program cuts, in DIR: a busybox, the payload, a broken root, the checkers of file systems.
set -eu

cd "$(dirname "$0")/../.."
dir=$1 tree=build/qemu/systemd
kernel=$(basename "$tree"/lib/modules/*)
root=$dir/initramfs

# with_libraries PROGRAM...
with_libraries() {
	for _program; do
		cp "$(command -v "$_program")" "$root/bin/"
		ldd "$(command -v "$_program")" | grep -o '/[^ ]*' | while read -r _file; do
			install -D "$_file" "$root$_file"
		done
	done
}

# modules TYPE NAME...: what a guest for this file system loads, in order.
modules() {
	_list=$root/modules/$1
	shift
	modprobe -d "$PWD/$tree" -S "$kernel" -a --show-depends virtio_pci virtio_blk loop overlay vfat nls_cp437 nls_iso8859-1 nls_ascii "$@" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r _module; do
		cp "$_module" "$root/modules/"
		echo "${_module##*/}" >>"$_list"
	done
}

PATH=$PATH:/usr/sbin:/sbin
rm -rf --one-file-system "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/mnt" "$root/modules" "$root/etc"
musl-gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wpedantic -Werror -O2 -static -idirafter /usr/include \
	-idirafter "/usr/include/$(gcc -print-multiarch)" -o "$dir/cuts" qemu/cuts/*.c
cp "$dir/cuts" build/rd-recovery "$(command -v busybox)" "$root/bin/"
install -m 0755 qemu/cuts/init.sh "$root/init"
install -m 0755 qemu/quota/guest.sh "$root/bin/quota"
with_libraries e2fsck xfs_repair btrfs fsck.fat
modules ext4
modules vfat
modules xfs xfs
modules btrfs btrfs
sh qemu/cuts/tree.sh "$root/tree" "$dir/cuts"
echo correct-horse-9 >"$root/password"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$dir/initrd"
cp "$tree"/boot/vmlinuz-* "$dir/vmlinuz"
