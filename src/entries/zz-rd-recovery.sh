#!/bin/sh
# zz-rd-recovery: in /etc/kernel/postinst.d and postrm.d: each new kernel gets a fresh rescue image, before GRUB's menu is made. A kernel is
# never refused for want of one.
set -u

command -v rd-recovery-entry >/dev/null || exit 0
[ -n "${1-}" ] && [ "${INITRD-}" != No ] || exit 0
# Once for each package operation, as dracut's hook does it.
what=$(echo "${DEB_MAINT_PARAMS-}" | tr -d "'" | cut -d ' ' -f 1)

case $0:$what in
*/postinst.d/*: | */postinst.d/*:configure) rd-recovery-entry update --not-older ${2:+--kernel "$2"} "$1" ;;
*/postrm.d/*: | */postrm.d/*:remove) rd-recovery-entry remove "$1" ;;
esac || echo "rd-recovery: no fresh rescue image for $1" >&2
exit 0
