# rd-recovery(8): completion for bash. boot is the initramfs's own and is not offered.
# shellcheck shell=bash

_rd_recovery_words() {
    local _word
    while read -r _word; do
        COMPREPLY+=("$_word")
    done < <(compgen "$@")
}

# The runs that can be undone, where they may be read.
_rd_recovery_rollback_runs() {
    local _dir
    for _dir in "${1%/}"/var/lib/rd-recovery/*/; do
        [[ -e $_dir/journal ]] && basename "$_dir"
    done
}

# The runs that left logs.
_rd_recovery_report_runs() {
    local _dir
    for _dir in "${1%/}"/{boot,boot/efi,efi,var/log}/*-recovery-logs-*/ /run/*-recovery-logs-*/; do
        [[ -d $_dir ]] && _dir=${_dir%/} && echo "${_dir##*-recovery-logs-}"
    done
}

_rd_recovery() {
    local _cur=${COMP_WORDS[COMP_CWORD]} _prev=${COMP_WORDS[COMP_CWORD - 1]} _root=/ _options='' _i
    # bash makes three words of --root=/mnt.
    if [[ $_cur == = ]]; then
        _cur=
    elif [[ $_prev == = ]]; then
        _prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _rd_recovery_words -W 'run diagnose rollback capture status verify report hash password help --help --version' -- "$_cur"
        return
    fi
    case $_prev in
    --root | --boot | --capture | --output)
        compopt -o filenames
        _rd_recovery_words -d -- "$_cur"
        return
        ;;
    --config)
        compopt -o filenames
        _rd_recovery_words -f -- "$_cur"
        return
        ;;
    --user) _rd_recovery_words -u -- "$_cur" && return ;;
    --password) _rd_recovery_words -W 'auto generate keep config file:' -- "$_cur" && return ;;
    --phases) _rd_recovery_words -W '1 2 3 4 5 6 7 8' -- "$_cur" && return ;;
    --timeout | --build-timeout) return ;;
    esac
    case ${COMP_WORDS[1]} in
    run) _options='--root --boot --user --password --phases --config --capture --timeout --build-timeout --json' ;;
    diagnose) _options='--root --user --timeout --json' ;;
    rollback) _options='--root --forget --json' ;;
    capture) _options='--root --output' ;;
    status) _options='--root --boot --timeout --json' ;;
    verify) _options='--root --deep --timeout --json' ;;
    report) _options='--root --list --timeout --json' ;;
    password) _options='--root --user --timeout' ;;
    esac
    if [[ ${COMP_WORDS[1]} == @(rollback|report) && $_cur != -* ]]; then
        for ((_i = 2; _i < COMP_CWORD - 1; _i++)); do
            [[ ${COMP_WORDS[_i]} == --root ]] && _root=${COMP_WORDS[_i + 1]}
            [[ $_root == = ]] && _root=${COMP_WORDS[_i + 2]}
        done
        _options+=" $("_rd_recovery_${COMP_WORDS[1]}_runs" "$_root")"
    fi
    _rd_recovery_words -W "$_options" -- "$_cur"
}

complete -F _rd_recovery rd-recovery
