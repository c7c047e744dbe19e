#!/bin/sh
# 42_rd-recovery: grub-mkconfig's part for the rescue entries that rd-recovery-entry(8) made. Silent where there is no image.
set -e

# grub-mkconfig exports it; by hand: the usual place.
pkgdatadir=${pkgdatadir:-/usr/share/grub}
# shellcheck source=/dev/null
. "$pkgdatadir/grub-mkconfig_lib"

# Whole (a power cut leaves no end), and not another system's on a shared ESP.
is_ours() {
	[ "$(tail -n 1 "$1/manifest" 2>/dev/null)" = end ] || return 1
	_theirs=$(sed -n 's/^machine-id //p' "$1/manifest")
	[ -z "$_theirs" ] || [ ! -s /etc/machine-id ] || [ "$_theirs" = "$(cat /etc/machine-id)" ]
}

# The folder with an image: rd-recovery-entry puts it where boot loader entries are, else in /boot.
rescue_folder() {
	for _dir in /efi /boot /boot/efi; do
		for _slot in 2 1; do
			if is_ours "$_dir/rd-recovery/$_slot"; then
				echo "$_dir/rd-recovery"
				return
			fi
		done
	done
}

# As 10_linux tells GRUB how to get there.
prepare() {
	case $rescue in
	/boot/rd-recovery) _devices=${GRUB_DEVICE_BOOT} ;;
	*) _devices=$("${grub_probe:?}" --target=device "$rescue") ;;
	esac
	# shellcheck disable=SC2086 # a file system may have several
	prepare_grub_to_access_device ${_devices} | grub_add_tab
}

# entry ID TITLE WORD...: no --unrestricted: where the menu has a superuser, it asks for the password. Not saved as the default: one rescue
# is enough. Which slot is in use GRUB looks up when it boots: a new image needs no new menu.
entry() {
	_id=$1 _title=$2
	shift 2
	cat <<-EOF
		menuentry '$_title' --class recovery --class gnu-linux --class gnu --class os \$menuentry_id_option '$_id' {
	EOF
	[ "${GRUB_GFXPAYLOAD_LINUX-}" = text ] || echo "	load_video"
	echo "	insmod gzio"
	printf '%s\n' "$prepared"
	cat <<-EOF
		${grub_tab:?}set rd_recovery='$relative/1'
		${grub_tab}if [ -f '$relative/2/manifest' ]; then set rd_recovery='$relative/2'; fi
		${grub_tab}echo	'Loading the rescue kernel ...'
		${grub_tab}linux	"\${rd_recovery}/linux" $*
		${grub_tab}echo	'Loading the rescue initial ramdisk ...'
		${grub_tab}initrd	"\${rd_recovery}/initrd"
		}
	EOF
}

rescue=$(rescue_folder)
[ -n "$rescue" ] || exit 0
# A GRUB that reads the boot loader entries itself (Fedora's) has them already.
if [ "${GRUB_ENABLE_BLSCFG-}" = true ] && ls "${rescue%/*}"/loader/entries/a-rd-recovery-*.conf >/dev/null 2>&1; then
	exit 0
fi
if ! is_path_readable_by_grub "$rescue"; then
	grub_warn "GRUB cannot read $rescue: no rescue entry (rd-recovery)"
	exit 0
fi
slot=$rescue/2
is_ours "$slot" || slot=$rescue/1
# As GRUB quotes them; images of before have only the kernel's.
options=$(sed -n 's/^menu //p' "$slot/manifest")
[ -n "$options" ] || options=$(sed -n 's/^options //p' "$slot/manifest")
relative=$(make_system_path_relative_to_its_root "$rescue")
relative=${relative%/}
prepared=$(prepare)
echo "Found rescue image: $slot" >&2
entry rd-recovery-repair 'Recover a lost login (rd-recovery)' "$options"
entry rd-recovery-new-password 'Recover a lost login with a new password (rd-recovery)' "$options" rd.recovery.password=generate
