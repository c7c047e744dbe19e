# build.sh: whose kernel, whether the system is healthy, and the initramfs. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, boot, rescue, work, here, lib: rd-recovery-entry's

# below_root FILE: where it lies, with another system's links leading where that system has them lead. Nothing: not in that root.
below_root() {
	_path=$1 _links=0
	while [ -L "$root$_path" ]; do
		_link=$(readlink "$root$_path")
		case $_link in /*) _path=$_link ;; *) _path=${_path%/*}/$_link ;; esac
		_links=$((_links + 1))
		[ "$_links" -lt 40 ] || return 1
	done
	_real=$(readlink -f "$root$_path") || return 1
	case $_real in
	"$root"/*) [ ! -f "$_real" ] || echo "$_real" ;;
	esac
}

# kernel_of KVER: where distributions put it.
kernel_of() {
	for _file in "/boot/vmlinuz-$1" "/boot/vmlinux-$1" "/boot/kernel-$1" "/usr/lib/modules/$1/vmlinuz" "/lib/modules/$1/vmlinuz" \
		"/boot/kernel-$(uname -m)-$1" "/boot/kernel-genkernel-$(uname -m)-$1"; do
		below_root "$_file" | grep . && return
	done
	for _file in "$boot"/*/"$1"/linux; do
		if [ -f "$_file" ]; then
			echo "$_file"
			return
		fi
	done
	return 1
}

# The newest one installed that has modules and a kernel. kernel_not: not that one.
kernel_newest() {
	for _dir in "$root"/lib/modules/*/ "$root"/usr/lib/modules/*/; do
		[ ! -d "$_dir" ] || basename "$_dir"
	done | sort -uVr | grep -vxF "${kernel_not-}" | while read -r _version; do
		if kernel_of "$_version" >/dev/null; then
			echo "$_version"
			break
		fi
	done
}

kernel_choose() {
	[ -n "$kver" ] || kver=$(kernel_newest)
	[ -n "$kver" ] || die "no kernel with modules is installed in ${root:-/}"
	[ -n "$kernel" ] || kernel=$(kernel_of "$kver") || die "where is the kernel $kver? --kernel FILE names it"
	cp "$kernel" "$work/linux"
}

image_choose() {
	if [ -z "$image" ]; then
		[ -x "$root/usr/bin/dracut" ] && image=dracut || image=self
	fi
	case $image in
	dracut | self) ;;
	*) wrong "--image $image is neither dracut nor self" ;;
	esac
}

# What goes into the image: that system's own program, as dracut's module takes it, if it has one.
payload_carried() {
	for _file in /usr/sbin/rd-recovery /usr/local/sbin/rd-recovery; do
		below_root "$_file" | grep . && return
	done
	echo "$payload"
}

# The payload's own word: it captures known-good copies of a healthy system only. What it said otherwise is in said.
is_healthy() {
	mkdir -p "$root/var/lib/rd-recovery"
	said=$("$payload" capture --root "${root:-/}" --output "$root/var/lib/rd-recovery/capture" 2>&1 </dev/null)
}

# Sick: a good image stays; where there is none, one is better than nothing, and the next healthy build replaces it.
health_decide() {
	health=good
	is_healthy && return
	health=sick
	echo "$said" >&2
	if [ -n "$1" ] && [ "$(manifest_value "$rescue/$1" health)" = good ]; then
		die "this system is not healthy ('rd-recovery diagnose' says why): the rescue image of $(manifest_value "$rescue/$1" date) stays"
	fi
	say "this system is not healthy ('rd-recovery diagnose' says why); there is no good rescue image, so this one is built all the same"
}

# Generic: it has to boot on other hardware too. /usr/sbin may be a link to bin.
build_dracut() {
	in_root dracut --force --quiet --no-hostonly --no-hostonly-cmdline --no-uefi --add rd-recovery --kver "$kver" \
		"${work#"$root"}/initrd" || die "dracut built no initramfs for $kver"
	in_root lsinitrd "${work#"$root"}/initrd" | grep -qE ' usr/s?bin/rd-recovery$' || die 'dracut left the rd-recovery module out'
}

# layer_below DEVICE: what has to be opened before it is there: crypt, lvm, raid1; nothing: it is plain.
layer_below() {
	lsblk -nsro TYPE "$1" 2>/dev/null | grep -E '^(crypt|lvm|raid.*|md.*)$' | head -n 1 || :
}

# self_reaches POINT: can the self-contained image mount what is mounted there? why: what it cannot open.
self_reaches() {
	_mount=$(findmnt -nvro SOURCE,FSTYPE --mountpoint "$(readlink -m "$root$1")" 2>/dev/null | grep '^/dev/' | tail -n 1)
	[ -n "$_mount" ] || return 0
	why=$(layer_below "${_mount%% *}")
	[ -z "$why" ] || return 1
	why=${_mount##* }
	case $why in
	ext[234] | xfs | btrfs | vfat | f2fs) ;;
	*) return 1 ;;
	esac
}

# Without / and /usr nothing of the system runs. The others a run goes without, as if they were broken.
self_reaches_enough() {
	for _point in / /usr; do
		self_reaches "$_point" || die "$_point lies on $why, which the self-contained initramfs cannot open: install dracut"
	done
	for _point in /var /home /boot; do
		self_reaches "$_point" || say "$_point lies on $why, which the self-contained initramfs cannot open: a recovery will look at nothing there"
	done
}

build_self() {
	_builder=$lib/mkinitramfs
	[ "$lib" != "$here" ] || _builder=$here/../../initramfs/mkinitramfs.sh
	[ -e "$_builder" ] || die "$_builder is not installed"
	self_reaches_enough
	_kept=$root/var/lib/rd-recovery/capture
	set -- --kernel "$kver" --output "$work/initrd" --root "${root:-/}" --payload "$(payload_carried)" --libxcrypt
	[ ! -f "$_kept/manifest" ] || set -- "$@" --capture "$_kept"
	sh "$_builder" "$@" >&2 || die "no initramfs for $kver"
}

# newer_stays SLOT: packages of older kernels are configured too.
newer_stays() {
	_has=$(manifest_value "$rescue/$1" kernel)
	[ "$_has" != "$kver" ] && [ "$(printf '%s\n' "$_has" "$kver" | sort -V | tail -n 1)" = "$_has" ] || return 1
	[ -d "$root/lib/modules/$_has" ] && kernel_of "$_has" >/dev/null || return 1
	echo "$rescue/$1: the rescue image of the newer kernel $_has stays"
}

command_update() {
	_old=$(slot_current)
	[ -z "$_old" ] || slot_is_ours "$_old"
	[ -z "$not_older" ] || [ -z "$_old" ] || [ -z "$kver" ] || ! newer_stays "$_old" || return 0
	image_choose
	secrets_stay_secret
	begin_work
	kernel_choose
	health_decide "$_old"
	options=$(words_make)
	echo "building the initramfs of the rescue image of $kver ($image): a minute or more"
	"build_$image"
	_new=$((${_old:-2} % 2 + 1))
	slot_fill "$_new" "$health"
	entries_write "$_new"
	[ -z "$_old" ] || slot_remove "$_old"
	[ "$health" = sick ] || remove_elsewhere
	echo "$rescue/$_new: the rescue image of $kver ($image, $(($(stat -c %s "$rescue/$_new/initrd") / 1024)) KiB)"
	tell_grub
	uki_refresh "$rescue/$_new"
}

# grub_menus: FILE PROGRAM lines: the menus of GRUB that are there; where there is no menu at all, the one that its program would make.
grub_menus() {
	_program=
	for _file in "$root"/usr/sbin/grub-mkconfig "$root"/usr/bin/grub-mkconfig "$root"/usr/sbin/grub2-mkconfig "$root"/usr/bin/grub2-mkconfig; do
		[ ! -x "$_file" ] || _program=${_file##*/}
	done
	for _file in /boot/grub/grub.cfg /boot/grub2/grub.cfg; do
		[ ! -f "$root$_file" ] || echo "$_file ${_program:-grub-mkconfig}"
	done | grep . || [ -d "$boot/loader/entries" ] || [ -z "$_program" ] || echo "/boot/${_program%-*}/grub.cfg $_program"
}

# A GRUB that reads the boot loader entries, and has them.
grub_reads_entries() {
	[ -f "$(entry_file repair "$_new")" ] || return 1
	grep -qsE "^[[:space:]]*GRUB_ENABLE_BLSCFG=[\"']?true" "$root/etc/default/grub" "$root"/etc/default/grub.d/*.cfg
}

# GRUB's entry finds the slot by itself, but has to be there.
tell_grub() {
	! grub_reads_entries || return 0
	_menu=$(words_for_grub "$options")
	grub_menus | while read -r _file _program; do
		if [ -n "$moved" ] || ! grep -qsF -- "$_menu" "$root$_file"; then
			echo "now regenerate GRUB's menu: $_program -o $_file"
		fi
	done
}
