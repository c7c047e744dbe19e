#!/bin/sh
# tree.sh fresh|live DIR: the cached trees of make recipe: DIR/recipe-fresh, a system that debootstrap has just made, with the packages of
# README's recipe in apt's cache and nothing else added; DIR/recipe-live, the system at whose prompt the recipe is typed: it can build this program.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

what=${1:?} dir=${2:?} suite=bookworm
top=$(cd "$(dirname "$0")/../.." && pwd)
tree=$dir/recipe-$what
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"

# The machine's own proxy, for as long as apt works here.
apt() {
	apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/00build" || :
	inside apt-get -qq -o Dpkg::Use-Pty=0 "$@"
	rm "$root/etc/apt/apt.conf.d/00build"
}

fresh() {
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy="${http_proxy-}"
	debootstrap "$suite" "$tree.new"
	enter "$tree.new"
	# shellcheck disable=SC2046 # a list of words
	apt --download-only install $(sh "$top/qemu/recipe/commands.sh" | sed -n 's/.* apt install //p')
}

live() {
	cp -a --reflink=auto "$dir/recipe-fresh" "$tree.new"
	enter "$tree.new"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	apt install --no-install-recommends sudo make linux-image-cloud-amd64
	# What make installs by itself where there is a network.
	mkdir -p "$root/root/rd-recovery/src/build"
	cp "$top/Makefile" "$root/root/rd-recovery/"
	cp "$top/src/build/deps.sh" "$root/root/rd-recovery/src/build/"
	inside make -s -C /root/rd-recovery deps-build
	inside apt-get clean
	rm -rf --one-file-system "$root/var/lib/apt/lists" "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/root/rd-recovery"
}

rm -rf --one-file-system "$tree.new" "$tree"
"$what"
leave
mv "$tree.new" "$tree"
