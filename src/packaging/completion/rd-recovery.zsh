#compdef rd-recovery
# rd-recovery(8): completion for zsh. boot is the initramfs's own and is not offered.

_rd_recovery() {
    local -a commands root user timeout reports
    local context state state_descr line
    typeset -A opt_args

    commands=(
        'run:the eight phases - find out, repair, prove, leave a record'
        'diagnose:print findings, write nothing'
        'rollback:undo the changes of a run'
        'capture:keep known-good copies of a system that works'
        'status:is the rescue entry there and fit'
        'verify:compare the installed files with the package database'
        'report:tell the story of a past run'
        'hash:make a password_hash line of a password on standard input'
        'password:set a password by the hash on standard input, no more'
        'help:print a summary'
        '--help:print a summary'
        '--version:print the version'
    )
    root=('--root=[the root of the target]:folder:_files -/')
    user=('--user=[whose login is meant]:user:_users')
    timeout=('--timeout=[limit of one operation]:seconds')
    reports=('--json[the result as JSON]')

    if ((CURRENT == 2)); then
        _describe -V command commands
        return
    fi
    case $words[2] in
    run)
        shift words
        ((CURRENT--))
        _arguments $root $user $timeout $reports \
            '--boot=[where the log folder goes]:folder:_files -/' \
            '--password=[what may happen to the password]:mode:(auto generate keep config file\:)' \
            '--phases=[only these phases]:list:_sequence compadd - 1 2 3 4 5 6 7 8' \
            '--config=[the configuration file]:file:_files' \
            '--capture=[known-good copies]:folder:_files -/' \
            '--build-timeout=[limit of one package build]:seconds'
        ;;
    diagnose)
        shift words
        ((CURRENT--))
        _arguments $root $user $timeout $reports
        ;;
    rollback)
        shift words
        ((CURRENT--))
        _arguments $root $reports '--forget[remove what was kept for the run]' \
            '1:run:(${${(f)"$(print -rl -- ${${opt_args[--root]:-/}%/}/var/lib/rd-recovery/*/journal(N:h:t))"}})'
        ;;
    capture)
        shift words
        ((CURRENT--))
        _arguments $root '--output=[where the copies go]:folder:_files -/'
        ;;
    status)
        shift words
        ((CURRENT--))
        _arguments $root $timeout $reports '--boot=[where the rescue image lies]:folder:_files -/'
        ;;
    password)
        shift words
        ((CURRENT--))
        _arguments $root $user $timeout
        ;;
    verify)
        shift words
        ((CURRENT--))
        _arguments $root $timeout $reports '--deep[read every byte]'
        ;;
    report)
        shift words
        ((CURRENT--))
        _arguments $root $timeout $reports '--list[name the runs]' \
            '1:run:(${${(f)"$(print -rl -- ${${opt_args[--root]:-/}%/}/{boot,boot/efi,efi,var/log}/*-recovery-logs-*(N:t) /run/*-recovery-logs-*(N:t))"}##*-recovery-logs-})'
        ;;
    esac
}

_rd_recovery "$@"
