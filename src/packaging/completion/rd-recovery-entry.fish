# rd-recovery-entry(8): completion for fish.

set -l commands update remove uki help
complete -c rd-recovery-entry -f
set -l none "not __fish_seen_subcommand_from $commands"
complete -c rd-recovery-entry -n $none -a update -d 'copy a kernel, build the initramfs, write the entries'
complete -c rd-recovery-entry -n $none -a remove -d 'remove all of it'
complete -c rd-recovery-entry -n $none -a uki -d 'all of it in one .efi'
complete -c rd-recovery-entry -n $none -a help -d 'print a summary'
complete -c rd-recovery-entry -l image -x -a 'dracut self' -d 'what builds the initramfs'
complete -c rd-recovery-entry -l kernel -r -F -d 'the kernel itself'
complete -c rd-recovery-entry -n '__fish_seen_subcommand_from update' -l not-older -d "a newer kernel's image stays"
complete -c rd-recovery-entry -l root -x -a '(__fish_complete_directories)' -d 'the system meant'
complete -c rd-recovery-entry -l boot -x -a '(__fish_complete_directories)' -d 'where kernel and initramfs go'
complete -c rd-recovery-entry -n '__fish_seen_subcommand_from update remove' -a '(command ls /lib/modules 2>/dev/null)' -d 'kernel version'
