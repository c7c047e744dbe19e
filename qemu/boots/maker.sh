#!/bin/sh
# maker.sh: /init of the maker, a guest whose initramfs is the machine to be copied: it partitions every row's disks, makes their file systems,
# copies itself into them, and installs GRUB. Each disk is a virtio one whose serial is its row's name.
# What it says goes to the serial console; "maker: done" is the word that all went well.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 made=/maker
export PATH LC_ALL

finish() {
	sync
	stty -F /dev/console onlcr # any setting waits until what was said is on the line
	echo o >/proc/sysrq-trigger
	sleep 60
}

start() {
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs run /run
	mount -t tmpfs mnt /mnt
	for _module in virtio_pci virtio_blk dm-mod dm-crypt raid1 xts aes_generic xfs btrfs vfat nls_cp437 nls_ascii nls_iso8859-1 efivarfs; do
		modprobe "$_module" || echo "maker: no module $_module"
	done
	/lib/systemd/systemd-udevd --daemon
	udevadm trigger --action=add
	udevadm settle
}

# --- partitions. Of each: the disk's serial; the sizes are sectors of 512 bytes.
partition() {
	sfdisk -q --wipe always "/dev/disk/by-id/virtio-$1"
	udevadm settle
}

# BIOS with a DOS label (GRUB's core in the gap), with a GPT (in a partition of its own), UEFI with an ESP of MEBIBYTES. Then root's.
dos() {
	printf 'label: dos\nstart=2048, type=83, bootable\n' | partition "$1"
}

gpt_bios() {
	printf 'label: gpt\nsize=2048, type=21686148-6449-6E6F-744E-656564454649\n%s' "$2" | partition "$1"
}

gpt_uefi() {
	printf 'label: gpt\nsize=%s, type=U\n%s' "$(($2 * 2048))" "$3" | partition "$1"
	mkfs.vfat -F 32 -n ESP "$(part "$1" 1)" >/dev/null
}

part() {
	echo "/dev/disk/by-id/virtio-$1-part$2"
}

ext4() {
	mkfs.ext4 -q -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$@"
}

uuid() {
	blkid -p -s UUID -o value "$1"
}

# --- one function a row: makes its file systems, mounts them at $at, and appends to $fstab and $words (the kernel's)
fs() {
	mkdir -p "$at$2"
	mount -o "${4:-defaults}" "$1" "$at$2"
	echo "UUID=$(uuid "$1") $2 $3 ${4:-defaults} 0 ${5:-2}" >>"$fstab"
}

esp() {
	fs "$(part "$row" 1)" "$1" vfat umask=0077
}

row_ext4() {
	dos ext4
	ext4 "$(part ext4 1)"
	fs "$(part ext4 1)" / ext4
}

row_boot() {
	gpt_uefi boot 64 "$(printf 'size=524288\n-')"
	ext4 "$(part boot 2)"
	ext4 "$(part boot 3)"
	fs "$(part boot 3)" / ext4
	fs "$(part boot 2)" /boot ext4
	esp /boot/efi
}

# A key function that costs a person on a slow emulator seconds, not minutes.
row_luks() {
	gpt_uefi luks 64 "$(printf 'size=524288\n-')"
	ext4 "$(part luks 2)"
	printf disk-secret-7 | cryptsetup luksFormat -q --type luks2 --pbkdf argon2id --pbkdf-memory 32768 --pbkdf-parallel 1 \
		--pbkdf-force-iterations 4 --key-file - "$(part luks 3)"
	printf disk-secret-7 | cryptsetup open --key-file - "$(part luks 3)" cryptroot
	words="rd.luks.name=$(uuid "$(part luks 3)")=cryptroot"
	echo "cryptroot UUID=$(uuid "$(part luks 3)") none luks" >"$crypttab"
	ext4 /dev/mapper/cryptroot
	fs /dev/mapper/cryptroot / ext4
	fs "$(part luks 2)" /boot ext4
	esp /boot/efi
}

row_lvm() {
	gpt_bios lvm '-'
	vgcreate -q -y vg "$(part lvm 2)"
	for _lv in root:384 usr:512 var:192 home:64; do
		lvcreate -q -y -Wn -n "${_lv%:*}" -L "${_lv#*:}M" vg
		ext4 "/dev/vg/${_lv%:*}"
	done
	words=rd.lvm.vg=vg
	fs /dev/vg/root / ext4
	for _lv in usr var home; do
		fs "/dev/vg/$_lv" "/$_lv" ext4
	done
}

row_raid1() {
	dos raid1a
	dos raid1b
	mdadm --create /dev/md0 --run --quiet --level=1 --raid-devices=2 --metadata=1.2 --assume-clean "$(part raid1a 1)" "$(part raid1b 1)"
	# dracut starts an array without a leg after two thirds of rd.retry, which is 180 s.
	words="rd.md.uuid=$(mdadm --detail --export /dev/md0 | sed -n 's/^MD_UUID=//p') rd.retry=30"
	ext4 /dev/md0
	fs /dev/md0 / ext4
}

# btrfs DEVICE SUBVOLUME...: each subvolume @NAME at /NAME, @ itself at /.
subvolumes() {
	_device=$1
	shift
	mkfs.btrfs -q "$_device"
	mkdir -p "$at"
	mount "$_device" "$at"
	for _sub in '' "$@"; do
		btrfs -q subvolume create "$at/@$_sub"
	done
	umount "$at"
	for _sub in '' "$@"; do
		fs "$_device" "/$_sub" btrfs "subvol=@$_sub" 0
	done
}

row_btrfs() {
	gpt_uefi btrfs 64 -
	subvolumes "$(part btrfs 2)" home snapshots
	esp /boot/efi
}

row_xfs() {
	gpt_uefi xfs 256 -
	mkfs.xfs -q "$(part xfs 2)"
	fs "$(part xfs 2)" / xfs
	esp /boot
}

row_usr() {
	gpt_bios usr "$(printf 'size=655360\nsize=1048576\n-')"
	for _part in 2 3 4; do
		ext4 "$(part usr "$_part")"
	done
	fs "$(part usr 2)" / ext4
	fs "$(part usr 3)" /usr ext4
	fs "$(part usr 4)" /home ext4
}

# The loader of systemd, whose menu is made of files: Boot Loader Specification entries.
row_bls() {
	gpt_uefi bls 256 -
	ext4 "$(part bls 2)"
	fs "$(part bls 2)" / ext4
	esp /boot
}

# --- what all have
# A folder of the machine's goes with all it holds; what is a file system of its own is there already. vfat knows neither owners nor links.
copy() {
	for _dir in boot dev proc sys run mnt media tmp; do
		mkdir -p "$at/$_dir"
	done
	chmod 1777 "$at/tmp"
	for _dir in bin sbin lib lib64 etc home opt root srv usr var; do
		if [ -d "$at/$_dir" ]; then
			cp -dR --preserve=mode,ownership,timestamps,links "/$_dir/." "$at/$_dir/"
		else
			cp -dR --preserve=mode,ownership,timestamps,links "/$_dir" "$at/"
		fi
	done
	cp -r /boot/. "$at/boot/"
	# Without rd.recovery on the kernel's line the self-contained image is a plain initramfs.
	[ "$initramfs" = dracut ] || cp "$made/initrd-self" "$at/boot/initrd.img-$(uname -r)"
	cp "$fstab" "$at/etc/fstab"
	[ ! -s "$crypttab" ] || cp "$crypttab" "$at/etc/crypttab"
}

settings() {
	_input=serial
	[ "$keys" = serial ] || _input=console
	cat >"$at/etc/default/grub" <<-END
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=120
		GRUB_DISTRIBUTOR=Debian
		GRUB_DISABLE_SUBMENU=y
		GRUB_CMDLINE_LINUX_DEFAULT=quiet
		GRUB_CMDLINE_LINUX="console=ttyS0 loglevel=4 $words"
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_TERMINAL_INPUT=$_input
		GRUB_TERMINAL_OUTPUT=serial
	END
	printf 'hold = 0\nafter = %s\n' "$after" >"$at/etc/rd-recovery.conf"
}

# As the owner does it, while the machine is healthy. Only what builds the initramfs is replaced: by the images built beforehand, for the
# same takes minutes here, with this machine's configuration put behind.
entry() {
	mkdir -p "/run/conf.$row/etc"
	cp -p "$at/etc/rd-recovery.conf" "/run/conf.$row/etc/"
	(cd "/run/conf.$row" && find . | cpio -o -H newc --quiet) >"/run/conf.$row.cpio"
	cat "$made/initrd-$initramfs" "/run/conf.$row.cpio" >"$at/run/initrd.$row"
	mount --bind "$made/builder" "$at$(builder)"
	ROW=$row chroot "$at" rd-recovery-entry update --image "$initramfs"
	umount "$at$(builder)"
	rm -f "/run/initrd.$row"
}

# As the owner of a machine that others use does it: Debian's own entries are everybody's, what else there is asks.
superuser() {
	_hash=$(printf 'menu-secret-7\nmenu-secret-7\n' | chroot "$at" grub-mkpasswd-pbkdf2 | sed -n 's/^PBKDF2 hash of your password is //p')
	printf '#!/bin/sh\ncat <<END\nset superusers=boss\npassword_pbkdf2 boss %s\nEND\n' "$_hash" >"$at/etc/grub.d/01_users"
	chmod 0755 "$at/etc/grub.d/01_users"
	sed -i 's/^CLASS="/&--unrestricted /' "$at/etc/grub.d/10_linux"
}

# As kernel-install would have left it.
systemd_boot() {
	SYSTEMD_RELAX_ESP_CHECKS=1 chroot "$at" bootctl --no-variables --esp-path=/boot install
	mkdir -p "$at/etc/kernel" "$at/boot/loader/entries"
	echo "root=UUID=$(uuid "$(part bls 2)") ro console=ttyS0 loglevel=4" >"$at/etc/kernel/cmdline"
	printf 'timeout 120\ndefault debian.conf\n' >"$at/boot/loader/loader.conf"
	cat >"$at/boot/loader/entries/debian.conf" <<-END
		title Debian GNU/Linux
		linux /vmlinuz-$(uname -r)
		initrd /initrd.img-$(uname -r)
		options $(cat "$at/etc/kernel/cmdline") quiet
	END
}

builder() {
	[ "$initramfs" = dracut ] && echo /usr/bin/dracut || echo /usr/lib/rd-recovery/mkinitramfs
}

bind() {
	for _fs in dev proc sys run; do
		mount --rbind "/$_fs" "$at/$_fs"
	done
}

grub() {
	if [ "$firmware" = uefi ]; then
		_esp=/boot/efi
		mountpoint -q "$at$_esp" || _esp=/boot
		chroot "$at" grub-install --target=x86_64-efi --efi-directory="$_esp" --removable --no-nvram
	else
		for _disk in /dev/disk/by-id/virtio-"$row" /dev/disk/by-id/virtio-"$row"[ab]; do
			[ ! -e "$_disk" ] || chroot "$at" grub-install --target=i386-pc "$_disk"
		done
	fi
	chroot "$at" update-grub
}

took() {
	_now=$(cut -d . -f 1 /proc/uptime)
	echo "maker: $row: $1 $((_now - then)) s"
	then=$_now
}

# The owner's password, asked of the disk's own PAM helper.
is_right() {
	printf 'correct-horse-9\0' | chroot "$at" unix_chkpwd argo nonull
}

# The story's: it has to bar the login that was open before.
damage() {
	is_right
	cp --remove-destination "$made/libcrypt.so.1.1.0" "$at/lib/x86_64-linux-gnu/libcrypt.so.1.1.0"
	! is_right || { echo "maker: $row: the damage bars nobody" && exit 1; }
}

# make ROW FIRMWARE INITRAMFS ENTRY KEYS AFTER
make() (
	row=$1 firmware=$2 initramfs=$3 entry=$4 keys=$5 after=$6 at=/mnt/$1 fstab=/run/fstab.$1 crypttab=/run/crypttab.$1 words=
	then=$(cut -d . -f 1 /proc/uptime)
	"row_$row"
	took storage
	copy
	took copy
	settings
	bind
	[ "$entry" != bls ] || systemd_boot
	[ "$entry" != superuser ] || superuser
	entry
	took entry
	if [ "$entry" = bls ]; then chroot "$at" rd-recovery-entry uki; else grub; fi
	took loader
	damage
	[ ! -d "$at/snapshots" ] || btrfs -q subvolume snapshot -r "$at" "$at/snapshots/before"
	umount -R "$at"
	took umount
)

# makes FIRST: every second row; two of these run side by side.
makes() {
	grep -v -e '^#' -e '^[a-z0-9]*-' "$made/rows" | sed -n "$1~2p" >"/run/rows.$1"
	while read -r _name _firmware _ _initramfs _entry _keys _after _; do
		make "$_name" "$_firmware" "$_initramfs" "$_entry" "$_keys" "$_after"
	done <"/run/rows.$1"
}

if [ $$ -ne 1 ]; then
	makes "$1"
	exit
fi
start
sh /init 1 </dev/null &
first=$!
sh /init 2 </dev/null || first=
if [ -n "$first" ] && wait "$first"; then
	echo "maker: done after $(cut -d ' ' -f 1 /proc/uptime) s"
fi
finish
