#!/bin/sh
# install.sh: what make install, the Debian package and the ebuild put where, and that manuals, configuration and completion know every word
# of src/options.c. As root: the package goes into a real Debian tree, in a mount namespace of its own. Last line: N passed, N failed.
# shellcheck disable=SC2154 # root: set by lib.sh's enter
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
cd "$top" || exit 1
unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX
payload=$top/build/rd-recovery
work=$top/build/install-test
ebuild=src/packaging/gentoo/sys-apps/rd-recovery/rd-recovery-0.1.ebuild
conf=etc/rd-recovery.conf
deb=$top/build/deb/rd-recovery_0.1-1_amd64.deb

fail() {
	echo "  $*" >&2
	exit 1
}

# shellcheck source=/dev/null
. "$top/tests/install/words.sh"
# shellcheck source=/dev/null
. "$top/tests/cases.sh"

# --- cases: files

listing() {
	(cd "$1" && find . -xdev -printf '%p %y %m %U %G %l\n' | sort)
}

# installed DIR: modes and paths of what is there, as `install.sh list` says them.
installed() {
	(cd "$1" && find . ! -type d -printf '%#m %P\n' | sed 's, , /,' | sort)
}

listed() {
	sh src/packaging/install.sh list | sort
}

install_is_what_the_table_says() {
	make -s install DESTDIR="$dir/a b" | grep -q 'rd-recovery-entry update$' || fail 'it does not say what to type next'
	listed >"$dir/listed"
	installed "$dir/a b" | diff "$dir/listed" - || fail 'other files'
	grep -qx '0600 /etc/rd-recovery.conf' "$dir/listed" || fail 'the configuration is not for root alone'
	[ "$(grep -c /usr/share/man/ "$dir/listed")" -eq "$(find src/man -type f | wc -l)" ] || fail 'not every manual page'
	cmp "$dir/a b/usr/sbin/rd-recovery" "$payload" || fail 'another payload'
}

uninstall_leaves_nothing() {
	mkdir -p "$dir/etc" "$dir/usr/lib" "$dir/usr/sbin" "$dir/usr/share/man"
	listing "$dir" >/run/before
	make -s install DESTDIR="$dir"
	make -s uninstall DESTDIR="$dir" || fail 'uninstall failed'
	listing "$dir" | diff /run/before - || fail 'something is left'
	make -s uninstall DESTDIR="$dir" || fail 'a second uninstall failed'
}

uninstall_keeps_the_folders_of_others() {
	mkdir -p "$dir/usr/local/sbin" "$dir/usr/local/lib" "$dir/usr/local/share/man" "$dir/usr/lib/dracut/modules.d/99base"
	make -s install uninstall DESTDIR="$dir" PREFIX=/usr/local
	for _dir in usr/local/sbin usr/local/lib usr/local/share/man usr/lib/dracut/modules.d/99base; do
		[ -d "$dir/$_dir" ] || fail "$_dir is gone"
	done
	[ -z "$(find "$dir" ! -type d)" ] || fail 'a file is left'
}

own_configuration_is_never_overwritten() {
	mkdir "$dir/etc"
	echo 'reset = no' >"$dir/$conf"
	make -s install DESTDIR="$dir" | grep -q "$conf" || fail 'not said'
	[ "$(cat "$dir/$conf")" = 'reset = no' ] || fail 'overwritten by install'
	make -s uninstall DESTDIR="$dir" | grep -q "$conf" || fail 'not said'
	[ "$(cat "$dir/$conf")" = 'reset = no' ] || fail 'removed by uninstall'
}

dracut_module_finds_the_payload() {
	for _prefix in /usr /usr/local; do
		make -s install DESTDIR="$dir" PREFIX=$_prefix
		# shellcheck disable=SC2016 # bash's
		_found=$(dracutsysrootdir=$dir moddir=$dir/usr/lib/dracut/modules.d/90rd-recovery bash -c '. "$moddir/module-setup.sh"; rd_recovery_payload')
		[ "$_found" = "$dir$_prefix/sbin/rd-recovery" ] || fail "with PREFIX=$_prefix it finds '$_found'"
		make -s uninstall DESTDIR="$dir" PREFIX=$_prefix
	done
}

# With the kernel of a real tree.
dracut_module_takes_what_a_report_needs() {
	debian
	make -s install DESTDIR="$root"
	_build="dracut --quiet --force --no-hostonly --no-compress --tmpdir /tmp --kver $(basename "$root"/lib/modules/*)"
	inside sh -c "$_build --modules 'base kernel-modules rd-recovery' /tmp/initrd && cpio -t --quiet </tmp/initrd" >"$dir/names" 2>&1 || fail "$(cat "$dir/names")"
	grep -q '/overlay.ko$' "$dir/names" || fail 'no modules'
	! grep -e /virtio_net.ko -e fleet.pem "$dir/names" || fail 'unasked'
	echo authorities >"$root/etc/fleet.pem"
	echo '10.0.2.2 report.fleet.test' >"$root/etc/hosts"
	printf '%s\n' 'report = https://report.fleet.test/in' 'report_ca = /etc/fleet.pem' >"$root/etc/rd-recovery.conf"
	inside sh -c "$_build --modules 'base kernel-modules rd-recovery' /tmp/initrd && cpio -t --quiet </tmp/initrd" >"$dir/names" 2>&1 || fail "$(cat "$dir/names")"
	for _file in virtio_net.ko vmxnet3.ko etc/fleet.pem etc/hosts; do
		grep -q "\(^\|/\)$_file$" "$dir/names" || fail "no $_file"
	done
	rm "$root/etc/fleet.pem"
	inside sh -c "$_build --modules 'base rd-recovery' /tmp/initrd" >"$dir/out" 2>&1
	grep -q '/etc/fleet.pem: no such file, so no report will be sent' "$dir/out" || fail "it does not say that authorities are missing: $(cat "$dir/out")"
}

# --- cases: words

manuals_render_without_a_complaint() {
	for _page in src/man/*; do
		mandoc -T lint -W warning "$_page" || fail "$_page"
		_said=$(man --warnings -E UTF-8 -l -Z "$_page" 2>&1 >/dev/null)
		[ -z "$_said" ] || fail "$_page: $_said"
		for _section in FILES EXAMPLES SECURITY 'SEE ALSO'; do
			grep -qx ".Sh $_section" "$_page" || fail "$_page has no section $_section"
		done
	done
	grep -qx '.Sh EXIT STATUS' src/man/rd-recovery.8 || fail 'rd-recovery(8) says no exit status'
}

manual_names_every_command_and_option() {
	text rd-recovery.8 >"$dir/text"
	found arguments 13
	found commands 11
	for _word in $(options) $("$payload" --help | grep -o -e '--[a-z-]*'); do
		grep -qE -e "^ {5}$_word( |$)" "$dir/text" || fail "no $_word"
	done
	for _word in $(commands) boot -h; do
		grep -qE -e "^ {5}([a-z-]+, )*$_word(,| |$)" "$dir/text" || fail "no $_word"
	done
}

# Synopsis, --help and parser agree on what each command takes; boot is not a person's, and not in --help.
manual_gives_each_command_its_options() {
	text rd-recovery.8 | sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' >"$dir/synopsis"
	"$payload" --help >"$dir/help"
	for _command in run diagnose rollback capture status verify report hash password boot; do
		awk -v c="$_command" '$1 == "rd-recovery" { on = $2 == c } on' "$dir/synopsis" | grep -oE -e '--[a-z-]+' | sort >"$dir/said"
		for _option in $(options | sort); do
			if takes "$_command" "$_option"; then echo "$_option"; fi
		done >"$dir/takes"
		diff "$dir/said" "$dir/takes" || fail "$_command"
		[ "$_command" != boot ] || continue
		awk -v c="$_command" '/^  [a-z]/ { on = $1 == c } /^$/ { on = 0 } on && !/: *$/' "$dir/help" | grep -oE -e '\[?--[a-z-]+' | tr -d '[' |
			sort -u | diff - "$dir/takes" || fail "--help: $_command"
	done
}

manuals_name_every_key_and_parameter() {
	found words 14
	text rd-recovery.conf.5 >"$dir/conf"
	text rd-recovery.cmdline.7 >"$dir/cmdline"
	for _key in $(keys FILE); do
		grep -qE "^ {5}$_key( |$)" "$dir/conf" || fail "rd-recovery.conf(5): no $_key"
		right_default "$_key" "^ *$_key( |$)" "$dir/conf"
	done
	for _key in $(keys KERNEL); do
		grep -qE "^ {5}rd\.recovery\.$_key=" "$dir/cmdline" || fail "rd-recovery.cmdline(7): no $_key"
		right_default "$_key" "^ *rd\.recovery\.$_key=" "$dir/cmdline"
	done
	grep -q '^ *rd\.recovery=' "$dir/cmdline" || fail 'rd-recovery.cmdline(7): no rd.recovery'
}

manual_and_schema_name_every_member_of_the_report() {
	text rd-recovery.8 | sed -n '/^REPORT/,/^FILES/p' >"$dir/text"
	grep -oE '\\?"[a-z_]+\\?"' src/base/report_json.c | tr -d '\\"' | grep -vx -e true -e false >"$dir/members"
	[ "$(wc -l <"$dir/members")" -ge 30 ] || fail 'the members were not found'
	while read -r _member; do
		grep -qw "$_member" "$dir/text" || fail "no $_member"
		grep -q "^	*\"$_member\": {" src/packaging/report.schema.json || fail "the schema has no $_member"
	done <"$dir/members"
}

configuration_file_explains_every_key() {
	for _key in $(keys FILE); do
		[ "$(grep -c "^#$_key = " src/packaging/rd-recovery.conf)" -eq 1 ] || fail "no $_key"
		grep -B 1 "^#$_key = " src/packaging/rd-recovery.conf | grep -q '^# ' || fail "$_key is not explained"
		_number=$(default "$_key")
		[ -z "$_number" ] || grep -qx "#$_key = $_number" src/packaging/rd-recovery.conf || fail "$_key: the default is $_number"
	done
	! grep -v -e '^#' -e '^$' src/packaging/rd-recovery.conf || fail 'not all of it is a comment'
}

# 3: no target; a wrong line would be 2.
configuration_file_is_right_when_uncommented() {
	_hash=$(echo secret | "$payload" hash)
	sed -E "s/^#([a-z_]+ = )/\1/; s/= NAME/= root/; s/= SECONDS/= 60/; s,= FOLDER,= /run,; s,= FILE,= /run/ca.pem,; s,^password_hash = HASH,$_hash," \
		src/packaging/rd-recovery.conf >"$dir/all"
	[ "$(grep -c '^[a-z]' "$dir/all")" -eq "$(keys FILE | wc -l)" ] || fail 'a line is no key'
	for _file in "$dir/all" src/packaging/rd-recovery.conf; do
		"$payload" run --root "$dir/none" --config "$_file" >"$dir/out" 2>&1
		[ $? -eq 3 ] || fail "$_file: $(cat "$dir/out")"
	done
}

# --- cases: completion. offer_SHELL LINE: the words it offers there.

offer_bash() {
	# shellcheck disable=SC2016 # bash's
	bash -c '. src/packaging/completion/rd-recovery.bash; COMP_WORDS=($1); [[ $1 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _rd_recovery; printf "%s\n" "${COMPREPLY[@]}"' bash "$1" 2>/dev/null
}

offer_zsh() {
	mkdir -p "$dir/zsh"
	cp src/packaging/completion/rd-recovery.zsh "$dir/zsh/_rd-recovery"
	HOME=$dir timeout 60 zsh tests/install/complete.zsh "$dir/zsh" "$1"
}

# What begins with a dash is offered after a dash alone.
offer_fish() {
	case $1 in *' ') _lines="$1|$1-" ;; *) _lines=$1 ;; esac
	echo "$_lines" | tr '|' '\n' | while IFS= read -r _line; do
		HOME=$dir fish --no-config -c "source src/packaging/completion/rd-recovery.fish; complete -C '$_line'" </dev/null
	done | cut -f 1
}

completes() {
	commands | sort >"$dir/commands"
	"offer_$1" 'rd-recovery ' | grep . | sort | diff "$dir/commands" - || fail 'commands'
	for _command in run diagnose rollback capture status verify report hash password; do
		for _option in $(options); do
			if takes "$_command" "$_option"; then echo "$_option"; fi
		done | sort >"$dir/options"
		"offer_$1" "rd-recovery $_command --" | grep . | sort | diff "$dir/options" - || fail "$_command"
	done
	"offer_$1" 'rd-recovery run --password ' | grep -v -e '^-' -e '^$' | sort | tr '\n' ' ' >"$dir/modes"
	[ "$(cat "$dir/modes")" = 'auto config file: generate keep ' ] || fail "modes: $(cat "$dir/modes")"
}

bash_offers_every_word() {
	bash -n src/packaging/completion/rd-recovery.bash || fail 'no bash'
	completes bash
	mkdir -p "$dir/var/lib/rd-recovery/20260101-000000"
	: >"$dir/var/lib/rd-recovery/20260101-000000/journal"
	[ "$(offer_bash "rd-recovery rollback --root $dir 2")" = 20260101-000000 ] || fail 'no run'
	mkdir -p "$dir/var/log/debian-recovery-logs-30260102-000000"
	[ "$(offer_bash "rd-recovery report --root $dir 3")" = 30260102-000000 ] || fail 'no run to tell'
}

zsh_offers_every_word() {
	completes zsh
}

fish_offers_every_word() {
	fish --no-execute src/packaging/completion/rd-recovery.fish || fail 'no fish'
	completes fish
}

entry_tool_is_completed_and_documented() {
	text rd-recovery-entry.8 >"$dir/text"
	_words=$(sh src/entries/rd-recovery-entry.sh --help | grep -oE -e '(rd-recovery-entry [a-z]+|--[a-z]+ )' | sed 's/.* \([a-z]\)/\1/')
	[ "$(echo "$_words" | wc -l)" -eq 7 ] || fail "which words: $_words"
	bash -n src/packaging/completion/rd-recovery-entry.bash || fail 'no bash'
	fish --no-execute src/packaging/completion/rd-recovery-entry.fish || fail 'no fish'
	zsh -n src/packaging/completion/rd-recovery-entry.zsh || fail 'no zsh'
	for _word in $_words; do
		grep -qE -e "^ {5}$_word( |$)" "$dir/text" || fail "rd-recovery-entry(8): no $_word"
		for _shell in bash zsh fish; do
			grep -q -e "[ '(]${_word#--}" -e "$_word" "src/packaging/completion/rd-recovery-entry.$_shell" || fail "$_shell: no $_word"
		done
	done
}

# --- cases: packages

# debian [LAYER]: the Debian tree at $root, entered; with what a layer has over it.
debian() {
	# shellcheck source=/dev/null
	. "$top/qemu/lib.sh"
	# shellcheck source=/dev/null
	. "$top/qemu/machine.sh"
	overlay "${1:-systemd}" "$dir"
	# The cached tree has no manuals and no documents: an ordinary one has.
	rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
}

# What a package leaves that is not dpkg's own.
debian_listing() {
	listing "$root" | grep -v -e '^\./var/lib/dpkg' -e '^\./var/log' -e '^\./var/cache/\(man\|debconf\)'
}

# new_version VERSION: the package again, with another version and another configuration file.
new_version() {
	dpkg-deb -R "$deb" "$dir/deb"
	sed -i "s/^Version: .*/Version: $1/" "$dir/deb/DEBIAN/control"
	echo '# One comment more.' >>"$dir/deb/$conf"
	dpkg-deb --root-owner-group -b "$dir/deb" "$root/tmp/new.deb" >/dev/null
}

package_is_what_make_install_is() {
	dpkg-deb -x "$deb" "$dir/deb"
	ZSH_COMPLETIONS=/usr/share/zsh/vendor-completions sh src/packaging/install.sh list | sed '/share\/man/s/$/.gz/' | sort >"$dir/listed"
	installed "$dir/deb" | grep -v -e /usr/share/doc/ -e /usr/share/lintian/ | diff "$dir/listed" - || fail 'other files'
	dpkg-deb -c "$deb" | grep -v ' root/root ' && fail 'not all of it is root'"'"'s'
	cmp "$dir/deb/usr/sbin/rd-recovery" "$payload" || fail 'built again from its own sources it is another payload'
}

package_installs_upgrades_and_purges_clean() {
	debian
	debian_listing >"$dir/before"
	cp "$deb" "$root/tmp/old.deb"
	inside dpkg -i /tmp/old.deb >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	grep -q '^Processing triggers for dracut' "$dir/out" || fail 'dracut is not told'
	[ -z "$(inside dpkg -V rd-recovery 2>&1)" ] || fail 'dpkg -V complains'
	[ "$(stat -c '%a %U:%G' "$root/$conf")" = '600 root:root' ] || fail 'the configuration is not for root alone'
	[ "$(inside rd-recovery --version)" = 'rd-recovery 0.1' ] || fail 'it does not start'
	changed_configuration_stays
	inside dpkg -r rd-recovery >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	debian_listing | diff "$dir/before" - | sed -nE 's/^[<>] (\S+) .*/\1/p' >"$dir/left"
	printf './%s\n' etc/grub.d etc/grub.d/42_rd-recovery etc/kernel/postinst.d/zz-rd-recovery etc/kernel/postrm.d/zz-rd-recovery \
		"$conf" "$conf.dpkg-dist" | diff - "$dir/left" || fail 'remove leaves more than the configuration, or less'
	mkdir -p "$root/var/lib/rd-recovery/run"
	inside dpkg -P rd-recovery >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	debian_listing | diff "$dir/before" - || fail 'purge leaves something'
}

changed_configuration_stays() {
	echo 'reset = no' >>"$root/$conf"
	cp "$root/$conf" "$dir/changed"
	# The same package again: no question, for its own file is as it was.
	inside dpkg -i /tmp/old.deb >"$dir/out" 2>&1 </dev/null || fail "$(cat "$dir/out")"
	cmp "$root/$conf" "$dir/changed" || fail 'changed when installed again'
	new_version 0.1-2
	inside dpkg -i --force-confdef --force-confold /tmp/new.deb >"$dir/out" 2>&1 </dev/null || fail "$(cat "$dir/out")"
	cmp "$root/$conf" "$dir/changed" || fail 'changed by an upgrade'
	[ "$(stat -c %a "$root/$conf" "$root/$conf.dpkg-dist" | uniq)" = 600 ] || fail 'modes after the upgrade'
}

installed_package_is_in_the_initramfs() {
	debian
	cp "$deb" "$root/tmp/old.deb"
	inside dpkg -i /tmp/old.deb >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	inside dracut --quiet --no-kernel --no-hostonly --no-compress --tmpdir /tmp --modules 'base rd-recovery' /tmp/initrd 1.0 >"$dir/out" 2>&1 ||
		fail "$(cat "$dir/out")"
	inside lsinitrd /tmp/initrd >"$dir/out" 2>&1
	grep -qE '^-rwxr-xr-x .* usr/sbin/rd-recovery$' "$dir/out" || fail 'no payload'
	grep -qE '^-rw------- .* etc/rd-recovery\.conf$' "$dir/out" || fail 'no configuration, or not for root alone'
	grep -qE ' usr/lib/rd-recovery/libxcrypt-.*\.tar\.xz$' "$dir/out" || fail 'no sources of libxcrypt'
	grep -q 'pre-pivot/80-*rd-recovery-pre-pivot.sh$' "$dir/out" || fail 'no hook'
}

# The tree with GRUB's tools, and a dracut that takes no time.
package_keeps_the_rescue_entries() {
	unshare -m sh tests/entries/layer.sh >"$dir.log" 2>&1 || fail "$(tail -n 5 "$dir.log")"
	debian "../entries/layer:$top/build/qemu/systemd"
	mkdir -p "$root/boot/grub"
	: >"$root/boot/grub/grub.cfg"
	echo 'root=/dev/vda1' >"$root/etc/kernel/cmdline"
	cp "$deb" "$root/tmp/old.deb"
	inside env INITRD= dpkg -i /tmp/old.deb >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	[ -f "$root/boot/rd-recovery/1/manifest" ] || fail "no image: $(cat "$dir/out")"
	grep -q '^menuentry .Recover a lost login' "$root/boot/grub/grub.cfg" || fail 'not in the menu'
	inside dpkg -r rd-recovery >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
	[ ! -e "$root/boot/rd-recovery" ] || fail 'the image is left'
	! grep 'Recover a lost login' "$root/boot/grub/grub.cfg" || fail 'the menu still has it'
}

ebuild_installs_what_make_install_does() {
	bash -n "$ebuild" || fail 'no bash'
	mkdir "$dir/distfiles"
	for _archive in libxcrypt.tar.xz bearssl.tar.xz util-linux.tar.xz zlib.tar.bz2; do
		_name=${_archive%%.*}
		_file=$(sed -nE "s,.*/$_name/($_name.*)\$,\1,p" "$ebuild")
		cp "build/sources/$_archive" "$dir/distfiles/$_file"
	done
	DISTDIR=$dir/distfiles WORKDIR=$dir bash tests/install/portage-double.sh "$PWD/$ebuild" "$PWD" "$dir/image" src_install pkg_postinst pkg_prerm >"$dir/out" 2>&1 ||
		fail "$(cat "$dir/out")"
	listed >"$dir/listed"
	installed "$dir/image" | diff "$dir/listed" - || fail 'other files'
}

versions_agree() {
	_version=$(sed -n 's/^VERSION *:= //p' Makefile)
	[ -f "src/packaging/gentoo/sys-apps/rd-recovery/rd-recovery-$_version.ebuild" ] || fail 'the ebuild'
	[ "$(sed -nE '1s/.*\((.*)-[0-9]+\).*/\1/p' src/packaging/debian/changelog)" = "$_version" ] || fail 'the changelog'
	[ "$("$payload" --version)" = "rd-recovery $_version" ] || fail 'the payload'
}

cases='install_is_what_the_table_says uninstall_leaves_nothing uninstall_keeps_the_folders_of_others
	own_configuration_is_never_overwritten dracut_module_finds_the_payload dracut_module_takes_what_a_report_needs
	manuals_render_without_a_complaint manual_names_every_command_and_option manual_gives_each_command_its_options
	manual_and_schema_name_every_member_of_the_report manuals_name_every_key_and_parameter configuration_file_explains_every_key configuration_file_is_right_when_uncommented
	bash_offers_every_word zsh_offers_every_word fish_offers_every_word entry_tool_is_completed_and_documented versions_agree ebuild_installs_what_make_install_does
	package_is_what_make_install_is package_installs_upgrades_and_purges_clean package_keeps_the_rescue_entries installed_package_is_in_the_initramfs'

if [ "${1-}" = --one ]; then
	dir=$work/$2
	mkdir -p "$dir"
	mount -t tmpfs install-test "$dir"
	mount -t tmpfs install-test /run
	"$2"
	exit
fi

[ "$(id -u)" -eq 0 ] || {
	echo 'tests/install: needs root' >&2
	exit 2
}
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
case $* in
*package*)
	sh "$top/qemu/image.sh" trees || exit 1
	# Without it its cases fail.
	make -s deb >build/deb.log 2>&1 || tail -n 20 build/deb.log
	;;
esac
run_cases "$work" "$@"
