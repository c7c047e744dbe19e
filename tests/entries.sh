#!/bin/sh
# entries.sh [CASE...]: the rescue entries in a real Debian tree, with its own GRUB and systemd-boot tools (entries/layer.sh: what is a double
# there). Each case in a mount namespace of its own. Last line: N passed, N failed.
# shellcheck disable=SC2154,SC2034 # root: set by lib.sh's enter; jobs: read by cases.sh
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
work=$top/build/entries-test
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"
# shellcheck source=/dev/null
. "$here/cases.sh"

fail() {
	echo "  $*" >&2
	tail -n 30 "$dir/out" 2>/dev/null | sed 's/^/  > /' >&2
	exit 1
}

# system: a healthy Debian of argo's, with this program installed; it boots with the words of /etc/kernel/cmdline.
system() {
	overlay "../entries/layer:$top/build/qemu/systemd" "$dir"
	owner
	(cd "$top" && DESTDIR=$root sh src/packaging/install.sh install) || fail 'no installation'
	kernel=$(basename "$root"/lib/modules/*)
	echo "root=UUID=5d0c ro quiet resume=/dev/vda2" >"$root/etc/kernel/cmdline"
	words='root=UUID=5d0c ro noresume rd.recovery=1'
}

# entry STATUS ARGUMENT...
entry() {
	_want=$1
	shift
	inside rd-recovery-entry "$@" >"$dir/out" 2>&1
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "$*: exit status $_got, not $_want"
}

# holds SLOT: that slot alone, whole.
holds() {
	_rescue=$root/boot/rd-recovery
	[ "$(ls "$_rescue")" = "$1" ] || fail "not slot $1 alone: $(ls "$_rescue")"
	[ -z "$(find "$root/boot" -name 'a-rd-*.conf' ! -name "*-$1.conf")" ] || fail 'entries of the other slot'
	[ "$(tail -n 1 "$_rescue/$1/manifest")" = end ] || fail 'the manifest has no end'
	for _name in linux initrd; do
		grep -qx "$_name $(sha256sum <"$_rescue/$1/$_name" | cut -d ' ' -f 1)" "$_rescue/$1/manifest" || fail "$_name is another"
	done
}

# unpack SLOT: its initramfs, to $dir/unpacked.
unpack() {
	mkdir "$dir/unpacked"
	case $(od -An -tx1 -N 2 "$root/boot/rd-recovery/$1/initrd") in
	' 1f 8b') gzip -dc "$root/boot/rd-recovery/$1/initrd" ;;
	' 28 b5') zstd -dc "$root/boot/rd-recovery/$1/initrd" ;;
	*) xz -dc "$root/boot/rd-recovery/$1/initrd" ;;
	esac | (cd "$dir/unpacked" && cpio -idm --quiet) || fail 'no archive'
}

# boot_of_its_own [OPTION...]: /boot on a file system of its own; the kernel is on it.
boot_of_its_own() {
	cp "$root/boot/vmlinuz-$kernel" "$dir/vmlinuz"
	mount -t tmpfs "$@" boot "$root/boot"
	cp "$dir/vmlinuz" "$root/boot/vmlinuz-$kernel"
}

sick() {
	rm "$root/lib/x86_64-linux-gnu/security/pam_unix.so"
}

# --- cases: the image

image_is_whole_generic_and_private() {
	system
	entry 0 update
	holds 1
	cmp "$root/boot/rd-recovery/1/linux" "$root/boot/vmlinuz-$kernel" || fail 'another kernel'
	for _option in ' --no-hostonly ' --no-hostonly-cmdline '--add rd-recovery' "--kver $kernel"; do
		grep -qF -e "$_option" "$root/root/dracut.log" || fail "dracut was not told $_option"
	done
	grep -qx 'health good' "$root/boot/rd-recovery/1/manifest" || fail 'not called good'
	grep -qx "options $words" "$root/boot/rd-recovery/1/manifest" || fail "other words: $(cat "$root/boot/rd-recovery/1/manifest")"
	[ -z "$(find "$root/boot/rd-recovery" -perm /077)" ] || fail 'others can read it'
	[ -z "$(ls "$root/var/tmp")" ] || fail 'the work folder is left'
}

without_dracut_the_image_is_our_own() {
	[ -f "$top/initramfs/mkinitramfs.sh" ] || {
		echo 'no builder of the self-contained initramfs'
		exit 77
	}
	system
	rm "$root/usr/bin/dracut"
	entry 0 update
	holds 1
	grep -qx 'image self' "$root/boot/rd-recovery/1/manifest" || fail 'another builder'
	unpack 1
	cmp "$dir/unpacked/usr/sbin/rd-recovery" "$root/usr/sbin/rd-recovery" || fail 'another program'
	for _name in capture/manifest libxcrypt-4.4.33-autotools.tar.xz; do
		[ -f "$dir/unpacked/usr/lib/rd-recovery/$_name" ] || fail "no $_name"
	done
	[ -d "$dir/unpacked/usr/lib/modules/$kernel" ] || fail 'no modules'
}

# As from a live system, whose rd-recovery is another; the kernel is a link, which is that system's too.
image_of_a_root_is_all_its_own() {
	system
	(cd "$top" && DESTDIR=$dir/live sh src/packaging/install.sh install) || fail 'no installation'
	echo other >>"$root/usr/sbin/rd-recovery"
	mv "$root/boot/vmlinuz-$kernel" "$root/root/kernel"
	cp "$root/root/kernel" "$dir/outside"
	for _link in "$dir/outside" "../../../../../../../../../..$dir/outside"; do
		ln -sf "$_link" "$root/boot/vmlinuz-$kernel"
		"$dir/live/usr/sbin/rd-recovery-entry" update --image self --root "$root" >"$dir/out" 2>&1 && fail "a kernel from outside: $_link"
		grep -q 'no kernel with modules' "$dir/out" || fail 'it does not say why'
	done
	ln -sf /root/kernel "$root/boot/vmlinuz-$kernel"
	"$dir/live/usr/sbin/rd-recovery-entry" update --image self --root "$root" >"$dir/out" 2>&1 || fail 'no image'
	holds 1
	cmp "$root/boot/rd-recovery/1/linux" "$root/root/kernel" || fail 'another kernel'
	unpack 1
	cmp "$dir/unpacked/usr/sbin/rd-recovery" "$root/usr/sbin/rd-recovery" || fail 'another program'
	status 1 program=yes
}

# double NAME: of that program, from standard input; update_with_doubles STATUS ARGUMENT... calls it.
double() {
	{ echo '#!/bin/sh' && cat; } >"$root/usr/local/bin/$1"
	chmod 755 "$root/usr/local/bin/$1"
}

update_with_doubles() {
	_want=$1
	shift
	env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin chroot "$root" rd-recovery-entry update "$@" >"$dir/out" 2>&1
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "exit status $_got, not $_want"
}

root_that_our_own_image_cannot_open_is_refused() {
	system
	echo 'echo /dev/none bcachefs' | double findmnt
	update_with_doubles 1 --image self
	grep -q '/ lies on bcachefs' "$dir/out" || fail 'it does not say why'
}

# Root is a plain partition, and each of the others on a logical volume in turn.
volume_that_our_own_image_cannot_open_is_refused_or_said() {
	system
	echo 'case $* in */dev/mapper/*) echo lvm ;; esac; echo part' | double lsblk
	for _case in '/usr 1' '/var 0'; do
		echo "case \$* in *${_case% *}) echo /dev/mapper/vg-x ext4 ;; *) echo /dev/vda1 ext4 ;; esac" | double findmnt
		update_with_doubles "${_case#* }" --image self
		grep -q "${_case% *} lies on lvm" "$dir/out" || fail "$_case: not said"
	done
	holds 1
}

second_update_takes_the_other_slot() {
	system
	entry 0 update
	entry 0 update
	holds 2
	entry 0 update "$kernel"
	holds 1
}

sick_system_keeps_the_good_image() {
	system
	entry 0 update
	sha256sum "$root"/boot/rd-recovery/1/* >"$dir/sums"
	sick
	entry 1 update
	grep -q 'rd-recovery diagnose' "$dir/out" || fail 'it does not say what to type'
	grep -q pam "$dir/out" || fail 'it does not say why'
	sha256sum --quiet -c "$dir/sums" || fail 'the good image changed'
	holds 1
}

sick_system_gets_an_image_that_the_next_healthy_build_replaces() {
	system
	cp "$root/lib/x86_64-linux-gnu/security/pam_unix.so" "$dir/pam_unix.so"
	sick
	entry 0 update
	grep -q 'not healthy' "$dir/out" || fail 'not said'
	grep -qx 'health sick' "$root/boot/rd-recovery/1/manifest" || fail 'called good'
	status 1 sound=no
	cp "$dir/pam_unix.so" "$root/lib/x86_64-linux-gnu/security/pam_unix.so"
	entry 0 update
	grep -qx 'health good' "$root/boot/rd-recovery/2/manifest" || fail 'not replaced'
	holds 2
}

# The mode that vfat shows without umask=0077, whatever was asked for.
secrets_are_not_put_where_everybody_reads() {
	system
	double stat <<-'END'
		case $3 in /boot/rd-recovery*) echo 755 && exit ;; esac
		exec /usr/bin/stat "$@"
	END
	echo 'password_hash = x' >"$root/etc/rd-recovery.conf"
	update_with_doubles 1
	grep -q 'umask=0077' "$dir/out" || fail 'it does not say what helps'
	[ -z "$(find "$root/boot" -name 'rd-rec*')" ] || fail 'something is left'
	entry 0 update
	holds 1
}

# Whatever fails on the way, the old image stays whole.
failed_build_keeps_the_old_image() {
	system
	entry 0 update
	for _fault in dracut-fails dracut-forgets; do
		: >"$root/root/$_fault"
		entry 1 update
		rm "$root/root/$_fault"
		holds 1
	done
	double cp <<-'END'
		case $2 in */initrd) exit 1 ;; esac
		exec /bin/cp "$@"
	END
	update_with_doubles 1
	holds 1
}

merged_sbin_is_found_too() {
	system
	printf '#!/bin/sh\necho "-rwxr-xr-x 1 root root 1 Jan  1 00:00 usr/bin/rd-recovery"\n' >"$root/usr/bin/lsinitrd"
	entry 0 update
	holds 1
}

full_boot_keeps_the_old_image() {
	system
	boot_of_its_own -o "size=$(($(stat -c %s "$root/boot/vmlinuz-$kernel") / 512 + 2048))k"
	entry 0 update
	entry 1 update
	grep -q 'MiB free' "$dir/out" || fail 'it does not say how much is free'
	holds 1
}

# A manifest without its end is what a power cut leaves.
unmounted_boot_is_not_written_to() {
	system
	echo '/dev/vda1 /boot ext4 noauto 0 2' >>"$root/etc/fstab"
	entry 1 update
	grep -q 'mount /boot first' "$dir/out" || fail 'not said'
	[ ! -e "$root/boot/rd-recovery" ] || fail 'something was made'
	boot_of_its_own
	entry 0 update
	holds 1
}

cut_image_is_not_the_one_in_use() {
	system
	entry 0 update
	mkdir "$root/boot/rd-recovery/2"
	echo "kernel $kernel" >"$root/boot/rd-recovery/2/manifest"
	entry 0 update
	holds 2
}

# Entries of a loader came to the ESP, where the next image goes; another system's there stays.
image_follows_the_boot_folder() {
	system
	mkdir -p "$root/boot/grub" "$root/boot/loader/entries"
	entry 0 update
	entry 0 uki
	menu
	mkdir -p "$root/efi/loader/entries" "$root/boot/efi"
	cp -R "$root/boot/rd-recovery" "$root/boot/efi/"
	sed -i 's/^machine-id .*/machine-id 00000000000000000000000000000001/' "$root/boot/efi/rd-recovery/1/manifest"
	cp "$root/lib/x86_64-linux-gnu/security/pam_unix.so" "$dir/pam_unix.so"
	sick
	entry 0 update
	[ -f "$root/boot/rd-recovery/1/manifest" ] || fail 'a sick one takes the place of a good one'
	cp "$dir/pam_unix.so" "$root/lib/x86_64-linux-gnu/security/pam_unix.so"
	entry 0 update
	grep -q regenerate "$dir/out" || fail 'no new menu is asked for'
	for _file in rd-recovery/2/manifest EFI/Linux/a-rd-recovery-1.efi loader/entries/a-rd-recovery-repair-2.conf; do
		[ -f "$root/efi/$_file" ] || fail "no $_file"
	done
	[ -z "$(find "$root/boot" -name '*rd-recovery*' ! -path '*/boot/efi/*')" ] || fail 'something is left in the former place'
	[ -f "$root/boot/efi/rd-recovery/1/manifest" ] || fail 'the image of another system is gone'
}

image_of_another_system_stays() {
	system
	entry 0 update
	sed -i 's/^machine-id .*/machine-id 00000000000000000000000000000001/' "$root/boot/rd-recovery/1/manifest"
	entry 1 update
	entry 1 remove
	[ -f "$root/boot/rd-recovery/1/manifest" ] || fail 'it is gone'
}

removed_kernel_gives_way_to_another() {
	system
	cp -a "$root/lib/modules/$kernel" "$root/lib/modules/6.0.0"
	cp "$root/boot/vmlinuz-$kernel" "$root/boot/vmlinuz-6.0.0"
	entry 0 update
	entry 0 remove 6.0.0
	holds 1
	entry 0 remove "$kernel"
	holds 2
	grep -qx 'kernel 6.0.0' "$root/boot/rd-recovery/2/manifest" || fail 'not of the kernel that is left'
	rm "$root/boot/vmlinuz-$kernel"
	entry 0 remove 6.0.0
	grep -q 'stays' "$dir/out" || fail 'not said'
	holds 2
}

older_kernels_package_leaves_the_newer_ones_image() {
	system
	cp -a "$root/lib/modules/$kernel" "$root/lib/modules/5.0.0"
	cp "$root/boot/vmlinuz-$kernel" "$root/boot/vmlinuz-5.0.0"
	entry 0 update
	inside /etc/kernel/postinst.d/zz-rd-recovery 5.0.0 /boot/vmlinuz-5.0.0 >"$dir/out" 2>&1
	holds 1
	# Without its fourth word too, as older kernel-installs call it.
	inside /usr/lib/kernel/install.d/92-rd-recovery.install add 5.0.0 /boot/x >"$dir/out" 2>&1 || fail 'the plugin fails'
	holds 1
	inside /usr/lib/kernel/install.d/92-rd-recovery.install add "$kernel" /boot/x >"$dir/out" 2>&1 || fail 'the plugin fails'
	holds 2
	rm "$root/boot/vmlinuz-$kernel"
	inside /usr/lib/kernel/install.d/92-rd-recovery.install add 5.0.0 /boot/x >"$dir/out" 2>&1 || fail 'the plugin fails'
	holds 1
	entry 0 update 5.0.0
	holds 2
}

# --- cases: kernel words

# made: what is made of the root in $dir/w.
made() {
	# shellcheck disable=SC2016 # that shell's
	root=$dir/w image=self sh -c 'die() { echo "died: $*"; exit 1; }; . "$0/boot.sh"; . "$0/grub.sh"; . "$0/words.sh"; words_make' "$top/src/entries"
}

words_are_the_systems_own_without_what_starts_another_boot() {
	mount -t tmpfs entries-test "$dir"
	cd "$dir" && : >"$dir/acpi_osi=Linux"
	mkdir -p "$dir/w/etc/kernel" "$dir/w/etc/default/grub.d"
	printf '%s\n' '# root=/dev/sdx' >"$dir/w/etc/kernel/cmdline"
	echo 'root=/dev/sda1 acpi_osi=* quiet splash resume=UUID=x resume_offset=5 rw  console=ttyS0 rd.recovery.user=a rd.recovery=0 systemd.unit=rescue.target single' \
		>>"$dir/w/etc/kernel/cmdline"
	[ "$(made)" = 'root=/dev/sda1 acpi_osi=* rw console=ttyS0 noresume rd.recovery=1' ] || fail "kernel/cmdline: $(made)"
	rm "$dir/w/etc/kernel/cmdline"
	# shellcheck disable=SC2016 # grub's
	printf '%s\n' 'GRUB_CMDLINE_LINUX="net.ifnames=0 rd.luks.uuid=1"' 'GRUB_CMDLINE_LINUX_DEFAULT="quiet console=ttyS1 mitigations=off nomodeset splash"' >"$dir/w/etc/default/grub"
	# shellcheck disable=SC2016 # grub's
	echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX init=/sbin/openrc-init"' >"$dir/w/etc/default/grub.d/x.cfg"
	printf '%s\n' '# /dev/x / ext4' 'LABEL=r / btrfs noatime,subvol=/@root,x=y 0 0' '/dev/sda2 /boot ext4' >"$dir/w/etc/fstab"
	_want='net.ifnames=0 rd.luks.uuid=1 init=/sbin/openrc-init console=ttyS1 mitigations=off nomodeset root=LABEL=r rootflags=subvol=@root ro noresume rd.recovery=1'
	[ "$(made)" = "$_want" ] || fail "default/grub: $(made)"
	rm "$dir/w/etc/fstab"
	case $(made) in died:*kernel/cmdline) ;; *) fail "without a root: $(made)" ;; esac
}

# In all the ways of a shell that need none; what needs one is said.
words_of_another_system_are_read_and_never_run() {
	mount -t tmpfs entries-test "$dir"
	cd "$dir" && mkdir -p w/etc/default/grub.d
	cat >w/etc/default/grub <<-'END'
		# GRUB_CMDLINE_LINUX="root=/dev/comment" \
		GRUB_DISTRIBUTOR=`touch ran`; touch ran
		GRUB_CMDLINE_LINUX="root=/dev/x a=\"b \$c\" 'd'" # comment
		  export GRUB_CMDLINE_LINUX_DEFAULT='e=$f'"g ${GRUB_CMDLINE_LINUX}"\ h
		GRUB_CMDLINE_LINUX_DEFAULT_XEN=other
		GRUB_CMDLINE_LINUX+=" i \
		j"
	END
	cat >w/etc/default/grub.d/x.cfg <<-'END'
		GRUB_CMDLINE_LINUX="$(touch ran) k"
		GRUB_CMDLINE_LINUX=`touch ran`
		GRUB_CMDLINE_LINUX=$GRUB_CMDLINE_LINUX_X
		GRUB_CMDLINE_LINUX="open
		GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT l"; touch ran
	END
	cat >words <<-'END'
		root=/dev/x a="b $c" 'd' i j e=$fg root=/dev/x a="b $c" 'd' h l ro noresume rd.recovery=1
	END
	{ made 2>"$dir/out" && echo; } | diff words - || fail 'other words'
	[ ! -e ran ] || fail 'it was run'
	[ "$(grep -c 'grub.d/x.cfg: left out' "$dir/out")" -eq 4 ] || fail 'what is left out is not said'
}

words_of_this_system_are_what_grub_makes_of_them() {
	system
	rm "$root/etc/kernel/cmdline"
	cat >"$root/etc/default/grub" <<-'END'
		if true; then GRUB_CMDLINE_LINUX="root=/dev/x $(echo a)"; else GRUB_CMDLINE_LINUX=b; fi
	END
	entry 0 update
	grep -qx 'options root=/dev/x a ro noresume rd.recovery=1' "$root/boot/rd-recovery/1/manifest" ||
		fail "$(grep options "$root/boot/rd-recovery/1/manifest")"
}

# A btrfs whose default subvolume is a snapshot, as findmnt tells it.
words_leave_the_default_subvolume_to_btrfs() {
	mount -t tmpfs entries-test "$dir"
	mkdir -p "$dir/w/etc/kernel" "$dir/bin"
	cat >"$dir/bin/findmnt" <<-'END'
		#!/bin/sh
		case $* in
		*FSTYPE*) echo btrfs ;;
		*FSROOT*) echo /@/.snapshots/1/snapshot ;;
		*OPTIONS*) echo rw,subvolid=258,subvol=/@/.snapshots/1/snapshot ;;
		*) echo /dev/none ;;
		esac
	END
	printf '%s\n' '#!/bin/sh' 'echo "ID 258 gen 7 top level 256 path x"' >"$dir/bin/btrfs"
	chmod 755 "$dir/bin/findmnt" "$dir/bin/btrfs"
	PATH=$dir/bin:$PATH
	echo 'root=/dev/x ro' >"$dir/w/etc/kernel/cmdline"
	echo '/dev/x / btrfs defaults 0 0' >"$dir/w/etc/fstab"
	[ "$(made)" = 'root=/dev/x ro noresume rd.recovery=1' ] || fail "the default subvolume: $(made)"
	echo '/dev/x / btrfs noatime,subvolid=5 0 0' >"$dir/w/etc/fstab"
	_named='root=/dev/x ro rootflags=subvol=@/.snapshots/1/snapshot noresume rd.recovery=1'
	[ "$(made)" = "$_named" ] || fail "a named one: $(made)"
	rm "$dir/w/etc/fstab"
	[ "$(made)" = 'root=/dev/x ro noresume rd.recovery=1' ] || fail "the default of a root that fstab does not know: $(made)"
	sed -i 's/258/5/' "$dir/bin/btrfs"
	[ "$(made)" = "$_named" ] || fail "not the default: $(made)"
	rm "$dir/bin/btrfs"
	[ "$(made)" = "$_named" ] || fail "nothing tells the default: $(made)"
}

words_open_what_dracut_has_to_open() {
	system
	rm "$root/etc/kernel/cmdline"
	echo 'rd.luks.uuid=luks-1 rd.lvm.lv=vg/root root=/dev/dm-0 resume=/dev/dm-1' >"$root/root/storage"
	entry 0 update
	grep -qx 'options root=/dev/vda rd.luks.uuid=luks-1 rd.lvm.lv=vg/root ro noresume rd.recovery=1' "$root/boot/rd-recovery/1/manifest" ||
		fail "$(grep options "$root/boot/rd-recovery/1/manifest")"
}

# --- cases: menus

# menu: what the script adds to GRUB's own.
menu() {
	mkdir -p "$root/boot/grub"
	inside grub-mkconfig -o /boot/grub/grub.cfg >"$dir/out" 2>&1 || fail 'grub-mkconfig failed'
	inside grub-script-check /boot/grub/grub.cfg || fail 'a syntax error'
	sed -n '/BEGIN .*42_rd-recovery/,/END .*42_rd-recovery/p' "$root/boot/grub/grub.cfg" | grep -v '^###' >"$dir/menu"
}

grub_gets_both_entries() {
	system
	entry 0 update
	grep -q 'regenerate.*: grub-mkconfig -o /boot/grub/grub.cfg' "$dir/out" || fail 'a first menu is not asked for'
	menu
	[ "$(sed -n "s/^menuentry '\([^']*\)'.*/\1/p" "$dir/menu")" = 'Recover a lost login (rd-recovery)
Recover a lost login with a new password (rd-recovery)' ] || fail "other titles: $(cat "$dir/menu")"
	# shellcheck disable=SC2016 # GRUB's
	[ "$(sed -n 's/^\tlinux\t"${rd_recovery}\/linux" //p' "$dir/menu")" = "$words
$words rd.recovery.password=generate" ] || fail "other words: $(cat "$dir/menu")"
	grep -q "set rd_recovery='/boot/rd-recovery/1'" "$dir/menu" || fail 'not relative to the root file system'
	grep -q 'search --no-floppy --fs-uuid' "$dir/menu" || fail 'GRUB does not look for the file system'
	cp "$root/boot/grub/grub.cfg" "$dir/grub.cfg"
	entry 0 update
	grep -q 'regenerate' "$dir/out" && fail 'a new menu is asked for'
	menu
	cmp "$root/boot/grub/grub.cfg" "$dir/grub.cfg" || fail 'a new image needs a new menu'
}

# What GRUB would take for its own quotes, commands and variables.
grub_gets_the_kernels_words_quoted() {
	system
	printf '%s\n' "root=UUID=5d0c ro a='b;c\\x20\$d e=\"f g=h:i,j" >"$root/etc/kernel/cmdline"
	entry 0 update
	menu
	# shellcheck disable=SC2016 # GRUB's
	sed -n 's/^\tlinux\t"${rd_recovery}\/linux" //p' "$dir/menu" | head -n 1 >"$dir/line"
	printf '%s\n' "root=UUID=5d0c ro 'a='\\''b;c\\x20\$d' 'e=\"f' g=h:i,j noresume rd.recovery=1" | diff "$dir/line" - || fail 'other words'
	status 1 entry=yes
	entry 0 update
	! grep regenerate "$dir/out" || fail 'the menu has them'
}

grub_finds_a_boot_of_its_own() {
	system
	boot_of_its_own
	entry 0 update
	menu
	grep -q "set rd_recovery='/rd-recovery/1'" "$dir/menu" || fail 'not relative to /boot'
}

# The entries that everybody may start are marked: these never are.
grub_asks_for_the_superusers_password() {
	system
	entry 0 update
	printf '%s\n' '#!/bin/sh' "echo 'set superusers=\"boss\"'" "echo 'password boss secret'" >"$root/etc/grub.d/01_users"
	chmod 755 "$root/etc/grub.d/01_users"
	sed -i 's/^CLASS="/CLASS="--unrestricted /' "$root/etc/grub.d/10_linux"
	menu
	grep -q unrestricted "$root/boot/grub/grub.cfg" || fail 'the others are not free'
	[ "$(grep -c ^menuentry "$dir/menu")" -eq 2 ] || fail 'no entries'
	! grep -e --unrestricted -e --users "$dir/menu" || fail 'free for all'
}

grub_is_told_nothing_without_an_image() {
	system
	menu
	[ ! -s "$dir/menu" ] || fail "$(cat "$dir/menu")"
	! grep -i rescue "$dir/out" || fail 'not silent'
	mkdir -p "$root/boot/rd-recovery/1"
	echo 'options root=/dev/x' >"$root/boot/rd-recovery/1/manifest"
	menu
	[ ! -s "$dir/menu" ] || fail 'half an image is in the menu'
	printf '%s\n' 'machine-id 00000000000000000000000000000001' end >>"$root/boot/rd-recovery/1/manifest"
	menu
	[ ! -s "$dir/menu" ] || fail 'the image of another system is in the menu'
	rm -r "$root/boot/rd-recovery"
	# Removed, not purged: the script is still there.
	entry 0 update
	rm "$root/usr/sbin/rd-recovery-entry"
	entry_gone=$(menu && grep -c ^menuentry "$dir/menu")
	[ "$entry_gone" -eq 2 ] || fail 'the image that is there is not in the menu'
}

# Where GRUB reads the loader's entries itself, they would be there twice.
grub_reads_loader_entries_once() {
	system
	mkdir -p "$root/boot/loader/entries"
	entry 0 update
	grep -qx 'linux /boot/rd-recovery/1/linux' "$root/boot/loader/entries/a-rd-recovery-repair-1.conf" || fail 'another path'
	echo 'GRUB_ENABLE_BLSCFG=true; export GRUB_ENABLE_BLSCFG' >>"$root/etc/default/grub"
	menu
	[ ! -s "$dir/menu" ] || fail "$(cat "$dir/menu")"
	entry 0 update
	! grep regenerate "$dir/out" || fail 'a new menu is asked for'
	sed -i '/BLSCFG/d' "$root/etc/default/grub"
	ln -s grub-mkconfig "$root/usr/sbin/grub2-mkconfig"
	entry 0 update
	grep -q 'regenerate.*: grub2-mkconfig -o /boot/grub/grub.cfg' "$dir/out" || fail 'not asked for by its name'
}

# loader: a boot folder as systemd-boot's, with an entry of the system.
loader() {
	mkdir -p "$root/boot/loader/entries" "$root/boot/$(cat "$root/etc/machine-id")"
	inside kernel-install add "$kernel" "/boot/vmlinuz-$kernel" >"$dir/out" 2>&1 || fail 'kernel-install failed'
}

sorted() {
	env -i PATH=/usr/sbin:/usr/bin SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1 chroot "$root" \
		bootctl --esp-path=/boot --boot-path=/boot list --json=short >"$dir/out" 2>&1
	grep -o '"title":"[^"]*"' "$dir/out" | cut -d '"' -f 4 | tr '\n' '|'
}

kernel_install_keeps_a_fresh_image() {
	system
	boot_of_its_own
	loader
	holds 1
	for _name in repair new-password; do
		_entry=$root/boot/loader/entries/a-rd-recovery-$_name-1.conf
		for _key in title version machine-id sort-key linux initrd options grub_users; do
			[ "$(grep -c "^$_key " "$_entry")" -eq 1 ] || fail "$_name: no $_key"
		done
		grep -qx 'linux /rd-recovery/1/linux' "$_entry" || fail "another path: $(cat "$_entry")"
	done
	grep -qx "options $words" "$root/boot/loader/entries/a-rd-recovery-repair-1.conf" || fail 'other words'
	grep -qx "options $words rd.recovery.password=generate" "$_entry" || fail 'other words for a new password'
	case $(sorted) in *'|Recover a lost login (rd-recovery)|Recover a lost login with a new password (rd-recovery)|') ;; *) fail "not the last: $(sorted)" ;; esac
	status 1 entry=yes
	mv "$root/boot/loader/entries/a-rd-recovery-repair-1.conf" "$dir/"
	status 1 entry=no
	mv "$dir/a-rd-recovery-repair-1.conf" "$root/boot/loader/entries/"
	inside kernel-install remove "$kernel" >"$dir/out" 2>&1 || fail 'kernel-install remove failed'
	holds 1
	[ "$(cd "$root/boot/loader/entries" && echo *)" = 'a-rd-recovery-new-password-1.conf a-rd-recovery-repair-1.conf' ] || fail 'other entries'
}

kernel_is_installed_on_a_sick_system_too() {
	system
	loader
	sick
	inside kernel-install add "$kernel" "/boot/vmlinuz-$kernel" >"$dir/out" 2>&1 || fail 'the kernel is refused'
	grep -q 'no fresh rescue image' "$dir/out" || fail 'not said'
	holds 1
}

entries_without_sort_keys_come_first_too() {
	system
	boot_of_its_own
	# A version that begins with a letter is older than a digit's, whatever the letter.
	sed -i 's/^./f/' "$root/etc/machine-id"
	loader
	sed -i '/^sort-key/d' "$root"/boot/loader/entries/[0-9a-f]*.conf
	entry 0 update
	! grep regenerate "$dir/out" || fail 'it asks for a menu that the machine does without'
	! grep -q ^sort-key "$root"/boot/loader/entries/a-rd-* || fail 'a sort key puts it first'
	case $(sorted) in *'|Recover a lost login (rd-recovery)|Recover a lost login with a new password (rd-recovery)|') ;; *) fail "not the last: $(sorted)" ;; esac
}

# Debian's kernel packages run the folder's scripts in order, with what their maintainer script was told.
kernel_package() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEB_MAINT_PARAMS="'$1'" chroot "$root" \
		run-parts --report --exit-on-error --arg="$kernel" --arg="/boot/vmlinuz-$kernel" "/etc/kernel/$2" >"$dir/out" 2>&1 || fail "$2 failed"
}

kernel_packages_keep_a_fresh_image() {
	system
	mkdir -p "$root/boot/grub"
	: >"$root/boot/grub/grub.cfg"
	kernel_package configure postinst.d
	holds 1
	grep -qF "$words" "$root/boot/grub/grub.cfg" || fail 'the menu is made before the image'
	kernel_package upgrade postrm.d
	holds 1
	kernel_package remove postrm.d
	grep -q stays "$dir/out" || fail 'not said'
	holds 1
}

efi_program_holds_it_all() {
	system
	boot_of_its_own
	entry 0 update
	entry 0 uki
	entry 0 update
	_uki=$root/boot/EFI/Linux/a-rd-recovery-2.efi
	[ "$(ls "$root/boot/EFI/Linux")" = a-rd-recovery-2.efi ] || fail "not one: $(ls "$root/boot/EFI/Linux")"
	for _section in linux initrd; do
		objcopy -O binary --only-section=.$_section "$_uki" "$dir/section"
		cmp "$dir/section" "$root/boot/rd-recovery/2/$_section" || fail "$_section differs"
	done
	objcopy -O binary --only-section=.cmdline "$_uki" "$dir/section"
	[ "$(cat "$dir/section")" = "$words" ] || fail 'other words'
	objdump -h "$_uki" | awk '$1 ~ /^[0-9]+$/ { print $4, $3, $2 }' | sort | while read -r _at _size _section; do
		[ $((0x$_at)) -ge "${_end:-0}" ] || fail "sections overlap at $_at"
		case $_section in .osrel | .cmdline | .initrd | .linux) [ $((0x$_at % 4096)) -eq 0 ] || fail "$_section is not on a page" ;; esac
		_end=$((0x$_at + 0x$_size))
	done || exit 1
	case $(sorted) in 'Recover a lost login (rd-recovery.efi)|') ;; *) fail "systemd does not see it: $(sorted)" ;; esac
}

# What comes first in systemd-boot's menu is started where nothing says otherwise.
efi_program_never_comes_first() {
	system
	boot_of_its_own
	sed -i 's/^./f/' "$root/etc/machine-id"
	loader
	entry 0 uki
	case $(sorted) in 'Debian '*'Recover a lost login (rd-recovery.efi)|') ;; *) fail "not the last: $(sorted)" ;; esac
	sed -i '/^sort-key/d' "$root"/boot/loader/entries/[0-9a-f]*.conf
	entry 0 update
	case $(sorted) in 'Debian '*'|Recover a lost login (rd-recovery.efi)|'*) ;; *) fail "before what has no sort key: $(sorted)" ;; esac
}

failed_efi_program_leaves_the_old_one() {
	system
	boot_of_its_own
	entry 0 update
	entry 0 uki
	sha256sum "$root/boot/EFI/Linux/a-rd-recovery-1.efi" >"$dir/sums"
	: >"$root/boot/EFI/Linux/a-rd-recovery-2.efi.new"
	double cp <<-'END'
		case $2 in *.efi*) echo half >"$2"; kill -KILL $PPID ;; esac
		exec /bin/cp "$@"
	END
	update_with_doubles 0
	holds 2
	grep -q 'the .efi is the old one' "$dir/out" || fail 'not said'
	sed -i 's/; kill.*PPID/; exit 1/' "$root/usr/local/bin/cp"
	update_with_doubles 0
	[ "$(ls "$root/boot/EFI/Linux")" = a-rd-recovery-1.efi ] || fail "not one: $(ls "$root/boot/EFI/Linux")"
	sha256sum --quiet -c "$dir/sums" || fail 'the good one changed'
}

# The firmware starts it, and the kernel says with which words; the initramfs of the double is none.
efi_program_boots() {
	system
	echo "root=UUID=5d0c console=ttyS0 panic=-1" >"$root/etc/kernel/cmdline"
	entry 0 update
	entry 0 uki
	truncate -s 48M "$dir/esp"
	mkfs.vfat "$dir/esp" >/dev/null || fail 'no ESP'
	mmd -i "$dir/esp" ::EFI ::EFI/BOOT
	mcopy -i "$dir/esp" "$root/boot/EFI/Linux/a-rd-recovery-1.efi" ::EFI/BOOT/BOOTX64.EFI || fail 'no room'
	timeout 120 qemu-system-x86_64 -accel tcg,thread=multi -cpu qemu64 -m 512 -nographic -no-reboot -net none \
		-bios /usr/share/ovmf/OVMF.fd -drive "file=$dir/esp,format=raw,if=virtio" </dev/null 2>&1 |
		tee "$dir/out" | grep 'Command line: root=UUID=5d0c console=ttyS0 panic=-1 ro noresume rd.recovery=1' || fail 'it does not boot'
	grep -q 'Loaded initrd' "$dir/out" || fail 'it brings no initramfs'
}

# --- cases: away again, and the other answers

remove_leaves_nothing() {
	system
	mkdir -p "$root/boot/loader/entries"
	find "$root/boot" | sort >"$dir/boot"
	entry 0 update
	entry 0 uki
	entry 0 remove
	find "$root/boot" | sort | diff "$dir/boot" - || fail 'something is left'
	entry 0 remove
}

uninstall_takes_the_entries_along() {
	system
	mkdir -p "$root/boot/loader/entries"
	entry 0 update
	mkdir "$root/tmp/source"
	(cd "$top" && cp -R --parents src/packaging src/man entries dracut-module build/rd-recovery build/sources/*autotools* "$root/tmp/source")
	[ ! -d "$top/initramfs" ] || cp -R "$top/initramfs" "$root/tmp/source/"
	inside sh -c 'cd /tmp/source && sh src/packaging/install.sh uninstall' >"$dir/out" 2>&1 || fail 'uninstall failed'
	grep -q 'GRUB' "$dir/out" || fail 'it does not speak of the menu'
	[ ! -e "$root/boot/rd-recovery" ] || fail 'the image is left'
	[ -z "$(ls "$root/boot/loader/entries")" ] || fail 'an entry is left'
	find "$root" -xdev -name '*rd[-_]recovery*' | grep -v -e /tmp/source -e var/lib/rd-recovery >"$dir/left"
	[ ! -s "$dir/left" ] || fail "left: $(cat "$dir/left")"
}

wrong_use_is_refused() {
	system
	for _words in '' 'updat' 'update a b' 'update --image genkernel' 'update --sideways x' 'update --boot' 'update ../x' 'update --kernel=' 'update --kernel /boot/vmlinuz'; do
		# shellcheck disable=SC2086 # words
		entry 2 $_words
	done
	entry 1 update 9.9.9
	entry 0 --help
	[ ! -e "$root/boot/rd-recovery" ] || fail 'something was made'
}

# answer ID: status's.
answer() {
	python3 -c 'import json, sys
print({q["id"]: q["answer"] for q in json.load(sys.stdin)}[sys.argv[1]])' "$1" <"$dir/status"
}

# status STATUS ID=ANSWER...
status() {
	_want=$1
	shift
	inside rd-recovery status --json >"$dir/status" 2>"$dir/out"
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "exit status $_got, not $_want: $(cat "$dir/status")"
	for _pair; do
		[ "$(answer "${_pair%=*}")" = "${_pair#*=}" ] || fail "not $_pair: $(cat "$dir/status")"
	done
}

status_sees_what_is_wrong() {
	system
	status 1 image=no entry=unknown
	entry 0 update
	status 1 image=yes entry=no whole=yes sound=yes fresh=yes program=yes config=yes boot=yes capture=yes health=yes run=yes
	menu
	status 1 entry=yes
	sed -i 's/5d0c/5d0d/g' "$root/boot/grub/grub.cfg"
	status 1 entry=no
	mkdir "$root/lib/modules/99.0"
	: >"$root/lib/modules/99.0/modules.dep"
	echo x >>"$root/boot/rd-recovery/1/initrd"
	echo x >>"$root/usr/sbin/rd-recovery"
	echo 'reset = no' >>"$root/etc/rd-recovery.conf"
	_copy=$(find "$root/var/lib/rd-recovery/capture" -name libcrypt.so.1.1.0)
	echo x >>"$_copy"
	sick
	echo 'LABEL=none /boot ext4 defaults 0 2' >>"$root/etc/fstab"
	status 1 fresh=no whole=no program=no config=no capture=no health=no run=no boot=no
	inside rd-recovery status >"$dir/out"
	[ "$(grep -c 'rd-recovery-entry update$' "$dir/out")" -ge 4 ] || fail 'it does not say what to type'
}

# GRUB's menu lies on a file system that takes the question and never answers; it is the only one left open.
status_goes_on_where_a_question_never_ends() {
	system
	entry 0 update
	menu
	gcc -o "$dir/stuck" "$here/target/stuck.c" || fail 'no compiler'
	mkfifo "$dir/ready"
	"$dir/stuck" fuse "$root/boot/grub" / >"$dir/ready" &
	read -r _stuck <"$dir/ready" || {
		echo 'no FUSE here'
		exit 77
	}
	inside rd-recovery status --timeout 3 --json >"$dir/status" 2>"$dir/out"
	[ $? -eq 1 ] || fail 'an open question is no exit status 1'
	for _pair in image=yes entry=unknown whole=yes sound=yes fresh=yes program=yes config=yes boot=yes capture=yes health=yes; do
		[ "$(answer "${_pair%=*}")" = "${_pair#*=}" ] || fail "not $_pair: $(cat "$dir/status")"
	done
	grep -q '"id":"entry".*"text":"[^"]*3 s' "$dir/status" || fail "it does not say why: $(cat "$dir/status")"
}

# The machine's own disk, seen as another system's.
status_finds_root_on_a_device() {
	_device=$(findmnt -nvo SOURCE --target "$top")
	[ -b "$_device" ] || {
		echo 'no block device here'
		exit 77
	}
	mount -t tmpfs entries-test "$dir"
	mkdir -p "$top/build/entries/live/etc" "$top/build/entries/live/usr" "$top/build/entries/live/boot/rd-recovery/1" "$dir/live"
	mount --bind "$top/build/entries/live" "$dir/live"
	mknod "$dir/other" b 7 99
	for _root in "$_device yes" "$dir/other no" '/dev/null no' 'UUID=none no'; do
		printf '%s\n' 'kernel 1' 'image self' 'health good' 'version 0' 'payload 0' 'config none' 'date 0' 'linux 0' 'initrd 0' "options root=${_root% *} ro" end \
			>"$dir/live/boot/rd-recovery/1/manifest"
		"$top/build/rd-recovery" status --root "$dir/live" --json >"$dir/status" 2>"$dir/out"
		[ "$(answer root)" = "${_root#* }" ] || fail "$_root: $(cat "$dir/status")"
	done
}

cases='image_is_whole_generic_and_private without_dracut_the_image_is_our_own root_that_our_own_image_cannot_open_is_refused
	volume_that_our_own_image_cannot_open_is_refused_or_said image_of_a_root_is_all_its_own second_update_takes_the_other_slot
	sick_system_keeps_the_good_image sick_system_gets_an_image_that_the_next_healthy_build_replaces
	secrets_are_not_put_where_everybody_reads failed_build_keeps_the_old_image merged_sbin_is_found_too full_boot_keeps_the_old_image unmounted_boot_is_not_written_to cut_image_is_not_the_one_in_use image_follows_the_boot_folder image_of_another_system_stays
	removed_kernel_gives_way_to_another older_kernels_package_leaves_the_newer_ones_image
	words_are_the_systems_own_without_what_starts_another_boot words_of_another_system_are_read_and_never_run
	words_of_this_system_are_what_grub_makes_of_them words_leave_the_default_subvolume_to_btrfs words_open_what_dracut_has_to_open
	grub_gets_both_entries grub_gets_the_kernels_words_quoted grub_finds_a_boot_of_its_own grub_asks_for_the_superusers_password grub_is_told_nothing_without_an_image
	grub_reads_loader_entries_once
	kernel_install_keeps_a_fresh_image kernel_is_installed_on_a_sick_system_too entries_without_sort_keys_come_first_too
	kernel_packages_keep_a_fresh_image efi_program_holds_it_all efi_program_never_comes_first failed_efi_program_leaves_the_old_one efi_program_boots
	remove_leaves_nothing uninstall_takes_the_entries_along wrong_use_is_refused
	status_sees_what_is_wrong status_goes_on_where_a_question_never_ends status_finds_root_on_a_device'

one_case "$@"
need_trees tests/entries
unshare -m sh "$here/entries/layer.sh" >"$top/build/entries.log" 2>&1 || {
	tail -n 20 "$top/build/entries.log"
	exit 1
}
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
jobs=4
run_cases "$work" "$@"
