#!/bin/bash
# rd-recovery: the payload, the hooks that start it, and what was known good when this initramfs was built.
# shellcheck disable=SC2154 # moddir, initdir and systemdsystemunitdir are set by dracut

# The payload lies beside this file or is installed in the system; neither: no module.
rd_recovery_payload() {
    local _file
    for _file in "$moddir/rd-recovery" "${dracutsysrootdir-}"/usr/{,local/}sbin/rd-recovery; do
        [[ -x $_file ]] && printf '%s' "$_file" && return 0
    done
    return 1
}

# called by dracut
check() {
    [[ ${mount_needs-} ]] && return 1
    rd_recovery_payload > /dev/null
}

# called by dracut
depends() {
    echo base
}

# Does the configuration name a server that reports are sent to?
rd_recovery_reports() {
    grep -qsE '^[[:space:]]*report[[:space:]]*=' "${dracutsysrootdir-}/etc/rd-recovery.conf"
}

# called by dracut
installkernel() {
    # Trials, and what a target's /boot, ESP, /var and /home may lie on, whatever root is.
    hostonly='' instmods overlay ext4 xfs btrfs f2fs vfat nls_cp437 nls_iso8859-1 nls_ascii nls_utf8
    # The payload makes its own network for a report. dracut's module network would hold every boot up for one, and where it or a program of
    # its own is not installed, whoever depends on it is left out, too.
    ! rd_recovery_reports || instmods =drivers/net/ethernet =drivers/net/phy =drivers/net/usb =drivers/net/hyperv virtio_net vmxnet3 xen-netfront
}

# What a report needs beside its address: the authorities, in their place, and names that no server of names knows.
rd_recovery_report() {
    local _file _ca
    _ca=$(sed -nE 's|^[[:space:]]*report_ca[[:space:]]*=[[:space:]]*(/.*[^[:space:]])[[:space:]]*$|\1|p' "${dracutsysrootdir-}/etc/rd-recovery.conf" | tail -n 1)
    [[ -f ${dracutsysrootdir-}$_ca ]] || derror "rd-recovery: ${_ca:-no report_ca}: no such file, so no report will be sent"
    for _file in "$_ca" /etc/hosts; do
        [[ -f ${dracutsysrootdir-}$_file ]] && command install -D -m 0644 "${dracutsysrootdir-}$_file" "$initdir$_file"
    done
    return 0
}

# Known-good copies: the payload takes them if the system is healthy. If it is not, those of the last healthy time stay, which is why
# they are kept in the system too. A build never fails for want of them.
rd_recovery_capture() {
    local _said _line _kept=${dracutsysrootdir-}/var/lib/rd-recovery/capture
    if ! _said=$("$1" capture --root "${dracutsysrootdir:-/}" --output "$_kept" 2>&1 < /dev/null); then
        while read -r _line; do
            derror "rd-recovery: $_line"
        done <<< "$_said"
    fi
    [[ -f $_kept/manifest ]] && cp -R "$_kept" "$initdir/usr/lib/rd-recovery/capture"
}

# called by dracut
install() {
    local _payload _file _stage
    _payload=$(rd_recovery_payload) || return 1
    command install -D -m 0755 "$_payload" "$initdir/usr/sbin/rd-recovery"
    mkdir -p "$initdir/usr/lib/rd-recovery"
    rd_recovery_capture "$_payload"
    for _file in "${dracutsysrootdir-}"/usr/{,local/}share/rd-recovery/libxcrypt-*.tar.*; do
        [[ -f $_file ]] && cp -f "$_file" "$initdir/usr/lib/rd-recovery/"
    done
    # dracut strips what is executable: the copies must stay what was captured.
    find "$initdir/usr/lib/rd-recovery" -type f -exec chmod 0600 {} +
    _file=${dracutsysrootdir-}/etc/rd-recovery.conf
    [[ -f $_file ]] && command install -D -m 0600 "$_file" "$initdir/etc/rd-recovery.conf"
    ! rd_recovery_reports || rd_recovery_report

    # 00: before another pre-mount hook can mount anything. 80: after /usr is mounted (50), before plymouth moves on (90).
    inst_hook pre-mount 00 "$moddir/rd-recovery-pre-mount.sh"
    inst_hook pre-pivot 80 "$moddir/rd-recovery-pre-pivot.sh"
    for _stage in emergency shutdown-emergency; do
        inst_hook "$_stage" 80 "$moddir/rd-recovery-emergency.sh"
    done
    if dracut_module_included "systemd"; then
        inst_simple "$moddir/no-timeout.conf" "$systemdsystemunitdir/dracut-pre-pivot.service.d/rd-recovery.conf"
        inst_simple "$moddir/no-timeout.conf" "$systemdsystemunitdir/dracut-pre-mount.service.d/rd-recovery.conf"
    fi
}
