#!/bin/sh
# initramfs.sh: what initramfs/mkinitramfs.sh puts into an image, made for the kernel of a real Debian tree. Last line: N passed, N failed.
set -u

cd "$(dirname "$0")/.." || exit 1
top=$PWD
tree=$top/build/qemu/systemd
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
passed=0 failed=0

fail() {
	echo "  $*" >&2
	exit 1
}

# make_image NAME [OPTION...]: an image without compression for the tree's kernel.
make_image() {
	_image=$1
	shift
	sh initramfs/mkinitramfs.sh --kernel "$kernel" --root "$root" --payload build/rd-recovery --compress none --output "$dir/$_image" "$@" 2>&1
}

unpack() {
	mkdir -p "$dir/$1.d"
	(cd "$dir/$1.d" && cpio -i -d -m --quiet) <"$dir/$1" || fail 'no archive'
	carried=$dir/$1.d/usr/lib/modules/$kernel
}

# A root of links into the tree: its kernel, its modules, a configuration of its own.
scratch_root() {
	root=$dir/root
	mkdir -p "$root/etc" "$root/lib" "$root/boot" "$dir/capture/usr"
	ln -s "$tree/lib/modules" "$root/lib/modules"
	ln -s "$tree/boot/config-$kernel" "$root/boot/"
	echo 'reset = no' >"$root/etc/rd-recovery.conf"
	echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
	echo manifest >"$dir/capture/manifest"
}

init_is_the_payload() {
	make_image a --portable || fail 'no image'
	unpack a
	cmp "$dir/a.d/init" build/rd-recovery || fail 'another program'
	[ -x "$dir/a.d/init" ] || fail 'it cannot be started'
	for _folder in dev proc sys run sysroot tmp; do
		[ -d "$dir/a.d/$_folder" ] || fail "no /$_folder"
	done
}

two_builds_are_identical() {
	make_image a --capture "$dir/capture" || fail 'no image'
	touch -d '1 hour' "$dir/capture/manifest"
	TMPDIR=$dir make_image b --capture "$dir/capture"
	cmp "$dir/a" "$dir/b" || fail 'they differ'
}

what_a_module_needs_is_carried_and_listed() {
	make_image a --portable || fail 'no image'
	unpack a
	(cd "$carried" && find . -name '*.ko*' | sed 's,^\./,,' | sort) >"$dir/files"
	cut -d : -f 1 "$carried/modules.dep" | sort | diff "$dir/files" - || fail 'modules.dep lists other modules'
	tr -s ': ' '\n' <"$carried/modules.dep" | grep . | sort -u | diff "$dir/files" - || fail 'a module needs what is not carried'
	while read -r _path; do
		grep "^$_path:" "$tree/lib/modules/$kernel/modules.dep" | cut -d : -f 2 | tr ' ' '\n' | grep . | while read -r _need; do
			grep "^$_path:" "$carried/modules.dep" | grep -qwF "$_need" || exit 1
		done || fail "$_path: modules.dep leaves out a need"
	done <"$dir/files"
}

modules_carry_their_aliases() {
	make_image a --portable || fail 'no image'
	unpack a
	for _alias in fs-xfs fs-btrfs fs-vfat fs-overlay 'virtio:d00000002v\*' 'scsi:t-0x00\*'; do
		grep -q "^alias $_alias " "$carried/modules.alias" || fail "no alias $_alias"
	done
	cut -d ' ' -f 3 "$carried/modules.alias" | sort -u | while read -r _name; do
		grep -q "/$(echo "$_name" | sed 's/_/[-_]/g').ko:" "$carried/modules.dep" || exit 1
	done || fail 'an alias of a module that is not carried'
}

# vfat asks for them by name, and nothing answers.
soft_dependencies_come_first() {
	make_image a --portable || fail 'no image'
	unpack a
	for _need in nls_cp437 nls_iso8859-1 nls_ascii nls_utf8; do
		grep '/vfat.ko:' "$carried/modules.dep" | grep -q "/$_need.ko" || fail "vfat without $_need"
	done
	grep '/btrfs.ko:' "$carried/modules.dep" | grep -q /blake2b_generic.ko || fail 'btrfs without a checksum'
}

# hv_vmbus is asked for by name, and hv_storvsc needs it; the line for xfs is masked by the file of the same name in /etc.
blacklisted_drivers_are_only_loaded_as_a_need() {
	mkdir -p "$root/etc/modprobe.d" "$root/usr/lib/modprobe.d"
	printf '%s\n' 'blacklist hv-vmbus' '  blacklist virtio_blk # not here' 'install virtio-console /bin/false' >"$root/etc/modprobe.d/own.conf"
	echo 'blacklist virtio_scsi' >"$root/usr/lib/modprobe.d/other.conf"
	echo 'blacklist xfs' >"$root/usr/lib/modprobe.d/own.conf"
	make_image a --capture "$dir/capture" || fail 'no image'
	unpack a
	for _name in hv.vmbus virtio.blk virtio.console virtio.scsi; do
		! grep "/$_name.ko$" "$carried/modules.load" || fail "$_name is loaded at the start"
		! grep " $_name$" "$carried/modules.alias" || fail "$_name is loaded for a device"
	done
	grep '/hv_storvsc.ko:' "$carried/modules.dep" | grep -q /hv_vmbus.ko || fail 'hv_storvsc lost what it needs'
	grep -q '^alias fs-xfs xfs$' "$carried/modules.alias" || fail 'a masked file counts'
	make_image b --portable || fail 'no image'
	unpack b
	grep -q ' virtio_blk$' "$carried/modules.alias" || fail 'the configuration of this machine is in a portable image'
}

every_compression_is_unpacked() {
	make_image plain --portable || fail 'no image'
	for _name in xz zstd gzip; do
		make_image "$_name" --portable --compress "$_name" --drivers needed || fail "no image ($_name)"
		"$_name" -dc <"$dir/$_name" | cpio -t --quiet | grep -qx init || fail "$_name: no archive"
	done
	make_image best --portable --compress '' >"$dir/said" && fail 'an empty compression was taken'
	sh initramfs/mkinitramfs.sh --kernel "$kernel" --root "$root" --payload build/rd-recovery --portable --drivers needed --output "$dir/best" >/dev/null
	cmp "$dir/best" "$dir/zstd" || fail 'not what the kernel unpacks soonest'
}

# With every driver it may need elsewhere, as a distribution would build it; 3 MiB is what a cloud kernel's may have.
image_is_small() {
	sh initramfs/mkinitramfs.sh --kernel "$kernel" --root "$root" --payload build/rd-recovery --portable --output "$dir/small" >/dev/null || fail 'no image'
	_size=$(stat -c %s "$dir/small")
	[ "$_size" -le 3145728 ] || fail "it has $_size bytes, more than 3 MiB"
}

unknown_kernel_gets_what_every_kernel_unpacks() {
	rm "$root/boot/config-$kernel"
	sh initramfs/mkinitramfs.sh --kernel "$kernel" --root "$root" --payload build/rd-recovery --portable --drivers needed --output "$dir/a" || fail 'no image'
	gzip -dc <"$dir/a" | cpio -t --quiet | grep -qx init || fail 'not gzip'
}

# In the ways that kmod itself reads here.
modules_are_carried_uncompressed() {
	rm "$root/lib/modules"
	mkdir -p "$root/lib/modules/$kernel/kernel"
	cp "$tree/lib/modules/$kernel"/modules.* "$root/lib/modules/$kernel/"
	for _path in kernel/fs/fat/fat.ko kernel/fs/fat/vfat.ko; do
		mkdir -p "$root/lib/modules/$kernel/${_path%/*}"
		cp "$tree/lib/modules/$kernel/$_path" "$root/lib/modules/$kernel/$_path"
	done
	xz "$root/lib/modules/$kernel/kernel/fs/fat/fat.ko"
	zstd -q --rm "$root/lib/modules/$kernel/kernel/fs/fat/vfat.ko"
	depmod -b "$root" "$kernel"
	make_image a --portable || fail 'no image'
	unpack a
	for _path in kernel/fs/fat/fat.ko kernel/fs/fat/vfat.ko; do
		cmp "$carried/$_path" "$tree/lib/modules/$kernel/$_path" || fail "$_path"
	done
	grep -q '^kernel/fs/fat/vfat.ko: .*kernel/fs/fat/fat.ko$' "$carried/modules.dep" || fail 'modules.dep names a compressed file'
}

secrets_are_for_root_alone() {
	make_image a --capture "$dir/capture" || fail 'no image'
	[ "$(stat -c %a "$dir/a")" = 600 ] || fail 'the image can be read by others'
	unpack a
	[ "$(stat -c %a "$dir/a.d/etc/rd-recovery.conf")" = 600 ] || fail 'the configuration can be read by others'
	cmp "$dir/a.d/usr/lib/rd-recovery/capture/manifest" "$dir/capture/manifest" || fail 'no known-good copies'
}

portable_holds_nothing_of_the_system() {
	make_image a --portable || fail 'no image'
	cpio -t --quiet <"$dir/a" | grep -e capture -e conf && fail 'it does'
	[ "$(stat -c %a "$dir/a")" = 644 ] || fail 'no secret, and yet only root can read it'
}

sources_come_when_asked_for() {
	make_image a --portable --libxcrypt || fail 'no image'
	cpio -t --quiet <"$dir/a" | grep -q '^usr/lib/rd-recovery/libxcrypt-.*\.tar\.xz$' || fail 'no sources'
}

# Looked at by nobody before a report is sent.
cards_are_there_for_a_report_alone() {
	make_image a --portable --network || fail 'no image'
	unpack a
	for _name in virtio_net vmxnet3 xen-netfront hv_netvsc e1000e; do
		[ -e "$(find "$tree/lib/modules/$kernel" -name "$_name.ko*")" ] || continue
		[ -e "$(find "$carried" -name "$_name.ko")" ] || fail "no $_name"
		grep -q " $(echo $_name | tr - _)$" "$carried/modules.network" || fail "$_name has no alias"
		! grep -r "[ /]$(echo $_name | sed 's/[-_]/[-_]/')\(.ko\)\?$" "$carried/modules.alias" "$carried/modules.load" || fail "$_name is loaded at the start"
	done
	grep -q '^alias virtio:d00000001v' "$carried/modules.network" || fail 'no card of a virtual machine'
	grep '/virtio_net.ko:' "$carried/modules.dep" | grep -q /net_failover.ko || fail 'virtio_net lost what it needs'
	make_image b --portable || fail 'no image'
	unpack b
	[ -z "$(find "$carried" -name 'virtio_net*' -o -name modules.network)" ] || fail 'unasked'
	for _file in modules.alias modules.load; do
		cmp "$carried/$_file" "$dir/a.d/usr/lib/modules/$kernel/$_file" || fail "$_file is another with cards"
	done
}

configured_report_takes_along_what_it_needs() {
	echo 'report = https://report.fleet.test/in' >>"$root/etc/rd-recovery.conf"
	make_image a --capture "$dir/capture" >"$dir/said" || fail 'no image'
	grep -q 'no report_ca: no such file, so no report will be sent' "$dir/said" || fail 'it does not say that authorities are missing'
	mkdir -p "$root/etc/ssl"
	echo authorities >"$root/etc/ssl/fleet.pem"
	echo '10.0.2.2 report.fleet.test' >"$root/etc/hosts"
	echo 'report_ca = /etc/ssl/fleet.pem ' >>"$root/etc/rd-recovery.conf"
	make_image a --capture "$dir/capture" >"$dir/said" || fail 'no image'
	! grep 'no such file' "$dir/said" || fail 'it says that something is missing'
	unpack a
	cmp "$dir/a.d/etc/ssl/fleet.pem" "$root/etc/ssl/fleet.pem" || fail 'other authorities'
	cmp "$dir/a.d/etc/hosts" "$root/etc/hosts" || fail 'other names'
	[ -s "$carried/modules.network" ] || fail 'no cards'
	make_image b --portable || fail 'no image'
	cpio -t --quiet <"$dir/b" | grep -e fleet -e hosts -e network && fail 'what belongs to this machine is in a portable image'
	return 0
}

a_failed_build_leaves_the_old_image() {
	echo old >"$dir/a"
	make_image a --capture "$dir/none" >/dev/null && fail 'it did not fail'
	mkdir "$dir/bin"
	printf '#!/bin/sh\necho half\nexit 1\n' >"$dir/bin/xz"
	chmod +x "$dir/bin/xz"
	(PATH=$dir/bin:$PATH make_image a --portable --compress xz) >/dev/null && fail 'half an image was enough'
	[ "$(cat "$dir/a")" = old ] || fail 'the old image is gone'
	[ "$(find "$dir" -maxdepth 1 -name 'a.*')" = '' ] || fail 'something is left'
}

wrong_words_are_refused() {
	for _words in '--kernel ../x' '--drivers all' '--compress lzo' '--what' '--kernel'; do
		# shellcheck disable=SC2086 # words
		make_image a $_words >/dev/null
		[ $? -eq 2 ] || fail "$_words"
	done
	kernel=1.0-none
	make_image a --portable | grep -q 'no modules of this kernel' || fail 'a kernel that is not there'
}

# Partitions and files of a stick, without mounting it.
stick_boots_by_bios_and_uefi() {
	KERNEL=$(echo "$tree"/boot/vmlinuz-*) MODULES=$tree/lib/modules/$kernel
	export KERNEL MODULES
	sh initramfs/rescue.sh "$dir/stick" 2>&1 || fail 'no image'
	sfdisk -d "$dir/stick" >"$dir/partitions" 2>&1
	grep -q 'start= *2048, .*type=21686148-6449-6E6F-744E-656564454649' "$dir/partitions" || fail 'no BIOS boot partition'
	grep -q 'start= *4096, .*type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B' "$dir/partitions" || fail 'no ESP'
	[ "$(od -An -tu8 -j 92 -N 8 "$dir/stick" | tr -d ' ')" -eq 2048 ] || fail 'the first sector does not say where GRUB lies'
	[ "$(od -An -tu8 -j $((2048 * 512 + 500)) -N 8 "$dir/stick" | tr -d ' ')" -eq 2049 ] || fail 'GRUB does not say where its rest lies'
	dd if="$dir/stick" of="$dir/esp" bs=1M skip=2 status=none
	for _file in EFI/BOOT/BOOTX64.EFI rd-recovery/vmlinuz rd-recovery/initramfs rd-recovery/grub.cfg; do
		mcopy -i "$dir/esp" "::$_file" "$dir/${_file##*/}" || fail "no $_file"
	done
	cmp "$dir/vmlinuz" "$KERNEL" || fail 'another kernel'
	zstd -dc <"$dir/initramfs" | cpio -t --quiet | grep -e capture -e conf && fail 'it holds what belongs to this machine'
	grub-script-check "$dir/grub.cfg" || fail 'the menu is wrong'
	sh initramfs/rescue.sh "$dir/again" >/dev/null 2>&1
	cmp "$dir/stick" "$dir/again" || fail 'two builds differ'
}

stick_refuses_what_is_no_kernel() {
	KERNEL=$dir/none KVER=1.0 sh initramfs/rescue.sh "$dir/stick" >/dev/null 2>&1 && fail 'a kernel that is not there'
	KERNEL=$(echo "$tree"/boot/vmlinuz-*) MODULES=$dir sh initramfs/rescue.sh "$dir/stick" >/dev/null 2>&1 && fail 'modules that are not there'
	[ "$(find "$dir" -maxdepth 1 -name 'stick*')" = '' ] || fail 'something is left'
}

cases='init_is_the_payload two_builds_are_identical what_a_module_needs_is_carried_and_listed modules_carry_their_aliases
	soft_dependencies_come_first blacklisted_drivers_are_only_loaded_as_a_need every_compression_is_unpacked image_is_small unknown_kernel_gets_what_every_kernel_unpacks
	modules_are_carried_uncompressed secrets_are_for_root_alone cards_are_there_for_a_report_alone
	configured_report_takes_along_what_it_needs portable_holds_nothing_of_the_system sources_come_when_asked_for a_failed_build_leaves_the_old_image wrong_words_are_refused
	stick_boots_by_bios_and_uefi stick_refuses_what_is_no_kernel'

sh qemu/image.sh trees || exit 1
kernel=$(basename "$tree"/lib/modules/*)
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
for name; do
	rm -rf --one-file-system "${dir:?}"/*
	if why=$(scratch_root && "$name" 2>&1); then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		echo "$why"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
