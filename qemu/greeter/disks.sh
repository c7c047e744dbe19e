#!/bin/sh
# disks.sh NAME DIR: DIR/greeter.img, a PC as people have them, its one disk by a BIOS: GRUB's menu, SDDM, the rescue entry as the owner made
# it, and then the story's damage. GRUB it installs itself, in a guest (grub.sh); nothing of the host's is reachable.
# Runs as root inside a mount namespace of its own (image.sh sees to it): whatever is mounted here is gone when it ends.
# shellcheck disable=SC2154 # root: set by enter
set -eu

dir=${2:?} uuid=5d0c0000-0000-4000-8000-677265657465
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"

# What is shown on the screen is said on the serial line too, for who waits for it; the keyboard is the machine's.
settings() {
	cat >"$root/etc/default/grub" <<-'END'
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=120
		GRUB_DISTRIBUTOR=Debian
		GRUB_CMDLINE_LINUX_DEFAULT=quiet
		GRUB_CMDLINE_LINUX="console=ttyS0 console=tty0 loglevel=4"
		GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
		GRUB_TERMINAL_INPUT=console
		GRUB_TERMINAL_OUTPUT="gfxterm serial"
		GRUB_GFXMODE=800x600
	END
	echo 'hold = 5' >"$root/etc/rd-recovery.conf"
	install -d "$root/etc/systemd/journald.conf.d"
	printf '[Journal]\nForwardToConsole=yes\nTTYPath=/dev/ttyS0\nMaxLevelConsole=debug\n' >"$root/etc/systemd/journald.conf.d/serial.conf"
}

# The one session there is to choose: it says whose it is, and who opened it.
session() {
	install -d "$root/usr/share/xsessions"
	printf '[Desktop Entry]\nName=Session\nExec=/usr/local/bin/session\n' >"$root/usr/share/xsessions/session.desktop"
	cat >"$root/usr/local/bin/session" <<-'END'
		#!/bin/sh
		logger -t session "$(id -un) by $(loginctl show-session "$XDG_SESSION_ID" --value -p Service) on $DISPLAY"
		exec sleep infinity
	END
	chmod 755 "$root/usr/local/bin/session"
}

# As the owner does it while the machine is healthy. Without rd.recovery on the kernel's line the image is a plain initramfs.
entry() {
	inside rd-recovery-entry update --image self
	cp "$root/boot/rd-recovery/1/initrd" "$root/boot/initrd.img-$kernel"
	cp "$root/boot/rd-recovery/1/initrd" "$dir/greeter-initrd"
	cp "$root/boot/vmlinuz-$kernel" "$dir/greeter-vmlinuz"
}

partition() {
	rm -f "$dir/greeter.img"
	truncate -s 2560M "$dir/greeter.img"
	printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q "$dir/greeter.img"
	mke2fs -q -t ext4 -U "$uuid" -E lazy_itable_init=1,lazy_journal_init=1,offset=1048576 -d "$root" "$dir/greeter.img" 2559M
}

grub() {
	timeout -k 10 600 qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=multi}" -cpu qemu64 -smp 2 -m 1024 -nographic -no-reboot -nic none \
		-kernel "$dir/greeter-vmlinuz" -initrd "$dir/greeter-initrd" -append 'root=/dev/vda1 rw init=/grub.sh console=ttyS0 quiet panic=-1' \
		-drive "file=$dir/greeter.img,format=raw,if=virtio,cache=unsafe" </dev/null | tee "$dir/greeter-grub.log"
	grep -q '^grub.sh: done' "$dir/greeter-grub.log"
}

overlay greeter-tree "$dir/mnt"
kernel=$(basename "$root"/lib/modules/*)
owner
echo "UUID=$uuid / ext4 defaults 0 1" >"$root/etc/fstab"
rm -f "$root"/etc/systemd/system/timers.target.wants/*
make -s -C "$top" install DESTDIR="$root"
settings
session
entry
cripple
install -m 755 "$top/qemu/greeter/grub.sh" "$root/grub.sh"
leave
partition
grub
chmod a+r "$dir/greeter.img"
