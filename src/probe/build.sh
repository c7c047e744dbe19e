#!/bin/sh
# build.sh BITS FILE: the probe for this machine's programs of 64 or 32 bits; an empty file where there are none.
set -eu

bits=${1:?} file=${2:?}
mkdir -p "$(dirname "$file")"
: >"$file"
[ "$(uname -m)" = x86_64 ] || exit 0
stub=$file.so
# gcc makes strlen calls of loops, and there is no strlen. No PT_INTERP is needed: the loader is started by name. norelro: it would pad
# what the payload carries to a page.
flags="-m$bits -Os -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -fno-stack-protector
	-fno-asynchronous-unwind-tables -fcf-protection=none -nostdlib -nostartfiles
	-Wl,--no-as-needed,--build-id=none,--hash-style=sysv,-z,noseparate-code,-z,max-page-size=4096,-z,noexecstack,-z,now,-z,norelro,-s"
# shellcheck disable=SC2086 # a list of words
gcc $flags -fPIC -shared -Wl,-soname,librd-asked.so -o "$stub" src/probe/stub.c
# shellcheck disable=SC2086
gcc -Wall -Wextra $flags -fPIE -pie -o "$file" src/probe/probe.c "$stub"
rm -f "$stub"
