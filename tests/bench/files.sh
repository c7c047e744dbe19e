#!/bin/sh
# files.sh: what verify takes for a real Debian root, in a table beside debsums, dpkg --verify and md5sum -c with two processes, warm; medians of
# RUNS (5) rounds in which each has its turn, and the ratio to verify --deep. Then linkage.sh for that root and for this machine's own. make bench
# starts it, as root.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD/build/qemu/systemd
dir=$PWD/build/bench/files
runs=${RUNS:-5}
sh qemu/image.sh trees
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

prepare() {
	:
}
# shellcheck source=tests/bench/rounds.sh
. tests/bench/rounds.sh
rounds deep quick debsums_all dpkg_verify md5sum_two

printf '%-38s %9s %6s\n' "$(wc -l <"$dir/whole") files of packages, warm" seconds ratio
row 'deep integrity: verify --deep' deep deep
row 'debsums --all' debsums_all deep
row 'dpkg --verify' dpkg_verify deep
row 'md5sum -c, two processes' md5sum_two deep
row 'quick integrity: verify' quick deep
for _root in "$root" /; do
	unshare -m sh tests/bench/linkage.sh "$_root"
done
