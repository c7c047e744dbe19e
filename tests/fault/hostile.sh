#!/bin/sh
# hostile.sh [--jobs N] [--all] [CASE...]: whole roots that mean harm. A case PLACE@KIND is a small healthy root (small.sh) in which what stands at
# PLACE, something the payload reads, is of a hostile KIND. It is looked at (diagnose), and every seventh (--all: each) goes through a whole run
# and its rollback too. Each ends in time with an exit status that is defined; names the file; changes nothing beside the root, and diagnose nothing
# in it; loses nothing; and what the file says reaches no terminal, log or report as it is. Needs root. Last line: N passed, N failed.
# shellcheck disable=SC2034 # jobs: read by cases.sh
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
payload=$top/build/rd-recovery
work=$top/build/hostile-test
# shellcheck source=/dev/null
. "$top/tests/cases.sh"

# No sound system lacks these: whatever is wrong with one has to be said, by its name.
vital='etc/passwd etc/shadow etc/group etc/pam.d/login etc/pam.d/common-auth etc/nsswitch.conf usr/bin/login'
# These may be anything; what they are must not mislead.
other='etc/gshadow etc/pam.d/su etc/pam.d/other etc/fstab usr/lib/os-release etc/login.defs etc/ld.so.conf etc/ld.so.preload etc/ld.so.cache etc/shells
	etc/securetty etc/nologin etc/inittab etc/selinux/config etc/default/keyboard etc/pam.conf etc/passwd- etc/shadow- etc/passwd.lock
	usr/lib/systemd/system/getty@.service etc/systemd/system/display-manager.service usr/lib/sysusers.d/argo.conf etc/X11/default-display-manager
	var/lib/dpkg/status var/lib/dpkg/info/login.list var/lib/dpkg/statoverride var/lib/rd-recovery/sequence
	var/lib/rd-recovery/20200101-000000/journal var/lib/rd-recovery/capture/manifest var/log/wtmp boot/grub/grub.cfg home/argo usr/bin/su
	usr/sbin/unix_chkpwd usr/lib/x86_64-linux-gnu/libcrypt.so.1 usr/lib/x86_64-linux-gnu/security/pam_unix.so'
kinds='fifo socket device directory loop outside sparse nul utf8 escapes'
# Besides: the configuration (its place is the command line's to name), names that speak, and many.
more='etc/rd-recovery.conf@fifo etc/rd-recovery.conf@socket etc/rd-recovery.conf@device etc/rd-recovery.conf@directory etc/rd-recovery.conf@loop
	etc/rd-recovery.conf@sparse etc/rd-recovery.conf@nul etc/rd-recovery.conf@utf8 etc/rd-recovery.conf@escapes
	etc/pam.d@names usr/lib/sysusers.d@names var/lib/dpkg/info@names var/lib/rd-recovery@names home@names boot@names
	etc/passwd@million etc/shadow@million etc/group@million etc/pam.d/login@million'

fail() {
	echo "  $case: $*"
	sed 's/^/  > /' "$dir/out" 2>/dev/null | tail -n 30 | cat -v
	exit 1
}

# --- what means harm

speech=$(printf '\033]0;owned\007\033[2J\302\2331m\r\bx')
# Every line of what stood there says more than it did; a program says it when it is started, and fails.
speak() {
	if [ "$(head -c 4 "$dir/was" 2>/dev/null | tail -c 3)" = ELF ]; then
		printf '#!/bin/sh\nprintf "%%s\\n" "%s" "%s" >&2\nexit 1\n' "$1" "$1" >"$at"
		chmod 755 "$at"
	else
		[ -f "$dir/was" ] || echo x >"$dir/was"
		sed "s/\$/$1/" "$dir/was" >"$at"
	fi
}

hostile() {
	at=$root/$place
	mkdir -p "${at%/*}"
	cp -aT "$at" "$dir/was" 2>/dev/null
	[ "$kind" = names ] || rm -rf --one-file-system "$at"
	case $kind in
	fifo) mkfifo "$at" ;;
	socket) python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind(sys.argv[2])' "${at%/*}" "${at##*/}" ;;
	device) mknod "$at" c 1 5 ;; # /dev/zero, which never ends
	directory) mkdir "$at" && echo x >"$at/within" ;;
	loop) ln -s "${at##*/}" "$at" ;;
	outside) ln -s "../../../../../../../../../..$dir/beside/sentinel" "$at" ;;
	sparse) truncate -s 10G "$at" ;;
	nul)
		printf 'a\0b\0\n' >"$at"
		tr 'r\177' '\0\0' <"$dir/was" >>"$at" 2>/dev/null
		;;
	utf8) speak "$(printf '\377\376\355\240\200')" ;;
	escapes) speak "$speech" ;;
	names) for _name in "$speech" "$(printf '%s.list' "$speech")" "$(printf '%s.conf' "$speech")"; do echo "$speech" >"$at/$_name"; done ;;
	million) awk -v line="$(head -n 1 "$dir/was")" 'BEGIN { for (i = 0; i < 1000000; i++) print "u" i line }' >"$at" ;;
	esac
}

# --- what must not be

# listing FOLDER: all of it but logs and the payload's own folder.
listing() {
	(cd "$1" && {
		find . -xdev \( -path './boot/*-recovery-logs-*' -o -path ./var/lib/rd-recovery \) -prune -o \( -type f -printf '%p %y %m %U %G %s %T@\n' -o \
			-printf '%p %y %m %U %G %l\n' \)
		find . -xdev \( -path './boot/*-recovery-logs-*' -o -path ./var/lib/rd-recovery \) -prune -o -type f -size -2M -exec sha256sum {} +
	} | sort)
}

# No byte that a terminal obeys, in UTF-8 either, and nothing that is no UTF-8.
quiet() {
	[ "$(tr -d '\11\12\40-\176\200-\377' <"$1" | wc -c)" -eq 0 ] || fail "$2 obeys what a file said"
	iconv -f UTF-8 -t UTF-32LE "$1" >"$dir/wide" 2>/dev/null || fail "$2 is no UTF-8"
	! od -An -v -tx4 -w4 "$dir/wide" | grep -q ' 000000[89]' || fail "$2 holds C1 controls"
}

# payload STATUSES ARGUMENT...: in time, with one of these, and quietly. The limit is far behind the payload's own, which the machine's load stretches.
payload() {
	_statuses=$1
	shift
	timeout -s KILL 240 "$payload" "$@" </dev/null >"$dir/out" 2>&1
	_got=$?
	case " $_statuses " in *" $_got "*) ;; *) fail "$1 ended with $_got" ;; esac
	! grep -Eq ': (crashed|timed out)' "$dir/out" || fail "a phase of $1 crashed or hung"
	quiet "$dir/out" 'the terminal'
}

looks() {
	# what changes an overlay shows in its upper layer
	listing "$dir/upper" >"$dir/before"
	payload '0 1 3' diagnose --root "$root" --timeout 20
	listing "$dir/upper" | diff "$dir/before" - >"$dir/changed" || {
		cp "$dir/changed" "$dir/out"
		fail 'diagnose changed the root'
	}
	case " $vital " in *" $place "*)
		# a million groups of sound lines are no fault
		case $kind in escapes | utf8) ;; nul) [ "$place" = etc/nsswitch.conf ] ;; million) [ "$place" = etc/group ] ;; *) false ;; esac || grep -q "/${place#usr/bin/}" "$dir/out" || fail 'the file is not named'
		;;
	esac
}

recovers() {
	listing "$root" >"$dir/before"
	payload '0 1 3' run --root "$root" --password keep --timeout 20
	for _log in "$root"/boot/*-recovery-logs-*/*; do
		[ ! -f "$_log" ] || quiet "$_log" "${_log##*/}"
	done
	[ "$_got" -eq 3 ] || ! [ -d "$root/boot" ] || python3 -m json.tool "$root"/boot/*-recovery-logs-*/report.json >/dev/null || fail 'report.json is not JSON'
	[ "$_got" -eq 3 ] || [ "${place#var/lib/rd-recovery}" != "$place" ] || {
		# nothing changed, or all of it comes back
		timeout -s KILL 90 "$payload" rollback --root "$root" </dev/null >"$dir/out" 2>&1
		quiet "$dir/out" 'the terminal'
		listing "$root" | diff "$dir/before" - >"$dir/out" || fail 'after the rollback the root is not as before'
	}
}

# The configuration is read before anything else: a usage error, or none at all.
configures() {
	listing "$root" >"$dir/before"
	payload '0 1 2' run --root "$root" --config "$root/$place" --password keep --phases 1
	[ "$_got" -eq 2 ] || [ "$kind" = utf8 ] || fail "ended with $_got, not 2"
	[ "$_got" -ne 2 ] || grep -q "$place" "$dir/out" || fail 'the file is not named'
	[ "$_got" -ne 2 ] || listing "$root" | diff "$dir/before" - >/dev/null || fail 'a usage error changed the root'
}

one() {
	case=$1 place=${1%@*} kind=${1#*@}
	place=$(echo "$place" | tr % /)
	case=$place@$kind dir=$work/$1
	mkdir -p "$dir"
	mount -t tmpfs hostile "$dir"
	mkdir "$dir/upper" "$dir/work" "$dir/root" "$dir/beside"
	root=$dir/root
	_tree=systemd
	[ "$place" != etc/inittab ] || _tree=sysv
	mount -t overlay -o "lowerdir=$work.$_tree,upperdir=$dir/upper,workdir=$dir/work" over "$root"
	mount -t tmpfs run /run # where diagnose leaves its logs
	echo sentinel >"$dir/beside/sentinel"
	listing "$dir/beside" >"$dir/beside.was"
	hostile
	if [ "$place" = etc/rd-recovery.conf ]; then
		configures
	else
		looks
		[ "${2-}" != run ] || recovers
	fi
	[ "$(listing "$dir/beside")" = "$(cat "$dir/beside.was")" ] || fail 'something beside the root changed'
}

if [ "${1-}" = --one ]; then
	case $2 in
	*+run) one "${2%+run}" run ;;
	*) one "$2" ;;
	esac
	exit
fi

[ "$(id -u)" -eq 0 ] || {
	echo 'tests/fault: needs root' >&2
	exit 2
}
jobs=6 every=7
while :; do
	case ${1-} in
	--jobs) jobs=$2 && shift 2 ;;
	--all) every=1 && shift ;;
	*) break ;;
	esac
done
for tree in systemd sysv; do
	rm -rf --one-file-system "$work.$tree"
	sh "$here/small.sh" "$work.$tree" $tree || exit 1
done
if [ $# -eq 0 ]; then
	for place in $vital $other; do
		for kind in $kinds; do set -- "$@" "$place@$kind"; done
	done
	# shellcheck disable=SC2086 # a list of words
	set -- "$@" $more
fi
number=0
for case; do
	number=$((number + 1))
	[ $((number % every)) -eq 0 ] && run=+run || run=
	case $case in
	*.conf@* | *@million) run= ;;
	usr/*bin/*@escapes) run=+run ;; # only a run starts them
	esac
	case=$case$run
	echo "$case" | tr / %
done >"$work.list"
# shellcheck disable=SC2046 # a list of words
run_cases "$work" $(cat "$work.list")
