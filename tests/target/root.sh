#!/bin/sh
# root.sh DIR [systemd|openrc] [sound]: a real root at DIR/root for a test to break and repair: a copy-on-write copy of a cached tree, with the
# user argo (password correct-horse-9, $6$), SDDM disabled and the libcrypt that lost SHA512-CRYPT (not with "sound").
# Runs as root inside the test's own `unshare -m`; nothing outlives it. The trees: qemu/image.sh trees.
# DIR/healthy.so: the tree's own libcrypt, to compare with.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${1:?} tree=${2:-systemd}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

[ -f "$top/build/qemu/$tree.stamp" ] || {
	echo "root.sh: build/qemu/$tree is not there: qemu/image.sh trees" >&2
	exit 2
}
# A mount in the machine's own namespace would stay.
[ "$(readlink /proc/self/ns/mnt)" != "${RD_OUTER_MNT:-$(readlink /proc/1/ns/mnt)}" ] || {
	echo 'root.sh: only inside unshare -m' >&2
	exit 2
}
overlay "$tree" "$dir"
owner
no_display
leave
cp "$root/lib/x86_64-linux-gnu/libcrypt.so.1.1.0" "$dir/healthy.so"
[ "${3-}" = sound ] || cripple
