#!/bin/sh
# build.sh: what the build promises of build/rd-recovery, and that it refuses sources it does not know. Last line: N passed, N failed.
set -eu

cd "$(dirname "$0")/.."
unset MAKEFLAGS MAKELEVEL MFLAGS
payload=build/rd-recovery
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
passed=0 failed=0

# claim WHAT COMMAND...
claim() {
	_what=$1
	shift
	if "$@" >"$dir/said" 2>&1; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "not ok $_what"
	tail -n 5 "$dir/said"
}

small() { [ "$(stat -c %s "$payload")" -le 819200 ]; }
no_interpreter() { ! readelf -lW "$payload" | grep -E 'INTERP|NEEDED'; }
is_pie() { readelf -hW "$payload" | grep 'Type:.*DYN'; }
full_relro() { readelf -lW "$payload" | grep GNU_RELRO && readelf -dW "$payload" | grep -E 'BIND_NOW|NOW'; }
no_executable_stack() { readelf -lW "$payload" | grep 'GNU_STACK.* RW  '; }
canaries() { [ "$(objdump -d "$payload" | grep -c '%fs:0x28')" -ge 50 ]; }
stripped() { ! readelf -SW "$payload" | grep -E '\.symtab|\.debug'; }

# The second build lies in another folder, with nothing of the first but the sources.
same_twice() {
	mkdir -p "$dir/tree/build/sources"
	cp -R Makefile src "$dir/tree/"
	make -C "$dir/tree" LIBXCRYPT_TARBALL="$PWD/build/sources/libxcrypt.tar.xz" \
		BEARSSL_TARBALL="$PWD/build/sources/bearssl.tar.xz" \
		UTIL_LINUX_TARBALL="$PWD/build/sources/util-linux.tar.xz" \
		ZLIB_TARBALL="$PWD/build/sources/zlib.tar.bz2" build/rd-recovery
	cmp "$payload" "$dir/tree/build/rd-recovery"
}

refuses_other_sources() {
	_is=$(sha256sum <README.md | cut -d ' ' -f 1)
	mkdir -p "$dir/wrong"
	cp -R Makefile src "$dir/wrong/"
	! make -C "$dir/wrong" "$1=$PWD/README.md" build/rd-recovery >"$dir/refused" 2>&1 || return 1
	grep "$_is" "$dir/refused" && grep "expected SHA-256 $2" "$dir/refused"
}

# On a machine that lacks them, for a user who may install nothing.
names_missing_packages() {
	mkdir "$dir/stub"
	# shellcheck disable=SC2016 # that script's own
	printf '#!/bin/sh\n[ "$4" = gcc ] && echo installed\n' >"$dir/stub/dpkg-query"
	printf '#!/bin/sh\necho 1000\n' >"$dir/stub/id"
	printf '#!/bin/sh\nexit 1\n' >"$dir/stub/sudo"
	chmod 755 "$dir/stub"/*
	_status=0
	PATH=$dir/stub:$PATH sh src/build/deps.sh gcc musl-tools check >"$dir/missing" 2>&1 || _status=$?
	cat "$dir/missing"
	[ "$_status" -eq 2 ] && grep -q 'please install: musl-tools check$' "$dir/missing"
}

# keys LAYOUT LETTERS: the key that each of the letters is on, without Shift.
keys() {
	xkbcli compile-keymap --layout "$1" | tr -d ' \t\n' | tr ';' '\n' | sed -nE 's/^.*key<(A[A-E][0-9]+)>\{.*\[([a-z]),.*/\2 \1/p' |
		grep "^[$2] " | sort
}

# A keymap that is not loaded must not matter. The control: of all the letters it is not so.
letters_do_not_move() {
	_letters=$(sed -nE 's/.*char letters\[\] = "([a-z]+)";/\1/p' src/base/hash.c)
	[ "$(keys us "$_letters" | wc -l)" -eq 16 ] || return 1
	[ "$(keys us a-z)" != "$(keys fr a-z)" ] || return 1
	for _layout in gb ie ca de at ch fr be es pt latam br it nl se no dk "fi" is pl cz sk hu hr si ro ee lv lt tr jp kr; do
		echo "$_layout"
		[ "$(keys us "$_letters")" = "$(keys "$_layout" "$_letters")" ] || return 1
	done
}

claim 'the letters of a new password lie on the same keys everywhere' letters_do_not_move
claim 'the payload has at most 800 KiB' small
claim 'the payload names no interpreter' no_interpreter
claim 'the payload is position independent' is_pie
claim 'the payload has full RELRO' full_relro
claim 'the stack is not executable' no_executable_stack
claim 'the stack is guarded' canaries
claim 'the payload is stripped' stripped
claim 'two builds are identical' same_twice
claim 'another libxcrypt stops the build, both sums printed' refuses_other_sources \
	LIBXCRYPT_TARBALL 5e2da5cb5f263e9ac4c4b3f49c75e3b8523889210f45c60bb7e97b229c75a10b
claim 'another BearSSL stops the build, both sums printed' refuses_other_sources BEARSSL_TARBALL \
	102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
claim 'another util-linux stops the build, both sums printed' refuses_other_sources UTIL_LINUX_TARBALL \
	60492a19b44e6cf9a3ddff68325b333b8b52b6c59ce3ebd6a0ecaa4c5117e84f
claim 'another zlib stops the build, both sums printed' refuses_other_sources ZLIB_TARBALL \
	71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
claim 'what is missing and may not be installed is named' names_missing_packages
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
