#!/bin/sh
# init.sh [CASE...]: the program (PAYLOAD, build/rd-recovery) as process 1 of small machines: from the kernel's first word to a system of a few files, which says
# what it was given, or to the machine's own end. With COVER=DIR, where the program was built for gcov, what it executed goes there.
# Needs root for the cached trees; names of cases may be given. Last line: N passed, N failed.
# shellcheck disable=SC2154,SC2317 # dir: cases.sh's; cases are called by name
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
kit=$top/build/init work=$top/build/init/cases
tree=$top/build/qemu/systemd
payload=${PAYLOAD:-$top/build/rd-recovery}
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=/dev/null
. "$top/tests/cases.sh"

# --- disks

uuid() {
	printf '5d0c0000-0000-4000-8000-%012d' "$1"
}

# file_system NUMBER FOLDER [OPTION...]: an ext4 with that UUID, as $dir/NUMBER.img.
file_system() {
	_number=$1 _folder=$2
	shift 2
	rm -f "$dir/$_number.img"
	mke2fs -q -t ext4 -U "$(uuid "$_number")" -E lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 "$@" -d "$_folder" "$dir/$_number.img" 24M
}

# tree NUMBER: a system whose own fstab says that it is that file system, without the groups that a run makes again, as $dir/NUMBER.
tree() {
	root=$dir/$1
	mkdir -p "$root/bin" "$root/sbin" "$root/etc" "$root/var" "$root/boot" "$root/usr" "$root/root" "$root/dev" "$root/proc" "$root/run" "$root/tmp"
	ln "$kit/busybox" "$root/bin/busybox"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:%s:19000:0:99999:7:::\n' "$(cat "$kit/hash")" >"$root/etc/shadow"
	chmod 0600 "$root/etc/shadow"
	printf 'ID=tiny\nPRETTY_NAME="Tiny %s"\n' "$1" >"$root/etc/os-release"
	echo "UUID=$(uuid "$1") / ext4 defaults 0 1" >"$root/etc/fstab"
	cat >"$root/sbin/init" <<-'END'
		#!/bin/busybox sh
		echo
		echo "$(/bin/busybox tail -n 1 /etc/os-release) init $0 $*"
		echo "root $(/bin/busybox grep ' / ' /proc/mounts | /bin/busybox tail -n 1 | /bin/busybox cut -d ' ' -f 3,4)"
		[ -s /etc/group ] && echo 'group is mended' || echo 'group is lost'
		[ ! -e /etc/show ] || . /etc/show
		/bin/busybox sync
		/bin/busybox stty -F /dev/console onlcr # any setting waits until what was said is on the line
		/bin/busybox poweroff -f
	END
	chmod 0755 "$root/sbin/init"
}

# system NUMBER: the same as a disk.
system() {
	tree "$1"
	file_system "$1" "$root"
}

# boot_disk NUMBER: what looks like a /boot.
boot_disk() {
	mkdir -p "$dir/$1/grub"
	file_system "$1" "$dir/$1"
}

# blank NUMBER TEXT OFFSET: a disk with nothing but TEXT there.
blank() {
	truncate -s 16M "$dir/$1.img"
	printf %b "$2" | dd of="$dir/$1.img" bs=1 seek="$3" conv=notrunc status=none
}

# --- the machine

# machine WORDS NUMBER...: boots with these disks, until it ends by itself. Its console is $dir/console; each later call's is appended.
machine() {
	# what stands before rdinit= the kernel passes to no init
	_words="${COVER:+rdinit=/counted} console=ttyS0 quiet panic=-1 no_timer_check mitigations=off norandmaps $1"
	shift
	for _disk; do
		set -- "$@" -drive "file=$dir/$_disk.img,if=virtio,format=raw,cache=unsafe${readonly_disks:+,readonly=on}"
		shift
	done
	[ -z "${COVER-}" ] || set -- "$@" -drive "file=$kit/cover.img,if=none,id=cover,format=raw,cache=unsafe" \
		-device nvme,drive=cover,serial=cover
	echo "== $_words" >>"$dir/console"
	# shellcheck disable=SC2086 # words: $card
	plug_late | timeout -k 5 300 qemu-system-x86_64 -accel "${ACCEL:-tcg}" -cpu qemu64 -m 512 -display none -no-reboot -nic none ${card-} \
		-chardev "file,id=console,path=$dir/console,append=on" -serial chardev:console -monitor stdio \
		-kernel "$tree"/boot/vmlinuz-* -initrd "$kit/initrd" -append "$_words" "$@" >/dev/null 2>"$dir/emulator" || fail "the machine did not end: $?"
}

# To the emulator's monitor: once the machine waits for it, disk number $late.
plug_late() {
	[ -n "${late-}" ] || return 0
	timeout 60 tail -n +1 -F "$dir/console" 2>/dev/null | grep -q -m 1 'waiting for root='
	echo "drive_add 0 if=none,id=late,format=raw,file=$dir/$late.img"
	echo 'device_add virtio-blk-pci,drive=late'
}

fail() {
	echo "  $*"
	cat "$dir/emulator" "$dir/console"
	exit 1
}

# What was wrapped is one line again.
said() {
	tr -d '\r' <"$dir/console" | sed -e ':a' -e '$!N' -e '$!ba' -e 's/\n  */ /g' | grep -qE "$1" || fail "it did not say: $1"
}

unsaid() {
	! grep -qE "$1" "$dir/console" || fail "it said: $1"
}

# --- cases

without_a_word_it_is_an_initramfs_like_any_other() {
	system 1
	machine "root=UUID=$(uuid 1) rw init=/sbin/init one two" 1
	said '^PRETTY_NAME="Tiny 1" init /sbin/init one two$'
	said '^root ext4 rw'
	said '^group is lost$'
	unsaid rd-recovery
}

# Then a look, then the way back: the same disk each time.
run_repairs_and_the_boot_goes_on() {
	system 1
	machine "root=UUID=$(uuid 1) ro rd.recovery=1 rd.recovery.hold=1" 1
	said '^\[8/8\] summary'
	said '^the boot goes on in 1 s$'
	said '^PRETTY_NAME="Tiny 1" init /sbin/init '
	said '^root ext4 ro'
	said '^group is mended$'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rd.recovery=diagnose rd.recovery.after=shell rd.recovery.hold=0" 1
	said '^rd.recovery.after=shell: this initramfs has none: boot$'
	said '^group is mended$'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rd.recovery=rollback rd.recovery.after=poweroff rd.recovery.hold=0" 1
	said '/etc/group: '
	said '^run [-0-9]+: undone$'
	said '^switching the machine off$'
	unsaid '^PRETTY_NAME'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rd.recovery=rollback rd.recovery.hold=0" 1
	said '^no run is left to undo$'
	said '^group is lost$'
}

# The kernel's own screen of 80 columns and 25 lines, as it is once the run is over, next to the serial line of the same run.
screen_and_serial_line_are_read_by_a_person() {
	tree 1
	cat >"$root/etc/show" <<-'END'
		echo screen begins
		/bin/busybox fold -w 80 /dev/vcs1
		echo
		echo "screen ends, colours: $(/bin/busybox hexdump -v -s 4 -e '2/1 "%02x " "\n"' /dev/vcsa1 | /bin/busybox cut -c 4-5 | /bin/busybox sort -u | /bin/busybox tr '\n' ' ')"
	END
	file_system 1 "$root"
	machine "console=tty0 console=ttyS0 root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.password=generate rd.recovery.hold=2" 1
	tr -d '\r' <"$dir/console" | sed -n '/^screen begins$/,/^screen ends/p' | sed '1d;$d' >"$dir/screen"
	tr -s '\r' <"$dir/console" | sed -e 1d -e '/^PRETTY_NAME/,$d' >"$dir/serial"
	[ "$(sed 's/./x/g' "$dir/screen" | uniq -c | tr -s ' ' | head -n 1)" = " 25 $(printf %80s '' | tr ' ' x)" ] || fail 'no screen of 25 times 80'
	for _seen in screen serial; do
		[ "$(tr -d '\r' <"$dir/$_seen" | wc -L)" -le 80 ] || fail "$_seen: more than 80 columns"
		[ "$(grep -c '^+=*+' "$dir/$_seen")" -eq 2 ] || fail "$_seen: no whole box"
		[ "$(sed -n 's/^  new password for root: \(\([a-z]\{4\} \)\{4\}[a-z]\{4\}\)[^a-z]*$/\1/p' "$dir/$_seen" | tail -n 1 | wc -c)" -eq 25 ] || fail "$_seen: no whole password"
		grep -A 1 '^+=*+' "$dir/$_seen" | grep -q '^| YOU CANNOT LOG IN YET\.' || fail "$_seen: no verdict"
		sed -n '/^+=*+/,$p' "$dir/$_seen" | grep -q '^the boot goes on now' || fail "$_seen: something after the verdict"
	done
	said '^screen ends, colours: .*0c' # bright red
	grep -q "$(printf '\033')" "$dir/serial" && fail 'the serial line is painted'
	tr -d '\n' <"$dir/serial" | grep -q "$(printf '\r[^\r]*at most .* more')" && fail 'the serial line is written over'
	[ "$(grep -cE '^\[[1-8]/8\] .* [0-9]+ s.?$' "$dir/serial")" -eq 8 ] || fail 'not a line for each phase'
	return 0
}

root_that_cannot_be_written_is_only_looked_at() {
	system 1
	readonly_disks=yes machine "root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.hold=0" 1
	said '^/sysroot cannot be made writable \(.*\): diagnosing only$'
	said '^group is lost$'
}

without_root_the_system_that_says_it_is_one_is_taken() {
	tree 1 # a copy of another system: not the one its fstab names
	echo "UUID=$(uuid 9) / ext4 defaults 0 1" >"$root/etc/fstab"
	file_system 1 "$root"
	tree 2 # says nothing
	rm "$root/etc/fstab"
	file_system 2 "$root"
	system 3
	machine 'rd.recovery=1 rd.recovery.hold=0' 1 2 3
	said '^the kernel line has no root=$'
	said '^/dev/vda \(Tiny 1\) is not taken for root: its own fstab says that / is elsewhere$'
	said '^root is taken to be /dev/vdc \(Tiny 3\): of 3 systems, its own fstab says that it is /$'
	said '^PRETTY_NAME="Tiny 3" init'
	said '^group is mended$'
}

what_nothing_speaks_for_is_only_looked_at() {
	tree 1 # such names change from boot to boot
	printf '/dev/vdz / ext4 defaults 0 1\n' >"$root/etc/fstab"
	file_system 1 "$root"
	machine 'root=/dev/mapper/vg-root rd.recovery=1 rd.recovery.hold=0' 1
	said '^root=/dev/mapper/vg-root is not there$'
	said '^nothing says that /dev/vda \(Tiny 1\) is what root=/dev/mapper/vg-root means: it is not changed, only looked at$'
	said '^starting the machine again$'
	unsaid '^PRETTY_NAME'
	rm "$dir/console"
	machine 'root=/dev/mapper/vg-root rd.recovery.hold=0' 1
	said 'it is not started$'
	said '^starting the machine again$'
}

# Both have the same UUID: one is a copy.
of_twins_none_is_changed() {
	system 1
	cp "$dir/1.img" "$dir/2.img"
	machine "root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.hold=0" 1 2
	said 'means two, /dev/vd[ab] and /dev/vd[ab]: one may be a copy\. /dev/vd[ab] is taken, only to be looked at$'
	said '^starting the machine again$'
	unsaid '^PRETTY_NAME'
}

without_a_system_boot_gets_the_logs() {
	boot_disk 1
	truncate -s 16M "$dir/2.img"
	machine 'rd.recovery=1 rd.recovery.after=poweroff rd.recovery.hold=0' 1 2
	said '^no file system here holds a system$'
	said 'Root could not be mounted: no login is possible\.'
	said '^logs: .*/linux-recovery-logs-'
	said '^switching the machine off$'
	debugfs -R 'ls -p /' "$dir/1.img" 2>/dev/null | grep -q 'linux-recovery-logs-' || fail 'no logs in /boot'
}

what_may_hide_a_system_keeps_the_logs_out_of_boot() {
	boot_disk 1
	blank 2 'LUKS\0272\0276\0\01' 0
	machine 'root=/dev/mapper/root rd.recovery=1 rd.recovery.hold=0' 1 2
	said '^/dev/vdb is a LUKS volume: use the dracut entry for what lies in it$'
	said '^/dev/vdb is a LUKS volume that was not opened: a system may sleep in it, so no /boot is mounted$'
	unsaid 'is taken to be'
	! debugfs -R 'ls -p /' "$dir/1.img" 2>/dev/null | grep -q 'recovery-logs' || fail 'logs in /boot'
}

sleeping_system_is_left_alone() {
	system 1
	blank 2 S1SUSPEND 4086
	printf SWAPSPACE2 | dd of="$dir/2.img" bs=1 seek=8182 conv=notrunc status=none
	machine "root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.hold=0" 1 2
	said 'a hibernated system waits on vdb\.$'
	said '^starting the machine again$'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rd.recovery.hold=0" 1 2
	said '^/dev/vdb holds a hibernated system that could not be woken: nothing is mounted'
	said '^starting the machine again$'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) noresume" 1 2
	said '^PRETTY_NAME="Tiny 1" init'
}

system_that_sleeps_in_its_own_file_is_left_alone() {
	tree 1
	echo '/swap none swap sw 0 0' >>"$root/etc/fstab"
	truncate -s 64K "$root/swap"
	printf S1SUSPEND | dd of="$root/swap" bs=1 seek=4086 conv=notrunc status=none
	file_system 1 "$root"
	machine "root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.hold=0" 1
	said 'a hibernated system waits on /swap\.$'
	unsaid '^PRETTY_NAME'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rd.recovery.hold=0" 1
	said '^/swap holds a hibernated system that could not be woken'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) noresume" 1
	said '^PRETTY_NAME="Tiny 1" init'
}

# The swap file has a file system of its own.
system_that_sleeps_elsewhere_is_left_alone() {
	mkdir -p "$dir/2"
	truncate -s 64K "$dir/2/file"
	printf S1SUSPEND | dd of="$dir/2/file" bs=1 seek=4086 conv=notrunc status=none
	file_system 2 "$dir/2"
	tree 1
	printf 'UUID=%s /swap ext4 defaults 0 0\n/swap/file none swap sw 0 0\n' "$(uuid 2)" >>"$root/etc/fstab"
	file_system 1 "$root"
	machine "root=UUID=$(uuid 1) rd.recovery=1 rd.recovery.hold=0" 1 2
	said 'a hibernated system waits on /swap/file\.$'
	unsaid '^PRETTY_NAME'
}

root_that_is_no_system_is_said_and_another_taken() {
	truncate -s 16M "$dir/1.img"
	boot_disk 2
	system 3
	machine 'root=/dev/vda rd.recovery=1 rd.recovery.hold=0' 1 2 3
	said '^root=/dev/vda: /dev/vda holds no file system$'
	said '^root is taken to be /dev/vdc '
	said '^PRETTY_NAME="Tiny 3" init'
	rm "$dir/console"
	machine "root=UUID=$(uuid 2) rootfstype=xfs,ext4" 1 2 3
	said "^root=UUID=$(uuid 2): /dev/vdb holds no system"
	said '^PRETTY_NAME="Tiny 3" init'
}

root_of_another_type_cannot_be_mounted() {
	system 1
	machine "root=UUID=$(uuid 1) rootfstype=nosuch rootflags=nosuch rd.recovery=1 rd.recovery.hold=0" 1
	said 'could not be mounted: '
	said 'Root could not be mounted: no login is possible\.'
	said '^starting the machine again$'
}

init_that_is_not_there_is_said() {
	tree 1
	rm "$root/sbin/init"
	file_system 1 "$root"
	machine "root=UUID=$(uuid 1) init=/sbin/other rd.recovery.hold=0" 1
	said '^init=/sbin/other: No such file or directory$'
	said '^rd-recovery: no init could be started: No such file or directory$'
	said '^starting the machine again$'
}

usr_of_its_own_is_mounted_before_init() {
	tree 1
	mkdir -p "$dir/2"
	mv "$root/bin" "$dir/2/bin"
	ln -s usr/bin "$root/bin"
	echo "UUID=$(uuid 2) /usr ext4 ro 0 2" >>"$root/etc/fstab"
	file_system 1 "$root"
	file_system 2 "$dir/2"
	machine "root=UUID=$(uuid 1) rw" 1 2
	said '^PRETTY_NAME="Tiny 1" init'
}

btrfs_is_mounted_by_its_subvolume() {
	tree 1
	echo "UUID=$(uuid 1) / btrfs defaults 0 0" >"$root/etc/fstab"
	truncate -s 128M "$dir/1.img"
	mkfs.btrfs -q -U "$(uuid 1)" --rootdir "$root" "$dir/1.img"
	machine 'rd.recovery=1 rd.recovery.hold=0' 1
	said '^root is taken to be /dev/vda \(Tiny 1\)'
	said '^root btrfs ro'
	said '^group is mended$'
	rm "$dir/console"
	machine "root=UUID=$(uuid 1) rootflags=subvol=@none rd.recovery=1 rd.recovery.hold=0" 1
	said 'holds no system: '
}

# Root is plugged in once it is waited for; what was there before is taken out.
root_that_comes_late_is_waited_for() {
	system 1
	late=1 machine "root=UUID=$(uuid 1)"
	said "^waiting for root=UUID=$(uuid 1), [0-9]+ s at most$"
	said '^PRETTY_NAME="Tiny 1" init'
}

# No card; one on whose cable nobody answers; one that is not to be used.
without_a_network_the_report_stays() {
	system 1
	_failed='^send the report to report\.fleet\.test did not work \(no network:'
	_report="rd.recovery.hold=0 root=UUID=$(uuid 1) ro rd.recovery=1 rd.recovery.report=https://report.fleet.test/"
	machine "$_report rd.recovery.timeout=30 rd.recovery.hold=12" 1
	said '^the boot goes on in [1-7] s$' # five are over: the verdict was on the screen
	said "$_failed there is no card that is not in use, or no driver for it in this initramfs\)\. Next: none: it stays in /sysroot/boot/tiny-recovery-logs-"
	said '^group is mended$'
	rm "$dir/console"
	card='-netdev hubport,hubid=0,id=net -device virtio-net-pci,netdev=net'
	machine "$_report rd.recovery.timeout=8" 1
	said "$_failed no DHCP server answered: eth0"
	said '^root ext4 ro'
	rm "$dir/console"
	machine "$_report ip=off" 1
	said "$_failed ip= says that there is none"
	rm "$dir/console"
	machine "$_report ip=eth0:bootp" 1
	said "$_failed ip= is malformed"
}

# --- the kit

kit() {
	mkdir -p "$kit/extra"
	cp "$(command -v busybox)" "$kit/busybox"
	echo secret | "$payload" hash | sed 's/.*= //' >"$kit/hash"
	sh "$top/initramfs/mkinitramfs.sh" --kernel "$(basename "$tree"/lib/modules/*)" --root "$tree" --payload "$payload" --portable --network \
		--compress none --output "$kit/initrd"
	mkdir -p "$kit/fleet/etc"
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=fleet -keyout "$kit/key" -out "$kit/fleet/etc/fleet.pem"
	echo 'report_ca = /etc/fleet.pem' >"$kit/fleet/etc/rd-recovery.conf"
	(cd "$kit/fleet" && find etc | cpio -o -H newc --quiet -R 0:0) >>"$kit/initrd"
}

# What a program built for gcov needs: a disk for its counts, which libblkid takes for two things and so for none, known to the program by an open
# descriptor alone, and what opens that.
counted() {
	mkdir -p "$kit/counts" "$kit/extra/cover"
	rm -f "$kit/cover.img"
	mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 "$kit/cover.img" 64M
	printf -- -rom1fs- | dd of="$kit/cover.img" conv=notrunc status=none
	cp "$kit/busybox" "$kit/extra/busybox"
	cat >"$kit/extra/counted" <<-END
		#!/busybox sh
		/busybox mount -t devtmpfs dev /dev
		until [ -b /dev/nvme0n1 ]; do :; done
		/busybox mount -t ext4 /dev/nvme0n1 /cover
		exec 9</cover
		/busybox umount -l /cover
		/busybox umount -l /dev
		export GCOV_PREFIX=/proc/self/fd/9 GCOV_PREFIX_STRIP=$(echo "$COVER" | tr -cd / | wc -c)
		exec /init "\$@"
	END
	chmod 0755 "$kit/extra/counted"
	(cd "$kit/extra" && find . | cpio -o -H newc --quiet -R 0:0) >>"$kit/initrd"
}

# What the machines left there, to what was counted before.
add_counts() {
	debugfs -R "rdump / $kit/counts" "$kit/cover.img" 2>/dev/null
	gcov-tool merge "$COVER" "$kit/counts" -o "$COVER"
}

# As they stand above.
cases() {
	sed -n '/^# --- cases/,/^# --- the kit/s/^\([a-z_]*\)() {$/\1/p' "$0"
}

one_case "$@"
need_trees init.sh
rm -rf --one-file-system "$kit"
mkdir -p "$kit"
kit >"$kit/log" 2>&1 || {
	cat "$kit/log"
	exit 1
}
[ -z "${COVER-}" ] || counted
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(cases)
run_cases "$work" "$@"
status=$?
[ -z "${COVER-}" ] || add_counts
exit $status
