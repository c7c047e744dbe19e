#!/bin/sh
# disks.sh systemd|openrc|families|generic DIR: a throw-away overlay of a cached tree becomes somebody's machine, is broken in the story's way, and
# is left in DIR as disks (*.img), kernel (vmlinuz) and initramfs (initrd-*).
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

what=${1:?} dir=${2:?}
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"
# shellcheck source=/dev/null
. "$top/qemu/generic.sh"

slim() {
	_deb=$(echo "$root"/var/cache/apt/archives/libcrypt1_*.deb)
	mv "$_deb" "$root/root/"
	inside apt-get clean
	mv "$root/root/${_deb##*/}" "$_deb"
	rm -rf --one-file-system "$root/var/lib/apt/lists" "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
	mkdir -p "$root/var/lib/apt/lists/partial"
}

install_module() {
	cp "$top/build/rd-recovery" "$root/usr/sbin/rd-recovery"
	cp -r "$top/dracut-module/90rd-recovery" "$root/usr/lib/dracut/modules.d/"
	install -D "$top/initramfs/mkinitramfs.sh" "$root/usr/lib/rd-recovery/mkinitramfs"
}

# initramfs NAME [OPTION...]: made inside the tree for its own kernel, while its libcrypt is still healthy.
initramfs() {
	_name=$1
	shift
	_kernel=$(basename "$root"/lib/modules/*)
	inside dracut --quiet --force --no-hostonly --no-compress --tmpdir /tmp --kver "$_kernel" "$@" /tmp/initrd
	cp "$root/tmp/initrd" "$dir/initrd-$_name"
	cp "$root/boot/vmlinuz-$_kernel" "$dir/vmlinuz"
}

# The self-contained one, of the same healthy system.
self_contained() {
	_kernel=$(basename "$root"/lib/modules/*)
	sh "$top/initramfs/mkinitramfs.sh" --kernel "$_kernel" --root "$root" --output "$dir/initrd-self"
}

# disk NAME TREE SIZE [OPTION...]: an ext4 file system in a file.
disk() {
	_name=$1 _tree=$2 _size=$3
	shift 3
	rm -f "$dir/$_name"
	mke2fs -q -t ext4 "$@" -E lazy_itable_init=0,lazy_journal_init=0 -d "$_tree" "$dir/$_name" "$_size"
}

# gpt_disk NAME TREE MEBIBYTES PARTUUID: the same in the one partition of a GPT.
gpt_disk() {
	rm -f "$dir/$1"
	truncate -s "$(($3 + 2))M" "$dir/$1"
	printf 'label: gpt\nstart=2048, size=%s, uuid=%s\n' "$(($3 * 2048))" "$4" | sfdisk -q "$dir/$1"
	mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0,offset=1048576 -d "$2" "$dir/$1" "$3M"
}

uuid() {
	echo "5d0c0000-0000-4000-8000-$(printf %s "$1" | od -An -tx1 | tr -d ' \n' | head -c 12 | sed 's/$/000000000000/' | head -c 12)"
}

# An initramfs whose known-good copy is none (captured after the fault, say): the same, with the crippled library laid over it.
poor_capture() {
	_list='cpio -i -t --quiet </tmp/initrd | grep "rd-recovery/capture/.*libcrypt" || :'
	inside sh -c "$_list" | while read -r _file; do
		mkdir -p "$root/tmp/poor/${_file%/*}"
		cp "$root/lib/x86_64-linux-gnu/libcrypt.so.1.1.0" "$root/tmp/poor/$_file"
	done
	inside sh -c 'mkdir -p /tmp/poor && cd /tmp/poor && find . | cpio -o -H newc --quiet' | cat "$dir/initrd-systemd" - >"$dir/initrd-poor"
}

# btrfs can only be filled from a folder without subvolumes: a hook of the initramfs makes them of it, before root is mounted.
subvolumes() {
	mkdir -p "$dir/mnt/hook/usr/lib/dracut/hooks/pre-mount"
	cat >"$dir/mnt/hook/usr/lib/dracut/hooks/pre-mount/01-subvolumes.sh" <<-'END'
		mkdir /top
		mount -t btrfs /dev/vda /top
		btrfs subvolume snapshot /top /top/@
		for _sub in home var; do
			btrfs subvolume create "/top/@$_sub"
			cp -a "/top/$_sub/." "/top/@$_sub"
			rm -rf "/top/@/$_sub" "/top/$_sub"
			mkdir "/top/@/$_sub"
		done
		umount /top
	END
	(cd "$dir/mnt/hook" && find . | cpio -o -H newc --quiet) | cat "$dir/initrd-plain" - >"$dir/initrd-subvolumes"
}

# separate_disks: what split.img and hung.img leave to file systems of their own, each named in fstab in another way.
separate_disks() {
	sed -i "s|^/dev/vda / |UUID=$(uuid split) / |" "$root/etc/fstab"
	for _sub in boot var home; do
		mv "$root/$_sub" "$dir/mnt/$_sub"
		mkdir "$root/$_sub"
	done
	disk boot.img "$dir/mnt/boot" 256M -U "$(uuid boot)"
	disk var.img "$dir/mnt/var" 256M -L rdvar
	gpt_disk home.img "$dir/mnt/home" 64 "$(uuid home)"
	printf '%s\n' "UUID=$(uuid boot) /boot ext4 defaults 0 2" 'LABEL=rdvar /var ext4 defaults 0 2' \
		"PARTUUID=$(uuid home) /home ext4 defaults 0 2" >>"$root/etc/fstab"
}

# btrfs.img: its /boot is boot.img.
btrfs_disk() {
	for _sub in var home; do
		rmdir "$root/$_sub"
		mv "$dir/mnt/$_sub" "$root/$_sub"
	done
	printf '%s\n' '/dev/vda / btrfs subvol=@ 0 0' '/dev/vdb /boot ext4 defaults 0 2' "UUID=$(uuid btrfs) /home btrfs subvol=@home 0 0" \
		'LABEL=rdbtrfs /var btrfs noatime,subvol=@var 0 0' >"$root/etc/fstab"
	rm -f "$dir/btrfs.img"
	truncate -s 1536M "$dir/btrfs.img"
	# mkfs.btrfs takes files for hard links that have the same number in two layers of the overlay
	cp -a "$root" "$dir/mnt/plain"
	mkfs.btrfs -q -L rdbtrfs -U "$(uuid btrfs)" --rootdir "$dir/mnt/plain" "$dir/btrfs.img"
}

systemd() {
	overlay systemd "$dir/mnt"
	slim
	owner
	no_display
	rm "$root"/etc/systemd/system/timers.target.wants/*
	mkdir -p "$root/var/log/journal"
	install_module
	initramfs plain --omit 'systemd systemd-initrd dracut-systemd plymouth'
	initramfs systemd --omit btrfs
	self_contained
	cripple
	poor_capture
	subvolumes
	leave
	disk root.img "$root" 1G -U "$(uuid root)"

	separate_disks
	disk split.img "$root" 1G -U "$(uuid split)"

	# A package manager that hangs for ever, whatever is asked of it.
	mkdir "$dir/mnt/programs"
	cp -p "$root/usr/bin/dpkg-deb" "$root/usr/bin/dpkg" "$root/usr/bin/apt-get" "$dir/mnt/programs/"
	hang
	disk hung.img "$root" 1G -U "$(uuid split)"
	cp -p "$dir/mnt/programs/"* "$root/usr/bin/"
	btrfs_disk
}

serial_console() {
	sed -i '/^[2-6]:23/d' "$root/etc/inittab"
	echo 'S0:2345:respawn:/sbin/agetty -L 115200 ttyS0 vt100' >>"$root/etc/inittab"
}

openrc() {
	overlay openrc "$dir/mnt"
	slim
	owner
	no_display
	serial_console
	install_module
	initramfs openrc
	cripple
	leave
	disk openrc.img "$root" 1G
}

# broken NAME TREE CAUSE...: a machine with these causes of tests/lockouts, as NAME.img. Its initramfs is the healthy one's, with its capture.
broken() {
	_image=$1 init=$2
	shift 2
	overlay "$init" "$dir/mnt"
	slim
	owner
	[ "$init" = systemd ] || serial_console
	install_module
	for _cause; do
		# shellcheck source=/dev/null
		. "$top/tests/lockouts/$_cause/break"
	done
	leave
	disk "$_image.img" "$root" 1G
	umount -R "$dir/mnt"
}

families() {
	broken family-pam systemd 10-pam-module-missing
	broken family-accounts openrc 22-account-expired 25-shell-missing 29-nologin
	broken family-files systemd 40-setuid-lost 42-etc-modes 49-binary-missing
	broken family-display openrc 70-dm-disabled
}

# What boots on hardware that the tree was never on: the kernel of an ordinary PC and, for it, the self-contained image of the healthy machine.
generic() {
	generic_kernel "$dir" || { echo 'apt has no linux-image-amd64' >&2 && exit 1; }
	overlay systemd "$dir/mnt"
	owner
	no_display
	cp -r "$generic/lib/modules/$version" "$root/lib/modules/"
	cp "$generic/boot/config-$version" "$root/boot/"
	sh "$top/initramfs/mkinitramfs.sh" --kernel "$version" --root "$root" --drivers common --output "$dir/initrd-generic"
	[ "$(stat -c %s "$dir/initrd-generic")" -le 12582912 ] || { echo 'the image of a generic kernel has more than 12 MiB' >&2 && exit 1; }
	cp "$generic/boot/vmlinuz-$version" "$dir/vmlinuz-generic"
	leave
}

"$what"
chmod a+r "$dir"/*.img "$dir"/initrd-* "$dir"/vmlinuz*
