#!/bin/sh
# 92-rd-recovery.install: kernel-install(8)'s plugin: each new kernel gets a fresh rescue image. A kernel is never refused for want of one.
set -u

command -v rd-recovery-entry >/dev/null || exit 0
# In a Debian kernel package the hook beside this one has done it already, or will.
[ -z "${DEB_MAINT_PARAMS-}" ] || [ ! -x /etc/kernel/postinst.d/zz-rd-recovery ] || exit 0

case ${1-} in
add) rd-recovery-entry update --not-older ${4:+--kernel "$4"} "${2:?}" ;;
remove) rd-recovery-entry remove "${2:?}" ;;
esac || echo "rd-recovery: no fresh rescue image for $2" >&2
exit 0
