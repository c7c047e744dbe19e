# uki.sh: kernel, initramfs and kernel words in one .efi, for firmware and loaders that start nothing else. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, boot, rescue, work: rd-recovery-entry's

uki_file() {
	echo "$boot/EFI/Linux/rd-recovery-$1.efi"
}

uki_remove() {
	rm -f "$(uki_file 1)" "$(uki_file 2)"
}

command_uki() {
	die 'not yet'
}
