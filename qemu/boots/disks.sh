#!/bin/sh
# disks.sh NAME DIR: one boot of the maker makes the disks of every row, DIR/boots/NAME.qcow2 (raid1 has two).
set -eu

boots=${2:?}/boots
rows=$(dirname "$0")/rows

set -- qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=multi}" -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+aes,+pclmulqdq -smp 2 -m 3072 -nographic -no-reboot -nic none \
	-kernel "$boots/vmlinuz" -initrd "$boots/maker.cpio" -append "console=ttyS0 quiet panic=-1 no_timer_check"
names=$(sed -e '/^#/d' -e '/^[a-z0-9]*-/d' -e 's/ .*//' -e 's/^raid1$/raid1a raid1b/' "$rows")
for name in $names; do
	rm -f "$boots/$name.qcow2"
	qemu-img create -q -f qcow2 "$boots/$name.qcow2" 1536M
	set -- "$@" -drive "if=none,id=$name,file=$boots/$name.qcow2,cache=unsafe,discard=unmap" \
		-device "virtio-blk-pci,drive=$name,serial=$name"
done
timeout -k 10 1500 "$@" </dev/null | tee "$boots/maker.log"
grep -q '^maker: done' "$boots/maker.log"
