# slots.sh: BOOT/rd-recovery/1 and /2, of which one is in use: linux, initrd, and manifest, which is written last and removed first. So
# neither needs a rename, which is not safe on vfat, and a boot loader can tell which one is whole: 2 if it has a manifest, else 1. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # root, boot, rescue, kver, work: rd-recovery-entry's; kernel_not: build.sh's

manifest_value() {
	sed -n "s/^$2 //p" "$1/manifest" 2>/dev/null
}

# A manifest that a power cut left has no end.
slot_is_whole() {
	[ -f "$1/linux" ] && [ -f "$1/initrd" ] && [ "$(tail -n 1 "$1/manifest" 2>/dev/null)" = end ]
}

# The one in use; nothing: none.
slot_current() {
	for _slot in 2 1; do
		if slot_is_whole "$rescue/$_slot"; then
			echo "$_slot"
			return
		fi
	done
}

slot_remove() {
	entries_remove "$1"
	[ -d "$rescue/$1" ] || return 0
	rm -f "$rescue/$1/manifest"
	sync "$rescue/$1"
	rm -rf --one-file-system "${rescue:?}/$1"
	sync "$rescue"
}

sum_of() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

# manifest_text HEALTH: what the work folder holds.
manifest_text() {
	echo "kernel $kver"
	echo "image $image"
	echo "health $1"
	echo "version $("$payload" --version | cut -d ' ' -f 2)"
	echo "payload $(sum_of "$(payload_carried)")"
	echo "config $(sum_of "$root/etc/rd-recovery.conf" 2>/dev/null | grep . || echo none)"
	echo "date $(date -u +%Y-%m-%dT%H:%M:%SZ)"
	echo "machine-id $(machine_id)"
	echo "linux $(sum_of "$work/linux")"
	echo "initrd $(sum_of "$work/initrd")"
	echo "language $(words_language)"
	printf 'options %s\n' "$options"
	printf 'menu %s\n' "$(words_for_grub "$options")"
	echo end
}

# room_for FILE...: beside what is there: the old one goes when the new one is whole.
room_for() {
	_need=1024
	for _part; do
		_need=$((_need + $(stat -c %s "$_part") / 1024))
	done
	_free=$(df -Pk "$boot" | awk 'NR == 2 { print $4 }')
	[ "$_free" -ge "$_need" ] || die "$boot has $((_free / 1024)) MiB free, the new image needs $((_need / 1024)): what is there stays (--image self makes a small one)"
}

# The image carries the configuration. On vfat the mount's options decide who reads it, whatever the umask.
secrets_stay_secret() {
	grep -qsE '^[[:space:]]*password_hash[[:space:]]*=' "$root/etc/rd-recovery.conf" || return 0
	_probe=$(mktemp "$boot/rd-recovery.XXXXXX") || die "$boot cannot be written"
	chmod 600 "$_probe" 2>/dev/null || :
	_mode=$(stat -c %a "$_probe")
	rm -f "$_probe"
	case $_mode in
	*00) ;;
	*) die "everybody could read the password_hash of $root/etc/rd-recovery.conf in $boot: mount that with umask=0077, or take the line out" ;;
	esac
}

# slot_fill SLOT HEALTH: from the work folder to the disk, whole before it counts.
slot_fill() {
	slot_remove "$1"
	room_for "$work/linux" "$work/initrd"
	mkdir -p "$rescue/$1"
	for _name in linux initrd; do
		if ! cp "$work/$_name" "$rescue/$1/$_name" || ! sync "$rescue/$1/$_name"; then
			rm -rf --one-file-system "${rescue:?}/$1"
			die "$rescue/$1/$_name could not be written: the old image stays"
		fi
	done
	sync "$rescue/$1" "$rescue" "$boot"
	manifest_text "$2" >"$rescue/$1/manifest"
	sync "$rescue/$1/manifest" "$rescue/$1"
}

# Another system may share an ESP.
slot_is_ours() {
	_theirs=$(manifest_value "$rescue/$1" machine-id)
	[ -z "$_theirs" ] || [ -z "$(machine_id)" ] || [ "$_theirs" = "$(machine_id)" ] ||
		die "$rescue holds the rescue image of another system (machine-id $_theirs): remove the folder if that system is gone"
}

# All of ours in the boot folder.
remove_here() {
	_old=$(slot_current)
	[ -z "$_old" ] || slot_is_ours "$_old"
	for _slot in 1 2; do
		slot_remove "$_slot"
	done
	uki_remove
	[ ! -d "$rescue" ] || rmdir "$rescue" || say "$rescue holds something else: it stays"
}

# Is the boot folder another than the one with this device and inode, and holds it an image of this system?
is_former_place() {
	[ -d "$rescue" ] && [ "$(stat -c %d:%i "$boot")" != "$1" ] && [ -n "$(slot_current)" ] && (slot_is_ours "$(slot_current)") 2>/dev/null
}

# Boot loader entries may have come or gone, and with them the place: what is left in the former one would grow old, and GRUB might take it.
# moved: there was something; uki_moved: an .efi too. A place that was asked for is a copy more.
remove_elsewhere() {
	[ -z "$boot_asked" ] || return 0
	_boot=$boot _here=$(stat -c %d:%i "$boot")
	for _place in /efi /boot /boot/efi; do
		boot=$root$_place rescue=$root$_place/rd-recovery
		if is_former_place "$_here"; then
			moved=yes
			[ -z "$(uki_current)" ] || uki_moved=yes
			remove_here
		fi
	done
	boot=$_boot rescue=$_boot/rd-recovery
}

command_remove() {
	if [ -n "$kver" ]; then
		remove_kernel
		return
	fi
	remove_here
	remove_elsewhere
}

# The kernel package goes. Its copy still boots; but who removes a kernel may have a reason, so another one's image takes its place.
remove_kernel() {
	_old=$(slot_current)
	[ -n "$_old" ] && [ "$(manifest_value "$rescue/$_old" kernel)" = "$kver" ] || return 0
	_gone=$kver
	kver=
	# Not as a condition: there set -e would not count.
	set +e
	(
		set -e
		kernel_not=$_gone
		command_update
	)
	_status=$?
	set -e
	[ "$_status" -eq 0 ] || say "the rescue image of $_gone stays: it has a copy of its kernel"
}
