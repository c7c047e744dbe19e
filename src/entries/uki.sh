# uki.sh: kernel, initramfs and kernel words in one .efi (a unified kernel image), for firmware and loaders that want just that. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, boot, rescue, work: rd-recovery-entry's

# The name sorts last, as those of the entries do.
uki_file() {
	echo "$boot/EFI/Linux/a-rd-recovery-$1.efi"
}

uki_current() {
	for _uki in 2 1; do
		[ ! -f "$(uki_file "$_uki")" ] || { echo "$_uki" && return; }
	done
}

uki_remove() {
	[ -n "$(uki_current)" ] || return 0
	rm -f "$(uki_file 1)" "$(uki_file 2)" "$(uki_file 1).new" "$(uki_file 2).new"
	(cd "$boot" && rmdir -p --ignore-fail-on-non-empty EFI/Linux)
}

uki_stub() {
	case $(uname -m) in
	x86_64) _arch=x64 ;;
	aarch64) _arch=aa64 ;;
	*) die "no stub is known for $(uname -m)" ;;
	esac
	_stub=$root/usr/lib/systemd/boot/efi/linux$_arch.efi.stub
	[ -f "$_stub" ] || die "$_stub is not installed (Debian: systemd-boot-efi)"
	command -v objcopy >/dev/null || die 'objcopy is not installed (Debian: binutils)'
	echo "$_stub"
}

# The menu's title comes from here, unlike any other's. Without an ID it has no sort key, and comes after all that have one.
uki_release() {
	echo 'PRETTY_NAME="Recover a lost login (rd-recovery.efi)"'
	echo "VERSION_ID=$(manifest_value "$1" kernel)"
}

# uki_place FILE: where its next section may begin.
uki_place() {
	objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { print $3, $4 }' | while read -r _size _at; do
		echo $((0x$_size + 0x$_at))
	done | sort -n | tail -n 1
}

# uki_join STUB: the files of the work folder to sections after the stub's own, each on a boundary of 64 KiB, which suits every stub. The
# kernel last: it may be unpacked in place.
uki_join() (
	cd "$work" || exit 1
	_at=$(uki_place "$1") _sections=
	for _name in osrel cmdline initrd linux; do
		_at=$(((_at + 65535) / 65536 * 65536))
		_sections="$_sections --add-section .$_name=$_name --change-section-vma .$_name=$_at"
		_at=$((_at + $(stat -c %s "$_name")))
	done
	# shellcheck disable=SC2086 # a list of words
	objcopy $_sections "$1" uki
)

# uki_put FILE: whole on the disk before it has a name that a loader lists and that counts as the one in use.
uki_put() {
	if ! cp "$work/uki" "$1.new" || ! sync "$1.new" || ! mv "$1.new" "$1" || ! sync "$1" "$boot/EFI/Linux"; then
		rm -f "$1.new"
		die "$1 could not be written"
	fi
}

# uki_write DIR: of the image there, under the name that is not in use.
uki_write() {
	secrets_stay_secret
	_using=$(uki_current)
	_file=$(uki_file $((${_using:-2} % 2 + 1)))
	_stub=$(uki_stub) || exit 1
	uki_release "$1" >"$work/osrel"
	manifest_value "$1" options | tr -d '\n' >"$work/cmdline"
	cp "$1/linux" "$1/initrd" "$work/"
	uki_join "$_stub" || die 'objcopy made no unified kernel image'
	rm -f "$boot"/EFI/Linux/a-rd-recovery-[12].efi.new
	room_for "$work/uki"
	mkdir -p "$boot/EFI/Linux"
	uki_put "$_file"
	[ -z "$_using" ] || rm -f "$(uki_file "$_using")"
	echo "$_file: kernel, initramfs and kernel words in one"
}

# uki_refresh DIR: the image is there and in the menu whatever becomes of this. Not as a condition: there set -e would not count.
uki_refresh() {
	[ -n "$(uki_current)$uki_moved" ] || return 0
	set +e
	(
		set -e
		uki_write "$1"
	)
	_status=$?
	set -e
	[ "$_status" -eq 0 ] || say 'the .efi is the old one'
}

command_uki() {
	[ -z "$kver" ] || wrong "uki takes the image that 'update $kver' makes"
	_slot=$(slot_current)
	[ -n "$_slot" ] || die "there is no rescue image: rd-recovery-entry update"
	slot_is_ours "$_slot"
	begin_work
	uki_write "$rescue/$_slot"
}
