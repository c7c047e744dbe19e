#!/bin/sh
# Root is mounted, switch_root is to come: the run. The boot goes on afterwards whatever the payload says.

# shellcheck source=/dev/null # of the initramfs
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh

# shellcheck disable=SC3043 # dracut runs hooks in shells that have local
rd_recovery_pre_pivot() {
    local _status=0
    # The consoles are the payload's now: no splash, no lines of systemd over its text (SIGRTMIN+21 stops them, +20
    # lets them come back; by number, for not every shell has the names).
    command -v plymouth > /dev/null && plymouth quit
    [ -n "$DRACUT_SYSTEMD" ] && kill -55 1
    : > /run/rd-recovery.started
    /usr/sbin/rd-recovery boot --stage pre-pivot < /dev/null > /dev/null || _status=$?
    [ -n "$DRACUT_SYSTEMD" ] && kill -54 1
    # In a shell of its own: it may exit, and this one may be pid 1.
    if [ "$_status" -eq 64 ] && getargbool 1 rd.shell; then
        (emergency_shell -n rd-recovery 'rd-recovery: the shell that rd.recovery.after=shell asked for; exit continues the boot')
    fi
    return 0
}

if getarg rd.recovery > /dev/null; then
    rd_recovery_pre_pivot
fi
