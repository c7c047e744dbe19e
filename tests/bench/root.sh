#!/bin/sh
# root.sh: build/bench/root, the root file system that the figures of files are measured on: Debian with a desktop, an office and compilers. About 930
# packages, 72,000 files of packages (2.5 GB), 3,000 ELF objects; made once, of the tree "compiler" and some 0.7 GB of packages of the same mirror.
# Configured by dpkg, so that its database is what a system's is. As root.
# shellcheck disable=SC2154 # root: set by enter
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/bench
packages='kde-plasma-desktop libreoffice-writer clang gdb git texlive-latex-recommended vim'

# Nothing is started in there, and no index of manuals is made.
install_packages() {
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	echo 'man-db man-db/auto-update boolean false' | inside debconf-set-selections
	apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/00build" || :
	inside apt-get -qq update
	# shellcheck disable=SC2086 # words
	inside apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io install --no-install-recommends $packages
	inside apt-get clean
	rm "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/00build"
}

make_root() {
	# shellcheck source=/dev/null
	. qemu/lib.sh
	rm -rf --one-file-system "$dir/root.new"
	cp -a --reflink=auto build/qemu/compiler "$dir/root.new"
	enter "$dir/root.new"
	install_packages
	leave
}

if [ "${1-}" = made ]; then
	make_root
	exit
fi
sum=$(cat tests/bench/root.sh qemu/tree.sh qemu/lib.sh | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$dir/root.stamp" 2>/dev/null)" != "$sum" ] || exit 0
sh qemu/image.sh trees
mkdir -p "$dir"
rm -f "$dir/root.stamp"
rm -rf --one-file-system "$dir/root"
echo 'bench: a root of 930 packages (log: build/bench/root.log)'
if ! unshare -m sh tests/bench/root.sh made >"$dir/root.log" 2>&1; then
	tail -n 20 "$dir/root.log" >&2
	exit 1
fi
mv "$dir/root.new" "$dir/root"
echo "$sum" >"$dir/root.stamp"
