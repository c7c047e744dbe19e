# rd-recovery(8): completion for fish. boot is the initramfs's own and is not offered.

function __rd_recovery_runs
    for journal in /var/lib/rd-recovery/*/journal
        basename (dirname $journal)
    end
end

function __rd_recovery_reports
    for dir in {/boot,/boot/efi,/efi,/var/log,/run}/*-recovery-logs-*
        string replace -r '.*-recovery-logs-' '' $dir
    end
end

set -l commands run diagnose rollback capture status verify report hash password help
complete -c rd-recovery -f
set -l none "not __fish_seen_subcommand_from $commands"
complete -c rd-recovery -n $none -a run -d 'the eight phases: find out, repair, prove, leave a record'
complete -c rd-recovery -n $none -a diagnose -d 'print findings, write nothing'
complete -c rd-recovery -n $none -a rollback -d 'undo the changes of a run'
complete -c rd-recovery -n $none -a capture -d 'keep known-good copies of a system that works'
complete -c rd-recovery -n $none -a status -d 'is the rescue entry there and fit'
complete -c rd-recovery -n $none -a verify -d 'compare the installed files with the package database'
complete -c rd-recovery -n $none -a report -d 'tell the story of a past run'
complete -c rd-recovery -n $none -a hash -d 'make a password_hash line of a password on standard input'
complete -c rd-recovery -n $none -a password -d 'set a password by the hash on standard input, no more'
complete -c rd-recovery -n $none -a help -d 'print a summary'
complete -c rd-recovery -n $none -l help -d 'print a summary'
complete -c rd-recovery -n $none -l version -d 'print the version'

set -l seen __fish_seen_subcommand_from
complete -c rd-recovery -n "$seen run diagnose rollback capture status verify report" -l root -x -a '(__fish_complete_directories)' -d 'the root of the target'
complete -c rd-recovery -n "$seen run diagnose rollback status verify report" -l json -d 'the result as JSON'
complete -c rd-recovery -n "$seen run diagnose" -l user -x -a '(__fish_complete_users)' -d 'whose login is meant'
complete -c rd-recovery -n "$seen run diagnose status verify report" -l timeout -x -d 'limit of one operation, seconds'
complete -c rd-recovery -n "$seen run diagnose rollback capture status verify password" -l root -x -a '(__fish_complete_directories)' -d 'the root of the target'
complete -c rd-recovery -n "$seen run diagnose rollback status verify" -l json -d 'the result as JSON'
complete -c rd-recovery -n "$seen run diagnose password" -l user -x -a '(__fish_complete_users)' -d 'whose login is meant'
complete -c rd-recovery -n "$seen run diagnose status verify password" -l timeout -x -d 'limit of one operation, seconds'
complete -c rd-recovery -n "$seen run" -l boot -x -a '(__fish_complete_directories)' -d 'where the log folder goes'
complete -c rd-recovery -n "$seen status" -l boot -x -a '(__fish_complete_directories)' -d 'where the rescue image lies'
complete -c rd-recovery -n "$seen run" -l password -x -a 'auto generate keep config file:' -d 'what may happen to the password'
complete -c rd-recovery -n "$seen run" -l phases -x -a '1 2 3 4 5 6 7 8' -d 'only these phases'
complete -c rd-recovery -n "$seen run" -l config -r -F -d 'the configuration file'
complete -c rd-recovery -n "$seen run" -l capture -x -a '(__fish_complete_directories)' -d 'known-good copies'
complete -c rd-recovery -n "$seen run" -l build-timeout -x -d 'limit of one package build, seconds'
complete -c rd-recovery -n "$seen capture" -l output -x -a '(__fish_complete_directories)' -d 'where the copies go'
complete -c rd-recovery -n "$seen verify" -l deep -d 'read every byte'
complete -c rd-recovery -n "$seen report" -l list -d 'name the runs'
complete -c rd-recovery -n "$seen report" -a '(__rd_recovery_reports)' -d run
complete -c rd-recovery -n "$seen rollback" -l forget -d 'remove what was kept for the run'
complete -c rd-recovery -n "$seen rollback" -a '(__rd_recovery_runs)' -d run
