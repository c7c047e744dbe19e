# rd-recovery-entry(8): completion for bash.
# shellcheck shell=bash

_rd_recovery_entry() {
    local _cur=${COMP_WORDS[COMP_CWORD]} _prev=${COMP_WORDS[COMP_CWORD - 1]} _words=''
    COMPREPLY=()
    case $_prev in
    --root | --boot) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- "$_cur") && return ;;
    --kernel) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$_cur") && return ;;
    --image) _words='dracut self' ;;
    *)
        case $COMP_CWORD:${COMP_WORDS[1]} in
        1:*) _words='update remove uki help' ;;
        *:update) _words="--image --kernel --not-older --root --boot $(command ls /lib/modules 2>/dev/null)" ;;
        *:remove) _words="--root --boot $(command ls /lib/modules 2>/dev/null)" ;;
        *:uki) _words='--root --boot' ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$_words" -- "$_cur")
}

complete -F _rd_recovery_entry rd-recovery-entry
