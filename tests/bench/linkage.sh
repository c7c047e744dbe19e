#!/bin/sh
# linkage.sh ROOT: what the linkage of all ELF files of a root takes verify, in a table beside a loop of the root's own ldd with two processes, which
# resolves the same, and scanelf, which lists what is needed and resolves nothing; warm, and cold where the caches can be dropped. Medians of RUNS
# (5; 3 cold) rounds in which each has its turn, the ratio to verify, and whether the bound holds. The package database is hidden from verify: linkage is all that it does then.
# files.sh starts it, as root, in a mount namespace of its own.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
runs=${RUNS:-5}
dir=$top/build/bench/linkage
root=$dir/root
drop=/proc/sys/vm/drop_caches
mkdir -p "$root"
mount --bind "${1:?}" "$root"
mount -t tmpfs none "$root/var/lib/dpkg"
cd "$root"
# shellcheck disable=SC2046 # folders' names
find $(find bin sbin lib lib32 lib64 libx32 usr opt -maxdepth 0 -type d 2>/dev/null) -path usr/share/doc -prune -o -type f \
	\( -perm /111 -o -name '*.so*' \) -print0 | LC_ALL=C xargs -0 grep -laPm1 '\A\x7fELF' | sed 's,^,/,' >"$dir/elf"

linkage() {
	"$top/build/rd-recovery" verify --root "$root"
}
ldd_two() {
	xargs -a "$dir/elf" -P 2 -n 32 chroot "$root" /usr/bin/ldd -v
}
scan() {
	scanelf -qRnr usr opt
}
cold() {
	linkage
}
scan_cold() {
	scan
}
ldd_cold() {
	ldd_two
}

prepare() {
	case $1 in
	*cold) sync && echo 3 >"$drop" ;;
	esac
}
# shellcheck source=tests/bench/rounds.sh
. "$top/tests/bench/rounds.sh"
rounds linkage ldd_two scan
head_row "$(wc -l <"$dir/elf") ELF files, warm"
row 'linkage: verify' linkage linkage 300
row 'ldd -v, two processes' ldd_two linkage
row 'scanelf (resolves nothing)' scan linkage
if [ -w "$drop" ]; then
	runs=${RUNS:-3}
	rounds cold ldd_cold scan_cold
	head_row cold
	row 'linkage: verify' cold cold 3000
	row 'ldd -v, two processes' ldd_cold cold
	row 'scanelf (resolves nothing)' scan_cold cold
else
	echo 'linkage cold: not measured, the caches cannot be dropped here'
fi
