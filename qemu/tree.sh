#!/bin/sh
# tree.sh base|systemd|openrc|compiler DIR: the cached trees DIR/base and so on: Debian and its packages, healthy, nobody's yet.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

what=${1:?} dir=${2:?} suite=bookworm
common='udev kmod dbus login passwd sudo sddm xvfb linux-image-cloud-amd64 dracut e2fsprogs procps'
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

# The machine's own mirror of the suite, else debootstrap's default.
mirror() {
	apt-get indextargets --format "\$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' 2>/dev/null |
		awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }'
}

packages() {
	apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/00build" || :
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	inside apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io install --no-install-recommends "$@"
	rm "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/00build"
}

base() {
	# shellcheck disable=SC2046 # no mirror, no word
	debootstrap --variant=minbase "$suite" "$dir/base.new" $(mirror)
	# What no boot here reads would only make the disks larger.
	printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$dir/base.new/etc/dpkg/dpkg.cfg.d/small"
	enter "$dir/base.new"
	# shellcheck disable=SC2086 # a list of words
	packages $common
}

systemd() {
	cp -a --reflink=auto "$dir/base" "$dir/systemd.new"
	enter "$dir/systemd.new"
	packages systemd-sysv libpam-systemd btrfs-progs plymouth
}

openrc() {
	cp -a --reflink=auto "$dir/base" "$dir/openrc.new"
	enter "$dir/openrc.new"
	packages sysvinit-core openrc
}

# What a build from source needs, and the package managers of other distributions; no display, no kernel.
compiler() {
	# shellcheck disable=SC2046 # no mirror, no word
	debootstrap --variant=minbase "$suite" "$dir/compiler.new" $(mirror)
	enter "$dir/compiler.new"
	packages login passwd sudo gcc libc6-dev make perl xz-utils zstd rpm cpio pacman-package-manager libarchive-tools
}

rm -rf --one-file-system "${dir:?}/$what.new" "${dir:?}/$what"
"$what"
leave
mv "${dir:?}/$what.new" "${dir:?}/$what"
