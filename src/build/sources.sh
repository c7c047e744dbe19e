#!/bin/sh
# sources.sh DIR: the pinned sources of libxcrypt, BearSSL, util-linux (libblkid) and zlib as DIR/NAME.tar.xz, zlib.tar.bz2.
# From LIBXCRYPT_TARBALL, BEARSSL_TARBALL, UTIL_LINUX_TARBALL and ZLIB_TARBALL where given, else through the system's package manager.
# DIR/SHA256SUMS changes only when a source changed: make compares its time.
set -eu

libxcrypt_sha256=${LIBXCRYPT_SHA256:?}
bearssl_sha256=${BEARSSL_SHA256:?}
util_linux_sha256=${UTIL_LINUX_SHA256:?}
zlib_sha256=${ZLIB_SHA256:?}
by_hand='give LIBXCRYPT_TARBALL=, BEARSSL_TARBALL=, UTIL_LINUX_TARBALL= and ZLIB_TARBALL='
dir=${1:?}
apt=$PWD/$dir/apt
case $dir in
/*) apt=$dir/apt ;;
esac

sum() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

# check FILE WANTED: stops the build unless the sum is the pinned one.
check() {
	_is=$(sum "$1")
	[ "$_is" = "$2" ] && return
	echo "sources: $1 is not the pinned source:" >&2
	echo "  expected SHA-256 $2" >&2
	echo "  found    SHA-256 $_is" >&2
	exit 1
}

# The distribution's own entries as deb-src, in a private folder: the system's configuration stays as it is.
# Other vendors' entries (their suites have other names) are left out: one of them failing must not matter.
private_sources() {
	# shellcheck source=/dev/null # the system's own
	_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
	_suites="($_suite|stable|oldstable|testing|unstable|sid)(-updates|-security|-proposed-updates)?(/updates)?"
	for _file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$_file" ] || continue
		sed -nE "\\,^[[:space:]]*deb(-src)?[[:space:]].*[[:space:]]${_suites}[[:space:]](.*[[:space:]])?main([[:space:]]|$),{
			s/^[[:space:]]*deb(-src)?[[:space:]]/deb-src /;p;}" "$_file"
	done | sort -u >"$apt/parts/lines.list"
	for _file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$_file" ] || continue
		awk -v RS= -v suites="(^|\n)Suites:[^\n]*[ \t]$_suites([ \t\n]|$)" '
			$0 ~ suites && !/(^|\n)Enabled:[ \t]*no/ && /(^|\n)Components:[^\n]*main/ {
				sub(/(^|\n)Types:[^\n]*/, "\nTypes: deb-src"); sub(/^\n/, ""); print $0 "\n" }' "$_file"
	done >"$apt/parts/stanzas.sources"
}

fetch_all() {
	command -v apt-get >/dev/null || {
		echo "sources: no apt-get here: $by_hand" >&2
		exit 1
	}
	rm -rf "$apt"
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/got"
	private_sources
	set -- -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" \
		-o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=
	echo 'sources: libxcrypt, bearssl, util-linux and zlib, from the package manager'
	if ! (apt-get "$@" update && cd "$apt/got" &&
		apt-get "$@" source --download-only libxcrypt bearssl util-linux zlib) >"$apt/log" 2>&1; then
		cat "$apt/log" >&2
		echo "sources: the package manager could not fetch them (or $by_hand)" >&2
		exit 1
	fi
	fetched=yes
}

# provide NAME.SUFFIX WANTED TARBALL: that file in DIR, with the wanted sum.
provide() {
	_to=$dir/$1
	if [ -n "$3" ]; then
		[ -r "$3" ] || { echo "sources: cannot read $3" >&2; exit 1; }
		check "$3" "$2"
		_from=$3
	else
		[ -r "$_to" ] && [ "$(sum "$_to")" = "$2" ] && return
		[ -n "$fetched" ] || fetch_all
		for _from in "$apt/got/${1%%.*}"_*.orig."${1#*.}"; do break; done
		check "$_from" "$2"
	fi
	cmp -s "$_from" "$_to" || { cp "$_from" "$_to.new" && mv "$_to.new" "$_to"; }
}

fetched=
mkdir -p "$dir"
provide libxcrypt.tar.xz "$libxcrypt_sha256" "${LIBXCRYPT_TARBALL:-}"
provide bearssl.tar.xz "$bearssl_sha256" "${BEARSSL_TARBALL:-}"
provide util-linux.tar.xz "$util_linux_sha256" "${UTIL_LINUX_TARBALL:-}"
provide zlib.tar.bz2 "$zlib_sha256" "${ZLIB_TARBALL:-}"
rm -rf "$apt"
printf '%s  %s\n' "$libxcrypt_sha256" libxcrypt.tar.xz "$bearssl_sha256" bearssl.tar.xz \
	"$util_linux_sha256" util-linux.tar.xz "$zlib_sha256" zlib.tar.bz2 >"$dir/SHA256SUMS.new"
if cmp -s "$dir/SHA256SUMS.new" "$dir/SHA256SUMS"; then
	rm "$dir/SHA256SUMS.new"
else
	mv "$dir/SHA256SUMS.new" "$dir/SHA256SUMS"
fi
