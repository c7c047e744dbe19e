# generic.sh: the kernel of an ordinary PC, which the trees, with their cloud kernel, do not have. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2034 # version, generic: whoever sources this

# generic_kernel DIR: Debian's, unpacked below DIR and not installed. Sets version, and generic: the folder, a root as far as the kernel goes. Fails
# where apt has none.
generic_kernel() {
	_package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
	[ -n "$_package" ] || return 1
	version=${_package#linux-image-} generic=$1/$_package
	[ ! -d "$generic" ] || return 0
	rm -rf --one-file-system "$1"/linux-image-* "$1/linux-new"
	mkdir -p "$1/linux-new"
	(cd "$1" && apt-get -q download "$_package") || return 1
	dpkg-deb -x "$1/$_package"_*.deb "$1/linux-new"
	rm "$1/$_package"_*.deb
	depmod -b "$1/linux-new" "$version"
	mv "$1/linux-new" "$generic"
}
