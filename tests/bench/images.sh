#!/bin/sh
# images.sh DIR: what `make bench` measures, in DIR: initrd-NAME, vmlinuz-cloud, vmlinuz-generic (where apt has it), root.img, story.img.
# Runs as root inside a mount namespace of its own: whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:?}
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"
# shellcheck source=/dev/null
. "$top/qemu/generic.sh"

self() {
	_name=$1
	shift
	sh "$top/initramfs/mkinitramfs.sh" --payload "$top/build/rd-recovery" --output "$dir/initrd-$_name" "$@"
}

# A root whose init says that it is there, and ends the machine.
speaking_root() {
	mkdir -p "$dir/mnt/root/usr" "$dir/mnt/root/sbin" "$dir/mnt/root/etc" "$dir/mnt/root/dev" "$dir/mnt/root/proc" "$dir/mnt/root/sys" "$dir/mnt/root/run"
	cp "$(command -v busybox)" "$dir/mnt/root/sbin/busybox"
	printf '#!/sbin/busybox sh\necho "root is mounted" >/dev/console\n/sbin/busybox poweroff -f\n' >"$dir/mnt/root/sbin/init"
	chmod 0755 "$dir/mnt/root/sbin/init"
	echo 'ID=bench' >"$dir/mnt/root/etc/os-release"
	rm -f "$dir/root.img"
	mke2fs -q -t ext4 -U 5d0c0000-0000-4000-8000-62656e636800 -d "$dir/mnt/root" "$dir/root.img" 64M
	rm -rf --one-file-system "$dir/mnt/root"
}

# dracut_image NAME [OPTION...]: as a distribution would make it; reproducible, or two of them differ by what time it was.
dracut_image() {
	_name=$1
	shift
	inside dracut --quiet --force --no-hostonly --reproducible --tmpdir /tmp --kver "$kernel" "$@" /tmp/initrd
	cp "$root/tmp/initrd" "$dir/initrd-$_name"
}

# With the rescue module and known-good copies, without these, without both.
dracut_images() {
	cp "$top/build/rd-recovery" "$root/usr/sbin/rd-recovery"
	cp -r "$top/dracut-module/90rd-recovery" "$root/usr/lib/dracut/modules.d/"
	dracut_image dracut
	rm -rf --one-file-system "$root/var/lib/rd-recovery"
	: >"$root/var/lib/rd-recovery" # no copy can be put there
	dracut_image module
	rm "$root/var/lib/rd-recovery"
	dracut_image without --omit rd-recovery
}

# The story's machine as a disk, and a self-contained image of the time when it was well.
story_disk() {
	umount -R "$dir/mnt"
	overlay systemd "$dir/mnt"
	owner
	no_display
	self story --kernel "$kernel" --root "$root"
	cripple
	leave
	rm -f "$dir/story.img"
	mke2fs -q -t ext4 -U 5d0c0000-0000-4000-8000-73746f727900 -E lazy_itable_init=0,lazy_journal_init=0 -d "$root" "$dir/story.img" 1500M
}

# busybox_image NAME ROOT KERNEL: the least that mounts /dev/vda: a shell, the modules of one kind of disk and file system.
busybox_image() {
	mkdir -p "$dir/mnt/bare/bin" "$dir/mnt/bare/dev" "$dir/mnt/bare/proc" "$dir/mnt/bare/sysroot"
	cp "$(command -v busybox)" "$dir/mnt/bare/bin/busybox"
	for _path in $(modprobe -d "$2" -S "$3" -a --show-depends virtio_pci virtio_blk ext4 | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'); do
		cp "$_path" "$dir/mnt/bare/"
		echo "insmod /${_path##*/}"
	done >"$dir/mnt/bare/modules"
	cat >"$dir/mnt/bare/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		while read -r line; do /bin/busybox $line; done </modules
		until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
		/bin/busybox mount -t ext4 -o ro /dev/vda /sysroot
		/bin/busybox mount -o move /dev /sysroot/dev
		exec /bin/busybox switch_root /sysroot /sbin/init
	END
	chmod 0755 "$dir/mnt/bare/init"
	(cd "$dir/mnt/bare" && find . | cpio -o -H newc --quiet) | gzip -9 >"$dir/initrd-$1"
	rm -rf --one-file-system "$dir/mnt/bare"
}

generic_image() {
	self generic --portable --kernel "$version" --root "$generic"
	busybox_image busybox-generic "$generic" "$version"
	cp "$generic/boot/vmlinuz-$version" "$dir/vmlinuz-generic"
}

mkdir -p "$dir/mnt"
rm -f "$dir"/initrd-* "$dir"/vmlinuz-*
speaking_root
if generic_kernel "$top/build/qemu"; then
	generic_image
else
	echo 'apt has no linux-image-amd64: not measured' >&2
fi
overlay systemd "$dir/mnt"
kernel=$(basename "$root"/lib/modules/*)
cp "$root/boot/vmlinuz-$kernel" "$dir/vmlinuz-cloud"
self cloud --portable --kernel "$kernel" --root "$root"
self capture --kernel "$kernel" --root "$root"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
self needed --kernel "$kernel" --root "$root" --drivers needed
busybox_image busybox "$root" "$kernel"
dracut_images
leave
story_disk
