#!/bin/sh
# layer.sh: build/entries/layer: what GRUB's and systemd-boot's packages put over the cached tree "systemd", for tests/entries.sh. Made once; as
# root, inside a mount namespace of its own. Two programs are doubles in it: grub-probe, which needs the disk that / lies on, and dracut with
# lsinitrd, whose real self tests/install.sh and qemu/ have.
# shellcheck disable=SC2154 # root: set by enter
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$top/build/entries
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"

sum=$(cat "$0" "$top/qemu/lib.sh" "$top/build/qemu/systemd.stamp" | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$dir/stamp" 2>/dev/null)" != "$sum" ] || exit 0
rm -rf --one-file-system "$dir"
mkdir -p "$dir/layer" "$dir/work" "$dir/root"
mount -t overlay -o "lowerdir=$top/build/qemu/systemd,upperdir=$dir/layer,workdir=$dir/work" layer "$dir/root"
enter "$dir/root"

install_packages() {
	apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/00build" || :
	inside apt-get -qq update
	inside apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io install --no-install-recommends \
		grub2-common systemd-boot systemd-boot-efi binutils
	rm "$root/etc/apt/apt.conf.d/00build"
	rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root/boot/loader" "$root/boot/efi" "$root/efi"
}

# A disk with one GPT partition of ext4, /dev/vda1, whatever is asked of which path.
probe_double() {
	cat >"$root/usr/sbin/grub-probe" <<-'END'
		#!/bin/sh
		case $* in
		*target=device*) echo /dev/vda1 ;;
		*target=partmap*) echo gpt ;;
		*target=abstraction* | *'-t abstraction'*) ;;
		*target=fs_uuid*) echo 5d0c0000-0000-4000-8000-000000000001 ;;
		*target=fs* | *'-t fs'*) echo ext2 ;;
		*target=compatibility_hint*) echo hd0,gpt1 ;;
		*target=hints_string*) echo --hint-bios=hd0,gpt1 ;;
		*) exit 1 ;;
		esac
	END
}

# It notes how it was called, and leaves something that differs each time.
dracut_double() {
	cat >"$root/usr/bin/dracut" <<-'END'
		#!/bin/sh
		case $* in *--print-cmdline*) cat /root/storage 2>/dev/null && exit ;; esac
		echo "$*" >>/root/dracut.log
		for output; do :; done
		[ ! -e /root/dracut-fails ] || exit 1
		cat /proc/sys/kernel/random/uuid >"$output"
		[ -e /root/dracut-forgets ] || echo '-rwxr-xr-x 1 root root 1 Jan  1 00:00 usr/sbin/rd-recovery' >>"$output"
		head -c 300000 /dev/zero >>"$output"
	END
	# shellcheck disable=SC2016 # the double's
	printf '#!/bin/sh\nexec head -n 2 "$1"\n' >"$root/usr/bin/lsinitrd"
}

install_packages
probe_double
dracut_double
chmod 755 "$root/usr/sbin/grub-probe" "$root/usr/bin/dracut" "$root/usr/bin/lsinitrd"
leave
umount "$dir/root"
echo "$sum" >"$dir/stamp"
