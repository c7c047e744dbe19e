#!/bin/sh
# run.sh: a target whose quota is used up, in steps (guest.sh). btrfs, because it gives EDQUOT to root too: ext4, xfs and tmpfs keep root's quota
# for nobody who has CAP_SYS_RESOURCE, or for no one of uid 0. Needs no root. Last line: N passed, N failed.
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/qemu/quota
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=/dev/null
. qemu/cuts/machine.sh

qemu/image.sh trees
mkdir -p "$dir"
sh qemu/cuts/initramfs.sh "$dir"
rm -f "$dir/root.img"
truncate -s 256M "$dir/root.img"
mkfs.btrfs -q "$dir/root.img" >/dev/null
machine 600 quota 'role=quota type=btrfs' -drive "file=$dir/root.img,format=raw,if=virtio,cache=unsafe" || :
tr -d '\r' <"$dir/quota.log" | sed -n '/^ok \|^not ok \|^[0-9]* passed, [0-9]* failed$/p' >"$dir/said"
cat "$dir/said"
grep -q '^[1-9][0-9]* passed, 0 failed$' "$dir/said" || {
	tail -n 5 "$dir/quota.log"
	exit 1
}
