#!/bin/sh
# rd-recovery-entry update|remove|uki: the rescue entries of the boot menu, with a kernel and an initramfs of their own in
# BOOT/rd-recovery; see rd-recovery-entry(8).
# shellcheck disable=SC2034 # the parts read what the arguments set
set -eu

here=$(dirname "$(readlink -f "$0")")
lib=$here/../lib/rd-recovery
# From the sources: everything lies beside this file.
[ ! -f "$here/words.sh" ] || lib=$here
root='' boot='' image='' kernel='' kver='' command='' not_older='' boot_asked=''
work='' payload='' moved='' uki_moved=''

say() {
	echo "rd-recovery-entry: $*" >&2
}

die() {
	say "$@"
	exit 1
}

usage() {
	cat <<-'END'
		usage: rd-recovery-entry update [KVER]   copy a kernel, build the rescue initramfs, write the entries
		       rd-recovery-entry remove [KVER]   remove all of it; with KVER only make it another kernel's
		       rd-recovery-entry uki             all of it in one .efi in EFI/Linux
		  --image dracut|self   what builds the initramfs (dracut where it is installed)
		  --kernel FILE         the kernel, where it is not found by its version
		  --not-older           the image of a newer kernel that is still installed stays
		  --root DIR            the system meant (/)
		  --boot DIR            where kernel and initramfs go (found by itself)
	END
}

# The functions; none runs by itself.
for part in words grub boot slots build uki; do
	# shellcheck source=/dev/null
	. "$lib/$part.sh"
done

wrong() {
	say "$*"
	usage >&2
	exit 2
}

arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help | help) usage && exit 0 ;;
		--not-older) not_older=yes ;;
		--*=*) _value=${1#*=} && set_option "${1%%=*}" "$_value" && shift && continue ;;
		--*) [ $# -gt 1 ] || wrong "$1 needs a value" && set_option "$1" "$2" && shift ;;
		-*) wrong "$1 is no option" ;;
		*) set_word "$1" ;;
		esac
		shift
	done
	[ -n "$command" ] || wrong 'no command given'
	# The newest modules are hardly that kernel's.
	[ -z "$kernel" ] || [ -n "$kver" ] || wrong "--kernel FILE needs its version: $command KVER"
}

set_option() {
	[ -n "$2" ] || wrong "$1 needs a value"
	case $1 in
	--image) image=$2 ;;
	--kernel) kernel=$2 ;;
	--root) root=$(cd "$2" && pwd -P) || die "$2 is no folder" ;;
	--boot) boot=$(cd "$2" && pwd) || die "$2 is no folder" ;;
	*) wrong "$1 is no option" ;;
	esac
}

set_word() {
	case $command:$1 in
	:update | :remove | :uki) command=$1 ;;
	:*) wrong "$1 is no command" ;;
	*:*/* | *:.*) wrong "$1 is no kernel version" ;;
	*) [ -z "$kver" ] || wrong "$1 is one word too many" && kver=$1 ;;
	esac
}

# One at a time: kernel packages and a person may come together. The lock is the boot folder's and goes with descriptor 9.
begin() {
	[ "$(id -u)" -eq 0 ] || die 'needs root'
	root=${root%/}
	payload=$here/rd-recovery
	[ -x "$payload" ] || payload=$root/usr/sbin/rd-recovery
	umask 077
	boot_asked=$boot
	if [ -z "$boot" ]; then
		boot=$(boot_folder)
		boot_is_mounted
	fi
	rescue=$boot/rd-recovery
	if [ ! -d "$boot" ]; then
		[ "$command" != remove ] || exit 0
		die "$boot is no folder"
	fi
	exec 9<"$boot"
	flock 9
}

# Where the parts are made before they go to the boot folder, on whatever has room.
begin_work() {
	mkdir -p "$root/var/tmp"
	work=$(mktemp -d "$root/var/tmp/rd-recovery-entry.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap 'exit 1' INT TERM HUP
}

arguments "$@"
begin
"command_$command"
