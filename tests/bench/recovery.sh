#!/bin/sh
# recovery.sh: what a whole recovery takes, beside its bounds and peers: on the story's root, warm (story.sh); from QEMU's start (TCG) till the login of
# the story's machine is proven, by the self-contained initramfs; and what the dracut module costs a boot that does not ask for it, in pairs of boots.
# make bench starts it, as root, after images.sh has filled build/bench. In the environment: RUNS, how often each (5).
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/bench
runs=${RUNS:-5}
export RD_WORK="$dir"
mkdir -p "$dir/run" "$dir/recovery"
# shellcheck source=tests/bench/boot.sh
. tests/bench/boot.sh

# median FILE: of its lines.
median() {
	sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"
}

# row TEXT MILLISECONDS BOUND PEER MILLISECONDS: the ratio is the peer's to ours.
row() {
	printf '%-46s %7s %6s %-14s %s\n' "$1" "$(seconds "$2")" "$(seconds "$3")" "$(against "$2" "$3")" \
		"${4:+$4: $(seconds "$5"), ratio $(echo "$5 $2" | awk '{ printf "%.1f", $1 / $2 }')}"
}

# --- a run on the story's root

RUNS=$runs unshare -m sh tests/bench/story.sh "$dir/recovery"
quoted="virt-customize, measured elsewhere"
printf '%-46s %7s %6s\n' 'story, libcrypt from the capture, warm' seconds bound
row 'till the right password is accepted' "$(median "$dir/recovery/accepted")" 1500 "$quoted" 29200
row 'till every refusal is proven' "$(median "$dir/recovery/proven")" 4000 "$quoted" 29200
row 'till the run is over' "$(median "$dir/recovery/over")" -
_most=$(median "$dir/recovery/memory")
printf '%-46s %7s %6s %-14s %s\n' 'the most memory at once, MiB' "$((_most / 1024))" 16 "$(against "$_most" 16384)" \
	"$quoted: 685, ratio $(echo "$_most" | awk '{ printf "%.0f", 685 * 1024 / $1 }')"

# --- boots, in pairs

rm -f "$dir/recovery"/boot-*
story='root=UUID=5d0c0000-0000-4000-8000-73746f727900 rd.recovery=1 rd.recovery.password=keep rd.recovery.hold=0 rd.recovery.after=poweroff'
plain='root=UUID=5d0c0000-0000-4000-8000-62656e636800'
_run=0
while [ "$_run" -lt "$runs" ]; do
	boot story cloud story "$story" 'argo can log in: ' >>"$dir/recovery/boot-rescue"
	# each goes first every other time
	for _name in $([ $((_run % 2)) -eq 0 ] && echo without module || echo module without); do
		boot root cloud "$_name" "$plain" 'root is mounted' >>"$dir/recovery/boot-$_name"
	done
	_run=$((_run + 1))
done
row 'rescue boot till the login is proven, TCG' "$(median "$dir/recovery/boot-rescue")" 8000 \
	'dracut, root mounted' "$(median "$dir/recovery/boot-without")"
row 'dracut boot with the module, not asked for' "$(median "$dir/recovery/boot-module")" - \
	'without it' "$(median "$dir/recovery/boot-without")"
_slower=$(paste "$dir/recovery/boot-without" "$dir/recovery/boot-module" | awk '$2 > $1' | wc -l)
if [ "$_slower" -eq "$runs" ]; then _holds='DOES NOT HOLD'; else _holds=holds; fi
printf '%-46s %7s %6s %s\n' 'pairs of boots in which it was slower' "$_slower" "<$runs" "$_holds"
_bytes=$(($(stat -c %s "$dir/initrd-module") - $(stat -c %s "$dir/initrd-without")))
printf '%-46s %7s %6s %s\n' 'bytes it adds to a compressed initramfs' "$_bytes" 409600 "$(against "$_bytes" 409600)"
