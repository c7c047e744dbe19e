#!/bin/sh
# The boot failed before a run could start: the payload diagnoses what it can reach. Once; never at shutdown, never in the shell a run opened.

# shellcheck source=/dev/null # of the initramfs
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh

# shellcheck disable=SC2154 # action is set by dracut's emergency_shell
if [ "${action:-Boot}" = Boot ] && [ ! -e /run/rd-recovery.started ] && getarg rd.recovery > /dev/null; then
    : > /run/rd-recovery.started
    command -v plymouth > /dev/null && plymouth quit
    /usr/sbin/rd-recovery boot --stage emergency < /dev/null > /dev/null || :
fi
