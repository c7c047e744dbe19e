# words.sh: the kernel words of the rescue entries: the system's own, without what starts another kind of boot. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, image: rd-recovery-entry's

# What the system boots with, whatever wrote it down first.
words_system() {
	for _file in "$root/etc/kernel/cmdline" "$root/usr/lib/kernel/cmdline"; do
		if [ -f "$_file" ]; then
			sed '/^[[:space:]]*#/d' "$_file"
			return
		fi
	done
	words_grub
}

# Whose quoting the words have: the kernel's, or already GRUB's.
words_language() {
	[ -f "$root/etc/kernel/cmdline" ] || [ -f "$root/usr/lib/kernel/cmdline" ] || { echo grub && return; }
	echo kernel
}

# Without resume (nothing of a sleeping system is to wake up), what hides the screen, another target, and our own words of before.
words_kept() {
	tr -s '[:space:]' '\n' | grep -vE -e '^$' -e '^(resume|resume_offset|BOOT_IMAGE|initrd|systemd\.unit|rd\.recovery(\.[a-z_]+)?)(=|$)' \
		-e '^(noresume|quiet|splash|rhgb|single|emergency|rescue|S|s|1|vt\.handoff=.*|systemd\.show_status=.*)$' || :
}

# The device that / lies on; nothing where it is an overlay, a tmpfs.
words_device() {
	findmnt -nvro SOURCE --mountpoint "${root:-/}" 2>/dev/null | grep '^/dev/' | tail -n 1
}

# fstab FIELD: of the line for /.
words_fstab() {
	[ ! -f "$root/etc/fstab" ] || awk -v field="$1" '$1 !~ /^#/ && $2 == "/" { print $field; exit }' "$root/etc/fstab"
}

# root=...: of what is mounted there, else as fstab says it.
words_root() {
	_device=$(words_device || :)
	_uuid=
	if [ -n "$_device" ]; then
		_uuid=$(blkid -s UUID -o value "$_device" 2>/dev/null || findmnt -nro UUID --mountpoint "${root:-/}" 2>/dev/null || :)
	fi
	if [ -n "$_uuid" ]; then
		echo "root=UUID=$_uuid"
	elif [ -n "$(words_fstab 1)" ]; then
		echo "root=$(words_fstab 1)"
	elif [ -n "$_device" ]; then
		echo "root=$_device"
	else
		return 1
	fi
}

# Does the file system's own default lead to what is mounted at /?
subvolume_is_default() {
	_default=$(btrfs subvolume get-default "${root:-/}" 2>/dev/null | cut -d ' ' -f 2)
	findmnt -nro OPTIONS --mountpoint "${root:-/}" | tr , '\n' | grep -qx "subvolid=${_default:-none}"
}

# Which subvolume / is, on btrfs. Where fstab names none, the file system's own default decides, which snapshots and rollbacks change; so it does
# where fstab says nothing of / and the default is what is mounted.
words_subvolume() {
	_sub=
	if [ -n "$(words_device || :)" ]; then
		[ "$(findmnt -nro FSTYPE --mountpoint "${root:-/}")" = btrfs ] || return 0
		if [ -n "$(words_fstab 4)" ]; then
			words_fstab 4 | grep -qE '(^|,)subvol(id)?=' || return 0
		elif subvolume_is_default; then
			return 0
		fi
		_sub=$(findmnt -nro FSROOT --mountpoint "${root:-/}")
	else
		_sub=$(words_fstab 4 | tr , '\n' | sed -n 's/^subvol=//p')
	fi
	_sub=${_sub#/}
	[ -z "$_sub" ] || echo "rootflags=subvol=$_sub"
}

# What dracut has to open before it finds root.
words_storage() {
	[ "$image" != dracut ] || in_root dracut --print-cmdline 2>/dev/null | tr -s ' ' '\n' | grep -E '^rd\.(luks|lvm|md|dm)[.=]' || :
}

has_word() {
	printf '%s\n' "$words" | grep -qE "^$1"
}

# The whole line, but for what tells both entries apart.
words_make() {
	words=$(words_system | words_kept)
	has_word root= || words="$words
$(words_root)" || die "nothing says where root is: write its words (root=UUID=...) to $root/etc/kernel/cmdline"
	has_word rootflags= || words="$words
$(words_subvolume)"
	has_word 'rd\.(luks|lvm|md|dm)' || words="$words
$(words_storage)"
	has_word '(ro|rw)$' || words="$words
ro"
	printf '%s\nnoresume\nrd.recovery=1\n' "$words" | grep . | tr '\n' ' ' | sed 's/ $//'
}
