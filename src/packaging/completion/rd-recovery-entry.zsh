#compdef rd-recovery-entry
# rd-recovery-entry(8): completion for zsh.

_arguments \
    '1:command:((update\:"copy a kernel, build the initramfs, write the entries" remove\:"remove all of it" uki\:"all of it in one .efi" help\:"print a summary"))' \
    '2:kernel version:(${(f)"$(print -rl -- /lib/modules/*(N:t))"})' \
    '--image=[what builds the initramfs]:builder:(dracut self)' \
    '--kernel=[the kernel itself]:file:_files' \
    '--not-older[the image of a newer kernel stays]' \
    '--root=[the system meant]:folder:_files -/' \
    '--boot=[where kernel and initramfs go]:folder:_files -/'
