#!/bin/sh
# Before root is mounted, even read-only: the payload looks for a hibernation image. Finding one it ends the machine; status 64: it could
# not, or a shell was asked for.

# shellcheck source=/dev/null # of the initramfs
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh

# shellcheck disable=SC3043 # dracut runs hooks in shells that have local
rd_recovery_pre_mount() {
    local _status=0
    /usr/sbin/rd-recovery boot --stage pre-mount < /dev/null > /dev/null || _status=$?
    [ "$_status" -eq 64 ] || return 0
    # The shell's emergency hooks must not look at disks, and must not end this one.
    : > /run/rd-recovery.started
    if getargbool 1 rd.shell; then
        (emergency_shell -n rd-recovery 'rd-recovery: a hibernated system: mount nothing of it; exit restarts the machine')
    fi
    # Going on would mount root.
    while :; do
        echo b > /proc/sysrq-trigger
        reboot -f
        sleep 5
    done
}

if getarg rd.recovery > /dev/null; then
    rd_recovery_pre_mount
fi
