#!/bin/sh
# Before root is mounted, even read-only: the payload looks for a hibernation image. Finding one it ends the boot here; status 64: by a shell.

# shellcheck source=/dev/null # of the initramfs
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh

rd_recovery_pre_mount() {
    /usr/sbin/rd-recovery boot --stage pre-mount < /dev/null > /dev/null
    [ $? -eq 64 ] || return 0
    emergency_shell -n rd-recovery 'rd-recovery: a hibernated system: mount nothing of it; exit restarts the machine'
    # Going on would mount root.
    echo b > /proc/sysrq-trigger
}

if getarg rd.recovery > /dev/null; then
    rd_recovery_pre_mount
fi
