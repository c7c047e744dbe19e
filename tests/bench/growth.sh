#!/bin/sh
# growth.sh: what verify --deep takes for N, 10 N and 100 N files (N: FILES, 2000): time and the most memory that a process of it has. The roots are
# made here: packages of 500 files of 1 to 16 KiB, which all packages share (hard links), with a dpkg database of their own. files.sh starts it.
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/bench/growth
files=${FILES:-2000}
runs=${RUNS:-5}
each=500

# The files of one package, and their sums, PACKAGE for its name.
make_package() {
	mkdir -p "$dir/package"
	seq "$each" | while read -r _n; do
		seq -s "$_n " $((_n % 16 * 150 + 100)) >"$dir/package/$_n"
	done
	(cd "$dir/package" && md5sum ./*) | sed 's,\./,usr/share/PACKAGE/,' >"$dir/sums"
}

# make_root COUNT
make_root() {
	_root=$dir/$1
	mkdir -p "$_root/usr/share" "$_root/etc" "$_root/var/lib/dpkg/info"
	: >"$_root/var/lib/dpkg/status"
	_n=0
	while [ "$_n" -lt $(($1 / each)) ]; do
		cp -al "$dir/package" "$_root/usr/share/p$_n"
		sed "s/PACKAGE/p$_n/" "$dir/sums" >"$_root/var/lib/dpkg/info/p$_n.md5sums"
		sed 's,^.\{34\},/,' "$_root/var/lib/dpkg/info/p$_n.md5sums" >"$_root/var/lib/dpkg/info/p$_n.list"
		printf 'Package: p%s\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n' "$_n" >>"$_root/var/lib/dpkg/status"
		_n=$((_n + 1))
	done
}

# run COUNT: seconds, KiB.
run() {
	command time -f '%e %M' build/rd-recovery verify --deep --root "$dir/$1" 2>&1 >"$dir/said" | tail -n 1
	grep -q "^0 faults, .* $1 of them read" "$dir/said" || { cat "$dir/said" >&2; exit 1; }
}

rm -rf --one-file-system "$dir"
make_package
printf '%-20s %9s %12s %9s\n' 'growth: files' seconds 'us a file' 'peak MiB'
for _count in "$files" $((10 * files)) $((100 * files)); do
	make_root "$_count"
	run "$_count" >"$dir/figures" # warm
	_run=0
	while [ "$_run" -lt "$runs" ]; do
		run "$_count"
		_run=$((_run + 1))
	done | sort -n >"$dir/figures"
	sed -n "$(((runs + 1) / 2))p" "$dir/figures" | awk -v n="$_count" '{ printf "%-20s %9.2f %12.1f %9.1f\n", n, $1, $1 * 1e6 / n, $2 / 1024 }'
	rm -rf --one-file-system "${dir:?}/$_count"
done
