#!/bin/sh
# mkinitramfs: the self-contained initramfs: the payload as init, the kernel modules it may need, known-good copies. No dracut, no udev, no
# shell in it. Without rd.recovery on the kernel line it mounts root and goes on to it. Manual: rd-recovery-mkinitramfs(8).
# Needs kmod, cpio and the compressor; no root, but for what only root can read.
set -eu

LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
kernel='' output='' root=/ payload='' capture='' drivers=common compress='' portable='' libxcrypt='' network=''
here=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat <<-'END'
		usage: mkinitramfs --kernel KVER --output FILE [--root DIR] [--payload FILE] [--capture DIR] [--drivers needed|common]
		                   [--compress xz|zstd|gzip|none] [--libxcrypt] [--network] [--portable]
	END
}

fail() {
	echo "mkinitramfs: $*" >&2
	exit 1
}

wrong() {
	echo "mkinitramfs: $*" >&2
	usage >&2
	exit 2
}

# --- what is asked

arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--portable) portable=yes && shift && continue ;;
		--libxcrypt) libxcrypt=yes && shift && continue ;;
		--network) network=yes && shift && continue ;;
		--help | -h) usage && exit 0 ;;
		--kernel | --output | --root | --payload | --capture | --drivers | --compress) ;;
		*) wrong "unknown argument '$1'" ;;
		esac
		[ -n "${2-}" ] || wrong "$1 needs a value"
		case $1 in
		--kernel) kernel=$2 ;;
		--output) output=$2 ;;
		--root) root=$2 ;;
		--payload) payload=$2 ;;
		--capture) capture=$2 ;;
		--drivers) drivers=$2 ;;
		--compress) compress=$2 ;;
		esac
		shift 2
	done
}

# Sets below (the root without its last slash), modules, payload.
check_arguments() {
	[ -n "$kernel" ] || wrong 'which kernel? --kernel KVER'
	[ -n "$output" ] || wrong 'where to? --output FILE'
	case $kernel in */* | .*) wrong "'$kernel' is no kernel version" ;; esac
	case $drivers in needed | common) ;; *) wrong "--drivers $drivers: needed or common" ;; esac
	case $compress in '' | xz | zstd | gzip | none) ;; *) wrong "--compress $compress: xz, zstd, gzip or none" ;; esac
	root=$(cd "$root" && pwd) || fail "no folder $root"
	below=${root%/}
	[ -n "$portable" ] || ! grep -qsE '^[[:space:]]*report[[:space:]]*=' "$below/etc/rd-recovery.conf" || network=yes
	modules=$below/lib/modules/$kernel
	[ -e "$modules/modules.dep.bin" ] || without_modules
	find_payload
}

# Right for a kernel that has everything built in.
without_modules() {
	grep -qs '^# CONFIG_MODULES is not set' "$below/boot/config-$kernel" "$modules/config" ||
		fail "$modules: no modules of this kernel, or depmod has not listed them"
	modules=''
}

find_payload() {
	[ -z "$payload" ] || {
		[ -x "$payload" ] || fail "$payload is no program"
		return
	}
	for payload in "$below/usr/sbin/rd-recovery" "$below/usr/local/sbin/rd-recovery" "$here/../../sbin/rd-recovery" "$here/../build/rd-recovery"; do
		[ ! -x "$payload" ] || return 0
	done
	fail 'no rd-recovery found: name it with --payload'
}

# --- which modules

# Drivers that a machine of any make may need to see its disks and its keyboard. Those this kernel does not have are passed over.
common_drivers() {
	cat <<-'END'
		nvme vmd ahci ata_piix ata_generic sata_nv sata_sil sata_sil24 sata_via sata_mv sata_sis sata_promise pata_amd pata_via pata_atiixp pata_jmicron
		pata_marvell
		sd_mod usb-storage uas sdhci-pci sdhci-acpi rtsx_pci_sdmmc rtsx_usb_sdmmc mmc_block ufshcd-pci
		mptspi mptsas mpt3sas mpi3mr megaraid_sas megaraid_mbox aacraid hpsa smartpqi arcmsr isci mvsas pm80xx 3w-9xxx 3w-sas aic7xxx aic79xx sym53c8xx
		BusLogic
		virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_console virtio_input vmw_pvscsi hv_vmbus hv_storvsc pci-hyperv xen-blkfront xen-scsifront
		xhci-pci ehci-pci ohci-pci uhci-hcd i8042 atkbd usbhid hid-generic hid-hyperv hyperv-keyboard xen-kbdfront
		hid-apple hid-logitech hid-logitech-dj hid-microsoft hid-lenovo hid-chicony hid-cherry hid-holtek-kbd hid-multitouch
		i2c-hid-acpi i2c-designware-platform i2c-designware-pci intel-lpss-pci intel-lpss-acpi pinctrl-amd
	END
}

# The same of cards with a plug, for a report that is sent. Firmware is not carried: what needs some (bnx2, for one) has no
# link; not ice, which would stay in its safe mode in the system that is booted.
common_cards() {
	cat <<-'END'
		virtio_net vmxnet3 hv_netvsc xen-netfront ena gve e1000 e1000e igb igc ixgbe i40e r8169 8139cp 8139too tg3 bnx2 bnx2x bnxt_en mlx4_en mlx5_core
		atlantic alx atl1c sky2 skge forcedeth jme via-velocity fec stmmac dwmac-intel pcnet32
		r8152 ax88179_178a asix cdc_ether cdc_ncm smsc95xx smsc75xx lan78xx
	END
}

common_file_systems() {
	echo 'ext4 xfs btrfs vfat f2fs overlay'
}

# What a module asks for by name while it runs, which nothing answers in the initramfs; the modules' own lists say the rest.
soft_dependencies() {
	cat <<-'END'
		softdep vfat pre: nls_cp437 nls_iso8859-1 nls_ascii nls_utf8
		softdep ext4 pre: crc32c
		softdep libcrc32c pre: crc32c
		softdep usbhid post: hid-generic
		softdep hid_logitech_dj post: hid-logitech-hidpp
	END
}

# The drivers of a device of /sys and of all it hangs on.
drivers_of() {
	_device=$(readlink -f "$1") || return 0
	for _slave in "$_device"/slaves/*; do
		[ ! -e "$_slave" ] || (drivers_of "$_slave")
	done
	while [ "${_device#/sys/devices}" != "$_device" ] && [ "$_device" != /sys/devices ]; do
		_driver=$(readlink -f "$_device/driver/module") && echo "${_driver##*/}"
		_device=${_device%/*}
	done
}

places() {
	for _place in / /usr /var /home /boot /boot/efi /efi; do
		findmnt -rno SOURCE,FSTYPE -M "$_place" || :
	done
}

# The running machine: where its file systems lie, and what is typed on.
needed_here() {
	places | while read -r _source _type; do
		echo "$_type"
		_source=$(readlink -f "${_source%%\[*}") && drivers_of "/sys/class/block/${_source##*/}"
	done
	for _input in /sys/class/input/input*; do
		grep -qs '^EV=.*12001[3f]$' "$_input/uevent" && drivers_of "$_input"
	done
	echo 'overlay usbhid hid-generic i8042 atkbd virtio_console'
}

# The machine of another root is not known, but for what its fstab says.
needed_there() {
	common_drivers
	echo overlay
	sed -nE 's/^[[:space:]]*[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+(ext[234]|xfs|btrfs|vfat|f2fs)[[:space:]].*/\1/p' "$below/etc/fstab" || :
}

wanted() {
	case $drivers:$below in
	common:*) common_drivers && common_file_systems ;;
	needed:) needed_here ;;
	*) needed_there ;;
	esac
}

wanted_cards() {
	[ -n "$network" ] || return 0
	[ "$drivers:$below" = needed: ] || common_cards
	for _card in /sys/class/net/*; do
		[ "$drivers:$below" != needed: ] || drivers_of "$_card" | sed '/^ice$/d'
	done
}

# What the system's own modprobe.d keeps away: a device must not bring it, nor the start. Where another module needs it, it is loaded all the same.
blacklist() {
	[ -z "$portable" ] || return 0
	set --
	for _dir in etc run usr/local/lib usr/lib lib; do
		set -- "$@" -C "$below/$_dir/modprobe.d"
	done
	modprobe "$@" -d "$root" -S "$kernel" --showconfig 2>/dev/null |
		sed -nE -e 's/^blacklist //p' -e 's,^install ([^ ]+) (/usr)?/bin/(true|false)$,\1,p'
}

# Words on standard input as the kernel writes a module's name.
names() {
	tr -s '[:space:]' '\n' | tr - _ | grep -vxFf "$work/blacklist" || :
}

# modprobe NAME...: the paths these load, below the modules' folder, in the order of loading.
paths() {
	modprobe -C "$work/modprobe.conf" -d "$root" -S "$kernel" -a --show-depends "$@" 2>/dev/null |
		sed -n "s|^insmod .*/lib/modules/$kernel/\([^ ]*\).*|\1|p" || :
}

# Checksums in the processor's own way are as right in the plain one, which is always there; not every processor can load the others.
plain() {
	grep -v '^kernel/arch/[^/]*/crypto/' || :
}

# The kernel's own list of needs, for paths on standard input.
hard_dependencies() {
	awk 'NR == FNR { on[$1 ":"]; next } $1 in on' - "$modules/modules.dep" | tr -s ' :' '\n'
}

# needs NAME...: the paths of these modules and of all that they need.
needs() {
	paths "$@" | plain | sort -u >"$work/asked"
	hard_dependencies <"$work/asked" >"$work/needed"
	cat "$work/asked" "$work/needed" | grep . | sort -u || :
}

choose() {
	blacklist >"$work/blacklist"
	{
		soft_dependencies
		sed 's/^/blacklist /' "$work/blacklist"
	} >"$work/modprobe.conf"
	wanted | names >"$work/wanted"
	wanted_cards | names >"$work/cards"
	# shellcheck disable=SC2046 # lists of words
	{
		needs $(cat "$work/wanted") >"$work/early"
		needs $(cat "$work/wanted" "$work/cards") >"$work/carried"
	}
}

# --- the tree

name_of() {
	_name=${1##*/}
	echo "${_name%.ko*}"
}

bare() {
	sed 's/\(\.ko\)\.[a-z0-9]*/\1/g'
}

copy_module() {
	_to=$1
	case $1 in *.ko.*) _to=${1%.*} ;; esac
	mkdir -p "$tree/usr/lib/modules/$kernel/${1%/*}"
	case $1 in
	*.xz) xz -dc "$modules/$1" ;;
	*.zst) zstd -dcq "$modules/$1" ;;
	*.gz) gzip -dc "$modules/$1" ;;
	*) cat "$modules/$1" ;;
	esac >"$tree/usr/lib/modules/$kernel/$_to" || fail "cannot read $modules/$1"
}

# modules.dep: what comes last in a line is loaded first, soft dependencies too.
dependencies() {
	while read -r _path; do
		paths "$(name_of "$_path")" | awk -v path="$_path" '
			NR == FNR { carried[$0]; next }
			$0 in carried && $0 != path && !seen[$0]++ { line = " " $0 line }
			END { print path ":" line }' "$work/list" -
	done <"$work/carried" | bare
}

# The names of paths on standard input.
names_of() {
	while read -r _path; do
		name_of "$_path"
	done | tr - _
}

aliases() {
	names_of <"$work/carried" | grep -vxFf "$work/blacklist" | awk 'NR == FNR { on[$1]; next } $1 == "alias" && $NF in on' - "$modules/modules.alias"
}

# modules.load: what was asked for by name and has no alias that a device or a file system could ask for it by.
unasked() {
	awk 'NR == FNR { on[$NF]; next } { name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name) } !(name in on)' \
		"$1/modules.alias" "$work/drivers" | bare
}

# modules.network: what only cards and what they need answer to. A boot that sends no report does not look at it, and waits for no card.
set_cards_apart() {
	mv "$1/modules.alias" "$work/alias"
	: >"$1/modules.network"
	comm -13 "$work/early" "$work/carried" | names_of >"$work/late"
	awk -v to="$1/modules" 'FILENAME == ARGV[1] { late[$1]; next } { print >(to ($NF in late ? ".network" : ".alias")) }' "$work/late" "$work/alias"
}

add_modules() {
	_folder=$tree/usr/lib/modules/$kernel
	[ -n "$modules" ] || return 0
	choose
	mkdir -p "$_folder"
	while read -r _path; do
		copy_module "$_path"
	done <"$work/carried"
	cp "$work/carried" "$work/list"
	dependencies >"$_folder/modules.dep"
	aliases >"$_folder/modules.alias"
	while read -r _wanted; do
		grep -E "/$(echo "$_wanted" | sed 's/_/[-_]/g')\.ko" "$work/carried" || :
	done <"$work/wanted" >"$work/drivers"
	unasked "$_folder" >"$_folder/modules.load"
	[ -z "$network" ] || set_cards_apart "$_folder"
}

# As dracut's module does it (module-setup.sh): known-good copies if the system is healthy, else those of the last healthy time.
add_capture() {
	_kept=$capture
	if [ -z "$_kept" ]; then
		_kept=$below/var/lib/rd-recovery/capture
		"$payload" capture --root "$root" --output "$_kept" </dev/null >"$work/said" 2>&1 || sed 's/^/mkinitramfs: /' "$work/said" >&2
	fi
	if [ -f "$_kept/manifest" ]; then
		cp -R "$_kept" "$tree/usr/lib/rd-recovery/capture"
	elif [ -n "$capture" ]; then
		fail "$capture holds no known-good copies"
	fi
}

# What a report needs beside its address: the authorities, in their place, and names that no server of names knows.
add_report() {
	[ ! -f "$below/etc/hosts" ] || cp "$below/etc/hosts" "$tree/etc/hosts"
	_ca=$(sed -nE 's|^[[:space:]]*report_ca[[:space:]]*=[[:space:]]*(/.*[^[:space:]])[[:space:]]*$|\1|p' "$below/etc/rd-recovery.conf" 2>/dev/null | tail -n 1)
	if [ -f "$below$_ca" ]; then
		mkdir -p "$tree${_ca%/*}"
		cp "$below$_ca" "$tree$_ca"
	else
		echo "mkinitramfs: ${_ca:-no report_ca}: no such file, so no report will be sent" >&2
	fi
}

add_system() {
	mkdir -p "$tree/etc" "$tree/usr/lib/rd-recovery"
	[ -z "$libxcrypt" ] || cp "$(tarball)" "$tree/usr/lib/rd-recovery/" || fail 'no sources of libxcrypt'
	[ -z "$portable" ] || return 0
	add_capture
	[ ! -f "$below/etc/rd-recovery.conf" ] || cp "$below/etc/rd-recovery.conf" "$tree/etc/rd-recovery.conf"
	[ -z "$network" ] || add_report
}

tarball() {
	for _file in "$below"/usr/share/rd-recovery/libxcrypt-*.tar.* "$below"/usr/local/share/rd-recovery/libxcrypt-*.tar.* \
		"$here"/../../share/rd-recovery/libxcrypt-*.tar.* "$here"/../build/sources/libxcrypt-*-autotools.tar.*; do
		[ ! -f "$_file" ] || { echo "$_file" && return; }
	done
}

build_tree() {
	tree=$work/tree
	mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/run" "$tree/tmp" "$tree/sysroot" "$tree/usr/sbin"
	cp "$payload" "$tree/usr/sbin/rd-recovery"
	ln -s usr/sbin/rd-recovery "$tree/init"
	add_modules
	add_system
	find "$tree" -type d -exec chmod 0755 {} +
	find "$tree" -type f -exec chmod 0600 {} +
	chmod 0755 "$tree/usr/sbin/rd-recovery"
	find "$tree" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
}

# --- the image

config() {
	for _file in "$below/boot/config-$kernel" "$below/lib/modules/$kernel/config" "$below/usr/lib/modules/$kernel/config"; do
		[ ! -f "$_file" ] || { cat "$_file" && return; }
	done
	[ "$below:$kernel" != ":$(uname -r)" ] || zcat /proc/config.gz 2>/dev/null || :
}

# Of what the kernel can unpack and this machine can make, what is unpacked soonest; gzip where nothing is known of it.
choose_compression() {
	[ -z "$compress" ] || return 0
	config >"$work/config"
	for compress in zstd xz gzip; do
		grep -q "^CONFIG_RD_$(echo "$compress" | tr '[:lower:]' '[:upper:]')=y" "$work/config" && command -v "$compress" >/dev/null && return 0
	done
	return 0
}

compressed() {
	case $compress in
	xz) xz -c -T 1 --check=crc32 --lzma2=preset=9e,dict=16MiB ;;
	zstd) zstd -c -q -19 -T1 ;;
	gzip) gzip -c -9 -n ;;
	none) cat ;;
	esac
}

archive() {
	(cd "$tree" && find . -mindepth 1 | sort | cpio -o -H newc --quiet --reproducible -R 0:0)
}

# A new name, on the same file system, until it is whole and on the disk.
write_image() {
	archive >"$work/image"
	new=$(mktemp "$output.XXXXXX") || fail "cannot write $output"
	compressed <"$work/image" >"$new" || fail "cannot write $output"
	[ -n "$(find "$tree/usr/lib/rd-recovery" "$tree/etc" -type f | head -n 1)" ] || chmod 0644 "$new"
	sync "$new"
	mv -f "$new" "$output"
	new=''
	sync "$(dirname "$output")"
}

arguments "$@"
umask 077
new='' work=''
trap 'rm -rf --one-file-system ${work:+"$work"} ${new:+"$new"}' EXIT
trap 'exit 1' HUP INT TERM
check_arguments
work=$(mktemp -d)
: >"$work/carried"
choose_compression
build_tree
write_image
echo "$output: $(stat -c %s "$output") bytes, $(wc -l <"$work/carried") modules of $kernel, $compress"
