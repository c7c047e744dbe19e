#!/bin/sh
# rescue.sh IMAGE: a disk image for a USB stick that repairs the machine it is put into: GRUB for BIOS and for UEFI, a menu (rescue.cfg), a
# kernel, and the self-contained initramfs without anything of this system. No root, no loop devices.
# In the environment: KERNEL (its file), KVER, MODULES (the folder with its modules.dep); default: the running kernel, if it is in /boot, else
# the one of the test tree. PAYLOAD: build/rd-recovery.
set -eu

cd "$(dirname "$0")/.."
image=${1:?}
work=$image.work
PATH=$PATH:/usr/sbin:/sbin
grub=${GRUB:-/usr/lib/grub}
serial=5D0C7E5C

fail() {
	echo "rescue.sh: $*" >&2
	exit 1
}

# Sets KERNEL, KVER and MODULES, each unless it is said.
choose_kernel() {
	_running=$(uname -r)
	if [ -z "${KERNEL-}" ] && [ -f "/boot/vmlinuz-$_running" ] && [ -d "/lib/modules/$_running" ]; then
		KERNEL=/boot/vmlinuz-$_running
	elif [ -z "${KERNEL-}" ]; then
		sh qemu/image.sh trees
		KERNEL=$(echo build/qemu/systemd/boot/vmlinuz-*)
		MODULES=build/qemu/systemd/lib/modules/${KERNEL##*/vmlinuz-}
	fi
	[ -n "${KVER-}" ] || case $KERNEL in
	*/vmlinuz-*) KVER=${KERNEL##*/vmlinuz-} ;;
	*) KVER=$(basename "${MODULES:?MODULES= or KVER= must say which kernel $KERNEL is}") ;;
	esac
	MODULES=${MODULES:-/lib/modules/$KVER}
	[ -f "$KERNEL" ] || fail "$KERNEL: no kernel"
	[ -d "$MODULES" ] || fail "$MODULES: no modules"
}

# The root that the initramfs is made for: this kernel, and nothing else.
initramfs() {
	mkdir -p "$work/root/lib/modules" "$work/root/boot"
	ln -s "$(cd "$MODULES" && pwd)" "$work/root/lib/modules/$KVER"
	for _config in "${KERNEL%/*}/config-$KVER" "$MODULES/config"; do
		[ ! -f "$_config" ] || cp "$_config" "$work/root/boot/config-$KVER"
	done
	sh initramfs/mkinitramfs.sh --portable --kernel "$KVER" --root "$work/root" --payload "${PAYLOAD:-build/rd-recovery}" --output "$work/initramfs"
	grep -qs -e '/ahci\.ko' "$MODULES/modules.builtin" "$MODULES/modules.dep" ||
		echo "rescue.sh: $KVER has no driver for the disks of a PC (AHCI): the stick will do for virtual machines" >&2
}

# grub FORMAT FILE MODULE...: GRUB whole in one file, which looks for the stick by its serial number.
grub() {
	_format=$1 _file=$2
	shift 2
	cat >"$work/early.cfg" <<-END
		search --no-floppy --fs-uuid --set=root ${serial%????}-${serial#????}
		configfile (\$root)/rd-recovery/grub.cfg
	END
	grub-mkimage -O "$_format" -d "$grub/$_format" -p / -c "$work/early.cfg" -o "$_file" \
		part_gpt fat search search_fs_uuid normal configfile linux serial terminal test echo all_video reboot halt "$@"
}

# bytes FILE OFFSET OCTAL: into the middle of a file.
bytes() {
	# shellcheck disable=SC2059 # it is all escapes
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# little NUMBER: four bytes, the lowest first.
little() {
	printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

file_system() {
	truncate -s "$1M" "$work/esp"
	mkfs.fat --invariant -i "$serial" -n RD-RECOVERY "$work/esp" >/dev/null
	mkdir -p "$work/files/EFI/BOOT" "$work/files/rd-recovery"
	cp "$work/grub.efi" "$work/files/EFI/BOOT/BOOTX64.EFI"
	cp "$KERNEL" "$work/files/rd-recovery/vmlinuz"
	cp "$work/initramfs" "$work/files/rd-recovery/initramfs"
	cp initramfs/rescue.cfg "$work/files/rd-recovery/grub.cfg"
	find "$work/files" -exec touch -d '@315532800' {} +
	TZ=UTC mcopy -s -m -Q -i "$work/esp" "$work/files/EFI" "$work/files/rd-recovery" ::
	dd if="$work/esp" of="$work/disk" bs=1M seek=2 conv=notrunc,sparse status=none
}

# Where GRUB's setup would write it (grub-core/boot/i386/pc/boot.S, diskboot.S): boot.img into the first sector, but for its partition table,
# with the sector where the rest lies, and with its work-around for a BIOS that names no drive; the rest into the BIOS boot partition, with
# the sector where its own rest lies.
bios_boot() {
	_first=2048
	[ "$(stat -c %s "$work/core.img")" -le $((2048 * 512)) ] || fail 'GRUB is too large for its partition'
	cp "$grub/i386-pc/boot.img" "$work/boot.img"
	bytes "$work/boot.img" 92 "$(little $_first)"
	bytes "$work/boot.img" 102 '\220\220'
	bytes "$work/core.img" 500 "$(little $((_first + 1)))"
	dd if="$work/boot.img" of="$work/disk" bs=440 count=1 conv=notrunc status=none
	dd if="$work/core.img" of="$work/disk" bs=512 seek=$_first conv=notrunc status=none
}

# Two partitions: GRUB's own, and the ESP, which holds everything else.
disk() {
	_size=$((($(stat -c %s "$KERNEL") + $(stat -c %s "$work/initramfs")) / 1048576 + 16))
	truncate -s "$((_size + 3))M" "$work/disk"
	sfdisk -q "$work/disk" <<-END
		label: gpt
		label-id: 5D0C0000-0000-4000-8000-72642D726563
		start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, uuid=5D0C0001-0000-4000-8000-72642D726563
		start=4096, size=$((_size * 2048)), type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=5D0C0002-0000-4000-8000-72642D726563
	END
	file_system "$_size"
	bios_boot
}

choose_kernel
rm -rf --one-file-system "$work"
mkdir -p "$work"
trap 'rm -rf --one-file-system "$work"' EXIT
initramfs
grub i386-pc "$work/core.img" biosdisk
grub x86_64-efi "$work/grub.efi"
disk
mv "$work/disk" "$image"
echo "$image: $(stat -c %s "$image") bytes, kernel $KVER"
