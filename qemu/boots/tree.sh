#!/bin/sh
# tree.sh NAME DIR: the cached tree DIR/boots-tree: a Debian, healthy and nobody's yet, small, with every tool its storage may need, and GRUB.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
set -eu

dir=${2:?} suite=bookworm
system='udev kmod dbus login passwd sudo procps systemd-sysv libpam-systemd linux-image-cloud-amd64 dracut zstd'
storage='fdisk e2fsprogs xfsprogs btrfs-progs dosfstools cryptsetup-bin lvm2 mdadm'
loaders='grub-pc-bin grub-efi-amd64-bin grub2-common systemd-boot binutils'
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib.sh"

# The machine's own mirror of the suite, else debootstrap's default; its proxy too.
mirror=$(apt-get indextargets --format "\$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' 2>/dev/null |
	sed -n "s/ $suite main\$//p" | head -n 1)
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
export http_proxy="${http_proxy-}"

tree=$dir/boots-tree
rm -rf --one-file-system "$tree.new" "$tree"
debootstrap --variant=minbase "$suite" "$tree.new" ${mirror:+"$mirror"}
printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$tree.new/etc/dpkg/dpkg.cfg.d/small"
enter "$tree.new"
# shellcheck disable=SC2086 # lists of words
inside apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io install --no-install-recommends $system $storage $loaders
inside apt-get clean
rm -rf --one-file-system "$tree.new/var/lib/apt/lists" "$tree.new/usr/share/doc" "$tree.new/usr/share/man" "$tree.new/usr/share/locale"
leave
mv "$tree.new" "$tree"
