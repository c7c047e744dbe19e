#!/bin/sh
# deb.sh VERSION: the Debian source and binary package in build/deb, of the release archive and the pinned sources. Needs debhelper.
set -eu

version=${1:?}
dir=build/deb
tree=$dir/rd-recovery-$version

rm -rf --one-file-system "$dir"
mkdir -p "$dir"
cp "build/rd-recovery-$version.tar.xz" "$dir/rd-recovery_$version.orig.tar.xz"
tar -xf "$dir/rd-recovery_$version.orig.tar.xz" -C "$dir"
cp -R src/packaging/debian "$tree/"
mkdir "$tree/debian/libs"
for name in libxcrypt.tar.xz bearssl.tar.xz util-linux.tar.xz zlib.tar.bz2; do
	cp "build/sources/$name" "$tree/debian/libs/"
done
# What make passes down (its own variables and jobs) is not the package's.
unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX
(cd "$tree" && dpkg-buildpackage -us -uc) >"$dir/log" 2>&1 || {
	tail -n 30 "$dir/log" >&2
	exit 1
}
rm -rf --one-file-system "$tree"
ls "$dir"/*.deb
