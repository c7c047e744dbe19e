# boot.sh: where the boot loader looks: the folder that is $BOOT, its entries, and its files as the loader names them. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, boot, rescue: rd-recovery-entry's

in_root() {
	if [ -n "$root" ]; then
		chroot "$root" "$@"
	else
		"$@"
	fi
}

# Where Boot Loader Specification entries are, there kernels have to be; else /boot.
boot_folder() {
	if [ -n "${KERNEL_INSTALL_BOOT_ROOT-}" ] && [ -d "$root$KERNEL_INSTALL_BOOT_ROOT/loader/entries" ]; then
		echo "$root$KERNEL_INSTALL_BOOT_ROOT"
		return
	fi
	if [ -z "$root" ]; then
		_found=$(bootctl --print-boot-path 2>/dev/null || :)
		[ -z "$_found" ] || [ ! -d "$_found/loader/entries" ] || { echo "$_found" && return; }
	fi
	for _found in /efi /boot /boot/efi; do
		[ ! -d "$root$_found/loader/entries" ] || { echo "$root$_found" && return; }
	done
	echo "$root/boot"
}

# What fstab puts on the way to the boot folder has to be there (Gentoo leaves /boot unmounted): what is written below the mount point no
# boot loader finds.
boot_is_mounted() {
	for _point in /boot /efi /boot/efi; do
		case $boot/ in "$root$_point"/*) ;; *) continue ;; esac
		if awk -v point="$_point" '$1 !~ /^#/ && $2 == point { found = 1 } END { exit !found }' "$root/etc/fstab" 2>/dev/null &&
			! mountpoint -q "$root$_point"; then
			die "$root$_point is not mounted: mount $_point first (--boot DIR where it is meant to be elsewhere)"
		fi
	done
}

# loader_path FILE: as a boot loader names it: from the root of its file system, which a subvolume is not.
loader_path() {
	_real=$(readlink -f "$1")
	_point=$(stat -c %m "$_real")
	_from=$(findmnt -nro FSROOT --mountpoint "$_point" 2>/dev/null | tail -n 1 || :)
	[ "$_point" != / ] || _point=
	# A root that is entered, but not mounted on its own, as an image builder has it.
	if [ -n "$root" ] && [ "${root#"$_point"}" != "$root" ] && [ "$_point" != "$root" ] && ! mountpoint -q "$root"; then
		_point=$root _from=/
	fi
	echo "${_from%/}${_real#"$_point"}"
}

# The names sort last where a menu goes by them: alphabetic before any machine id.
entry_file() {
	echo "$boot/loader/entries/a-rd-recovery-$1-$2.conf"
}

# A sort key puts an entry before all that have none.
entries_have_keys() {
	for _file in "$boot"/loader/entries/*.conf; do
		case $_file in */a-rd-recovery-*) continue ;; esac
		[ ! -f "$_file" ] || grep -q '^sort-key' "$_file" || return 1
	done
}

# entry_text SLOT NUMBER TITLE WORDS...: GRUB lets everybody start an entry without grub_users; with a name, whichever, only that user and the
# superusers, where there are superusers.
entry_text() {
	_slot=$1 _number=$2 _title=$3
	shift 3
	echo "title $_title"
	echo "version $(manifest_value "$rescue/$_slot" kernel)"
	_id=$(machine_id)
	[ -z "$_id" ] || echo "machine-id $_id"
	! entries_have_keys || echo "sort-key zz-rd-recovery-$_number"
	echo "linux $(loader_path "$rescue/$_slot/linux")"
	echo "initrd $(loader_path "$rescue/$_slot/initrd")"
	printf 'options %s\n' "$*"
	echo 'grub_users root'
}

# entries_write SLOT: both, where there are others. New names: nothing on vfat is renamed over.
entries_write() {
	[ -d "$boot/loader/entries" ] || return 0
	_line=$(manifest_value "$rescue/$1" options)
	rm -f "$(entry_file repair "$1")" "$(entry_file new-password "$1")"
	(
		umask 022
		entry_text "$1" 1 'Recover a lost login (rd-recovery)' "$_line" >"$(entry_file repair "$1")"
		entry_text "$1" 2 'Recover a lost login with a new password (rd-recovery)' "$_line" rd.recovery.password=generate \
			>"$(entry_file new-password "$1")"
	)
	sync "$(entry_file repair "$1")" "$(entry_file new-password "$1")" "$boot/loader/entries"
}

entries_remove() {
	rm -f "$(entry_file repair "$1")" "$(entry_file new-password "$1")"
}

machine_id() {
	grep -xE '[0-9a-f]{32}' "$root/etc/machine-id" 2>/dev/null || :
}
