#!/bin/sh
# install.sh install|uninstall|list: the program's files below DESTDIR, by one table of what goes where. Run in the top folder.
# In the environment: DESTDIR, PREFIX (/usr), DRACUT_MODULES (dracut looks nowhere else), ZSH_COMPLETIONS (a distribution may have its own).
# An /etc/rd-recovery.conf that is there is never overwritten, and one that was changed stays.
set -eu

DESTDIR=${DESTDIR-} PREFIX=${PREFIX-/usr}
PREFIX=${PREFIX%/} DESTDIR=${DESTDIR%/}
conf=/etc/rd-recovery.conf

# Mode, source, target. What comes after a double slash belongs to no system as such: uninstall removes it when it is empty.
table() {
	echo "0755 build/rd-recovery $PREFIX/sbin/rd-recovery"
	for _file in dracut-module/90rd-recovery/*; do
		case $_file in *.sh) _mode=0755 ;; *) _mode=0644 ;; esac
		echo "$_mode $_file ${DRACUT_MODULES:-/usr/lib//dracut/modules.d}/90rd-recovery/${_file##*/}"
	done
	echo "0755 initramfs/mkinitramfs.sh $PREFIX/lib//rd-recovery/mkinitramfs"
	echo "0644 build/sources/libxcrypt-4.4.33-autotools.tar.xz $PREFIX/share//rd-recovery/libxcrypt-4.4.33-autotools.tar.xz"
	echo "0644 src/packaging/report.schema.json $PREFIX/share//rd-recovery/report.schema.json"
	echo "0755 src/entries/rd-recovery-entry.sh $PREFIX/sbin/rd-recovery-entry"
	for _file in words grub boot slots build uki; do
		echo "0644 src/entries/$_file.sh $PREFIX/lib//rd-recovery/$_file.sh"
	done
	echo "0755 src/entries/42_rd-recovery.sh /etc//grub.d/42_rd-recovery"
	echo "0755 src/entries/92-rd-recovery.install.sh /usr/lib//kernel/install.d/92-rd-recovery.install"
	for _dir in postinst.d postrm.d; do
		echo "0755 src/entries/zz-rd-recovery.sh /etc//kernel/$_dir/zz-rd-recovery"
	done
	echo "0600 src/packaging/rd-recovery.conf $conf"
	for _file in src/man/*.[578]; do
		echo "0644 $_file $PREFIX/share/man//man${_file##*.}/${_file##*/}"
	done
	for _name in rd-recovery rd-recovery-entry; do
		echo "0644 src/packaging/completion/$_name.bash $PREFIX/share//bash-completion/completions/$_name"
		echo "0644 src/packaging/completion/$_name.zsh ${ZSH_COMPLETIONS:-$PREFIX/share//zsh/site-functions}/_$_name"
		echo "0644 src/packaging/completion/$_name.fish $PREFIX/share//fish/vendor_completions.d/$_name.fish"
	done
}

install_file() {
	if [ "$3" = "$conf" ] && { [ -e "$DESTDIR$3" ] || [ -L "$DESTDIR$3" ]; }; then
		echo "$DESTDIR$3 is there: left as it is"
	else
		install -D -m "$1" "$2" "$DESTDIR$3"
	fi
}

uninstall_file() {
	if [ "$3" = "$conf" ] && [ -e "$DESTDIR$3" ] && ! cmp -s "$2" "$DESTDIR$3"; then
		echo "$DESTDIR$3 was changed: it stays"
		return
	fi
	rm -f "$DESTDIR$3"
	case $3 in
	*//*) ;;
	*) return ;;
	esac
	_inner=${3#*//}
	# Gone already with an earlier file of the same folder: nothing to do.
	[ ! -d "$DESTDIR${3%/*}" ] || (cd "$DESTDIR${3%%//*}" && rmdir -p --ignore-fail-on-non-empty "${_inner%/*}")
}

list_file() {
	echo "$1 $3" | sed 's,//,/,'
}

case ${1-} in
install | uninstall | list) ;;
*) echo 'usage: install.sh install|uninstall|list' >&2 && exit 2 ;;
esac
files=$(table)
# Of the running system the rescue entries too: without the program nobody else would.
if [ "$1$DESTDIR" = uninstall ] && [ -x "$PREFIX/sbin/rd-recovery-entry" ]; then
	"$PREFIX/sbin/rd-recovery-entry" remove && echo "regenerate GRUB's menu, if it names rd-recovery"
fi
echo "$files" | while read -r mode source target; do
	"$1_file" "$mode" "$source" "$target"
done
[ "$1" != install ] || echo "installed${DESTDIR:+ in $DESTDIR}; what puts it into the boot menu: rd-recovery-entry update"
if [ "$1" = uninstall ] && [ -d "$DESTDIR/var/lib/rd-recovery" ]; then
	echo "$DESTDIR/var/lib/rd-recovery holds what undoes earlier runs, and known-good copies: it stays"
fi
