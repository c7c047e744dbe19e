#!/bin/sh
# Install the Debian packages named as arguments that are missing; exit 2 and name them when that is not allowed.
set -eu

# Elsewhere the packages have other names; what is missing the build will say.
command -v dpkg-query >/dev/null || exit 0
missing=
for package; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "make deps: not root and no sudo; please install:$missing" >&2
		exit 2
	fi
	as_root='sudo -n'
fi
# shellcheck disable=SC2086 # both are lists of words
{
	$as_root apt-get -q update
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends $missing
} >&2
