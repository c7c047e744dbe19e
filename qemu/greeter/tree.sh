#!/bin/sh
# tree.sh NAME DIR: the cached tree DIR/greeter-tree: that of systemd with an X server for a real screen, an ordinary PC's kernel, which can draw on
# it, and GRUB; healthy and nobody's yet.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${2:?}
tree=$dir/greeter-tree
# shellcheck source=/dev/null
. "$(dirname "$0")/../lib.sh"

apt() {
	inside apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io "$@"
}

rm -rf --one-file-system "$tree.new" "$tree"
cp -a --reflink=auto "$dir/systemd" "$tree.new"
enter "$tree.new"
# The machine's own proxy, for as long as apt works here.
apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/00build" || :
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
apt update
apt install --no-install-recommends xserver-xorg-core xserver-xorg-input-libinput linux-image-amd64 grub-pc-bin grub2-common
# Its package would ask whether the kernel that runs is to go, where the host has the same.
echo linux-base linux-base/removing-running-kernel boolean false | inside debconf-set-selections
apt purge linux-image-cloud-amd64 'linux-image-.*-cloud-amd64'
apt clean
rm -r "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/00build" "$root"/var/lib/apt/lists/*
leave
mv "$tree.new" "$tree"
