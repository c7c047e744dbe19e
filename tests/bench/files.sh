#!/bin/sh
# files.sh: what verify takes for the root of root.sh, in a table beside debsums, dpkg --verify and md5sum -c with two processes, warm, and cold where
# the caches can be dropped; medians of RUNS (5; 3 cold) rounds in which each has its turn, the ratio to verify --deep, and whether the bound holds:
# md5sum's own time. Then linkage.sh for that root, and growth.sh. make bench starts it, as root.
set -eu

cd "$(dirname "$0")/../.."
top=$PWD
root=$top/build/bench/root
dir=$top/build/bench/files
runs=${RUNS:-5}
drop=/proc/sys/vm/drop_caches
sh tests/bench/root.sh
mkdir -p "$dir"
cat "$root"/var/lib/dpkg/info/*.md5sums >"$dir/sums"
(cd "$root" && sed 's/^.\{34\}//' "$dir/sums" | while read -r _file; do [ ! -f "$_file" ] || echo "$_file"; done) >"$dir/there"
awk 'NR == FNR { there[$0]; next } substr($0, 35) in there' "$dir/there" "$dir/sums" >"$dir/whole"
rm -f "$dir"/part-*
split -n r/64 "$dir/whole" "$dir/part-"

deep() {
	build/rd-recovery verify --deep --root "$root"
}
quick() {
	build/rd-recovery verify --root "$root"
}
debsums_all() {
	debsums --all --silent --no-locale-purge --root="$root"
}
dpkg_verify() {
	dpkg --root="$root" --verify
}
md5sum_two() {
	(cd "$root" && printf '%s\0' "$dir"/part-* | xargs -0 -P 2 -n 1 md5sum --quiet -c)
}
deep_cold() {
	deep
}
debsums_cold() {
	debsums_all
}
dpkg_cold() {
	dpkg_verify
}
md5sum_cold() {
	md5sum_two
}

prepare() {
	case $1 in
	*cold) sync && echo 3 >"$drop" ;;
	esac
}
# shellcheck source=tests/bench/rounds.sh
. tests/bench/rounds.sh

# What is measured.
said=$(command time -o "$dir/peak" -f %M build/rd-recovery verify --deep --root "$root" | tail -n 1)
echo "$(dpkg-query --admindir="$root/var/lib/dpkg" -f '.\n' -W | wc -l) packages, $(wc -l <"$dir/whole") files with a digest"
echo "verify --deep: $said; at most $(tail -n 1 "$dir/peak" | awk '{ printf "%.1f", $1 / 1024 }') MiB"
rounds deep quick debsums_all dpkg_verify md5sum_two
head_row warm
row 'deep integrity: verify --deep' deep deep "$(median md5sum_two)"
row 'debsums --all' debsums_all deep
row 'dpkg --verify' dpkg_verify deep
row 'md5sum -c, two processes' md5sum_two deep
row 'quick integrity: verify' quick deep 500
if [ -w "$drop" ]; then
	runs=${RUNS:-3}
	rounds deep_cold debsums_cold dpkg_cold md5sum_cold
	head_row cold
	row 'deep integrity: verify --deep' deep_cold deep_cold "$(median md5sum_cold)"
	row 'debsums --all' debsums_cold deep_cold
	row 'dpkg --verify' dpkg_cold deep_cold
	row 'md5sum -c, two processes' md5sum_cold deep_cold
else
	echo 'deep integrity cold: not measured, the caches cannot be dropped here'
fi
unshare -m sh tests/bench/linkage.sh "$root"
sh tests/bench/growth.sh
