#!/bin/sh
# doors.sh [CASE...]: no repair opens a door, and no secret leaves its place; on small roots (small.sh). A run is traced (strace) from its first
# program to its last: every argument, every environment, every byte that is written, then every file. Needs root. Last line: N passed, N failed.
# shellcheck disable=SC2034 # jobs: read by cases.sh
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
payload=$top/build/rd-recovery
work=$top/build/doors-test
right=correct-horse-9
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/tests/cases.sh"
# shellcheck source=/dev/null
. "$top/tests/fleet/certificates.sh"

fail() {
	echo "  $*"
	tail -n 20 "$dir/out" 2>/dev/null | cat -v | sed 's/^/  > /'
	exit 1
}

# --- a run and what it wrote

# recover ARGUMENT...: a run on a terminal of its own; what that showed is in $dir/out. $before: what stands before the payload.
before=
recover() {
	TERM=dumb timeout -s KILL 300 script -qec "exec $before $payload run --root $root $*" /dev/null </dev/null >"$dir/out" 2>&1
	_got=$?
}

# Every call that hands bytes on, with the names of what they go to, and every program's arguments and environment.
traced() {
	mkdir "$dir/trace"
	before="strace -ff -y -v -qq -s 1000000 -e trace=execve,execveat,write,writev,pwrite64,pwritev,sendto,sendmsg,sendfile -e signal=none -o $dir/trace/t"
	recover "$@"
	before=
	[ "$(cat "$dir"/trace/t.* | grep -c execve)" -gt 5 ] || fail 'nothing was traced'
}

new_password() {
	sed -n 's/^.*new password for argo: \([a-z ]*\).*$/\1/p' "$dir/out" | head -n 1 | tr -d ' '
}

# hash_of FILE
hash_of() {
	sed -n 's/^argo:\([^:]*\):.*/\1/p' "$1"
}

# A password goes to terminals and to the pipe of a helper that is asked, nowhere else; it is no program's argument or environment.
password_stays() {
	[ ${#1} -ge 8 ] || fail "no password to look for: $1"
	cat "$dir"/trace/t.* >"$dir/all"
	_shown=$(echo "$1" | sed 's/..../& /g; s/ $//')
	grep -qF -- "$1" "$dir/all" || fail 'the trace does not show what it should: the canary types the password'
	! grep -F -e "$1" -e "$_shown" -- "$dir/all" | grep -E '^exec' || fail 'the password is an argument or in an environment'
	grep -F -e "$1" -e "$_shown" -- "$dir/all" | grep -vE '^write\([0-9]+<(pipe:\[[0-9]+\]|/dev/(tty|ptmx|pts/[a-z0-9]+|console)(<[^>]*>)?|/dev/tty[0-9S]*|[^>]*/(dev/pts/ptmx|pts/ptmx|ptmx)(<[^>]*>)?)>,' |
		cut -c 1-160 >"$dir/strange"
	[ ! -s "$dir/strange" ] || fail "the password is written to $(cat "$dir/strange")"
	_in=$(grep -rlaF -e "$1" -e "$_shown" -- "$root" /run "$dir/upper" 2>/dev/null)
	[ -z "$_in" ] || fail "the password is in $_in"
}

# A hash lies in shadow, shadow- and the journal's copies of them; on its way there, in their temporary names.
hash_stays() {
	[ ${#1} -ge 13 ] || fail "no hash to look for: $1"
	! grep -F -- "$1" "$dir"/trace/t.* | grep -E ':exec' || fail 'the hash is an argument or in an environment'
	grep -hF -- "$1" "$dir"/trace/t.* | grep -vE '^(write|pwrite64)\([0-9]+<(pipe:\[[0-9]+\]|[^>]*(/etc/\.rd-recovery\.[^>/]*|/etc/(shadow-?|passwd-?)|/var/lib/rd-recovery/[^>]*\.data|/etc/nshadow))>,' |
		cut -c 1-160 >"$dir/strange"
	[ ! -s "$dir/strange" ] || fail "the hash is written to $(cat "$dir/strange")"
	_in=$(grep -rlaF -- "$1" "$root" /run "$dir/out" | grep -vE '/etc/shadow-?$|/var/lib/rd-recovery/[^/]*/[0-9]*\.data$')
	[ -z "$_in" ] || fail "the hash is in $_in"
}

modes() {
	(cd "$1" && find . -xdev \( -path './boot/*-recovery-logs-*' -o -path ./var/lib/rd-recovery \) -prune -o ! -type l -printf '%p %m %U %G\n' | sort)
}

# Nothing is wider than it was, and but for argo's line of shadow no account is another.
opened_nothing() {
	modes "$root" | while read -r _path _mode _user _group; do
		_was=$(awk -v p="$_path" '$1 == p { print $2 }' "$dir/modes")
		[ -z "$_was" ] || [ $((0$_mode & ~0$_was)) -eq 0 ] || echo "$_path: $_was, now $_mode"
	done >"$dir/strange"
	[ ! -s "$dir/strange" ] || fail "wider: $(cat "$dir/strange")"
	find "$root/var/lib/rd-recovery" "$root"/boot/*-recovery-logs-* -perm /077 >"$dir/strange"
	[ ! -s "$dir/strange" ] || fail "others may look at $(cat "$dir/strange")"
	for _file in passwd shadow group gshadow; do
		grep -v '^argo:' "$dir/was/$_file" >"$dir/others"
		grep -v '^argo:' "$root/etc/$_file" | cmp -s - "$dir/others" || fail "another account's line of $_file changed"
	done
	for _file in passwd group gshadow; do cmp -s "$dir/was/$_file" "$root/etc/$_file" || fail "$_file changed"; done
}

# --- who is let in, by the root's own programs

tries() {
	mkdir -p "$dir/try" "$dir/try-upper" "$dir/try-work"
	mount -t overlay -o "lowerdir=$root,upperdir=$dir/try-upper,workdir=$dir/try-work" try "$dir/try"
	(enter "$dir/try")
	expect "$top/tests/lockouts/door.exp" "$dir/try" "$1" argo "$2" >"$dir/said" 2>&1
	_status=$?
	umount -R "$dir/try" 2>/dev/null || umount -R -l "$dir/try"
	rm -rf --one-file-system "$dir/try-upper" "$dir/try-work"
	return "$_status"
}

lets_in() { tries login "$1" || fail "login refuses $1: $(tail -n 2 "$dir/said")"; }
refuses() {
	for _door in login helper; do
		! tries $_door "$1" || fail "$_door lets in $1"
	done
}

start() {
	mount -t tmpfs doors "$dir"
	mkdir "$dir/upper" "$dir/work" "$dir/root"
	root=$dir/root
	mount -t overlay -o "lowerdir=$work.small,upperdir=$dir/upper,workdir=$dir/work" over "$root"
	mount -t tmpfs run /run
	cp -r "$root/etc" "$dir/was"
	modes "$root" >"$dir/modes"
}

# --- cases

generated_secrets_stay_where_they_belong() {
	start
	traced --password generate
	[ $_got -eq 0 ] || fail "ended with $_got"
	_new=$(new_password)
	password_stays "$_new"
	hash_stays "$(hash_of "$dir/was/shadow")"
	hash_stays "$(hash_of "$root/etc/shadow")"
	opened_nothing
	lets_in "$_new"
	refuses $right
	refuses wrong-horse-1
}

configured_secrets_stay_where_they_belong() {
	start
	echo another-horse-8 | "$payload" hash >"$dir/conf"
	traced --password config --config "$dir/conf"
	[ $_got -eq 0 ] || fail "ended with $_got"
	[ "$(hash_of "$root/etc/shadow")" = "$(sed 's/.* = //' "$dir/conf")" ] || fail 'the configured hash was not set'
	hash_stays "$(hash_of "$root/etc/shadow")"
	opened_nothing
	lets_in another-horse-8
	refuses $right
}

# send: a server whose $dir/got gets what is sent, and a configuration of these lines that sends it there.
send() {
	mkdir "$dir/got"
	mkfifo "$dir/port"
	printf '%s\n' '127.0.0.1 localhost report.fleet.test' >"$dir/hosts"
	mount --bind "$dir/hosts" /etc/hosts
	(cd "$dir" && authority ca && certificate server ca report.fleet.test) >"$dir/openssl.log" || fail "no certificates: $(cat "$dir/openssl.log")"
	python3 "$top/tests/fleet/server.py" "$dir/got" "$dir/server.pem" "$dir/server.key" 201 >"$dir/port" 2>"$dir/server.log" &
	read -r _port <"$dir/port"
	printf '%s\n' "report = https://report.fleet.test:$_port/" "report_ca = $dir/ca.pem" "$@" >"$dir/conf"
}

# What a server received, as it came: whole, and without a secret.
received_without() {
	[ "$(find "$dir/got" -name '*-report.json' -o -name '*-error-bundle.txt' | wc -l)" -eq 2 ] || fail "received: $(ls "$dir/got")"
	for _file in report.json error-bundle.txt; do
		cmp "$dir/got"/*-"$_file" "$root"/boot/*/"$_file" || fail "another $_file was received"
	done
	for _secret; do
		[ ${#_secret} -ge 8 ] || fail "no secret to look for: $_secret"
		! grep -raF -- "$_secret" "$dir/got" || fail 'a secret was sent'
	done
}

generated_secrets_are_not_sent() {
	start
	send
	recover --password generate --config "$dir/conf"
	[ $_got -eq 0 ] || fail "ended with $_got"
	received_without "$(new_password)" "$(hash_of "$dir/was/shadow")" "$(hash_of "$root/etc/shadow")"
}

configured_secrets_are_not_sent() {
	start
	send "$(echo another-horse-8 | "$payload" hash)"
	recover --password config --config "$dir/conf"
	[ $_got -eq 0 ] || fail "ended with $_got"
	received_without another-horse-8 "$(hash_of "$dir/was/shadow")" "$(sed -n 's/^password_hash = //p' "$dir/conf")"
}

password_of_a_file_stays_where_it_belongs() {
	start
	echo third-horse-7 >"$dir/pw"
	traced --password "file:$dir/pw"
	[ $_got -eq 0 ] || fail "ended with $_got"
	password_stays third-horse-7
	hash_stays "$(hash_of "$root/etc/shadow")"
	opened_nothing
}

# The control: whatever else is killed like this here does leave a core.
no_process_leaves_a_core() {
	start
	case $(cat /proc/sys/kernel/core_pattern) in
	'|'* | */*)
		echo 'cores do not go to the current folder here'
		exit 77
		;;
	esac
	mkdir "$dir/cwd"
	python3 - "$payload" "$root" "$dir/cwd" >"$dir/out" 2>&1 <<-'END' || fail 'a core, or no control'
		import glob, os, resource, signal, subprocess, sys, time
		payload, root, cwd = sys.argv[1:]
		resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
		def start(*argv):
		    return subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL)
		def children(pid):
		    return [int(c) for t in glob.glob(f"/proc/{pid}/task/*/children") for c in open(t).read().split()]
		def tree(pid):
		    return [d for c in children(pid) for d in [c] + tree(c)]
		control = start("sleep", "1000")
		os.kill(control.pid, signal.SIGSEGV)
		_, status = os.waitpid(control.pid, 0)
		if not os.WCOREDUMP(status):
		    sys.exit("the control left no core")
		for core in glob.glob(cwd + "/*"):
		    os.remove(core)
		# each process of a run in its phase 5, where the password is in use, the run itself last
		victims = 0
		while True:
		    run = start(payload, "run", "--root", root, "--password", "generate")
		    def waiting():
		        return run.poll() is None and not any("[5/8]" in open(f).read() for f in glob.glob(root + "/boot/*/main.log"))
		    while waiting() or (run.poll() is None and len(tree(run.pid)) < victims + 1 and victims < 3):
		        time.sleep(0.01)
		    if run.poll() is not None:
		        sys.exit("the run ended before it could be killed")
		    below = tree(run.pid)
		    if victims < len(below) and victims < 3:
		        os.kill(below[victims], signal.SIGSEGV)
		        print("killed", below[victims], "of", below)
		        run.wait()
		    else:
		        os.kill(run.pid, signal.SIGSEGV)
		        _, status = os.waitpid(run.pid, 0)
		        if os.WCOREDUMP(status):
		            sys.exit("the run left a core")
		        break
		    victims += 1
		    for f in glob.glob(root + "/boot/*/main.log"):
		        os.remove(f)
		print(victims, "workers and the run were killed")
		sys.exit(victims < 1)
	END
	_cores=$(find "$dir" -xdev -name 'core*' -type f -size +0 ! -path "$root/*" ; find "$root" -xdev -name 'core' -o -name 'core.[0-9]*' -type f)
	[ -z "$_cores" ] || fail "cores: $_cores"
}

# A kernel whose generator is not ready: what would have to wait says so.
no_password_of_a_generator_that_is_not_ready() {
	start
	gcc -D_GNU_SOURCE -o "$dir/refuse" "$top/tests/refuse.c" || fail 'no compiler'
	before="$dir/refuse getrandom"
	recover --password generate
	[ $_got -eq 1 ] || [ $_got -eq 0 ] || fail "ended with $_got"
	[ -z "$(new_password)" ] || fail 'a password was made'
	cmp -s "$dir/was/shadow" "$root/etc/shadow" || fail 'shadow changed'
	grep -q 'random generator is not ready' "$root"/boot/*/error-bundle.txt || fail 'it does not say why'
	before=
	lets_in $right
}

# fault NAME: what a run repairs, or gives up.
fault() {
	case $1 in
	permit) echo 'auth sufficient pam_permit.so' | cat - "$root/etc/pam.d/login" >"$dir/x" && cat "$dir/x" >"$root/etc/pam.d/login" ;;
	no-auth) rm "$root/etc/pam.d/common-auth" ;;
	jump) echo 'auth [success=9 default=ignore] pam_unix.so' >"$root/etc/pam.d/common-auth" ;;
	module) find "$root/usr/lib" -name pam_unix.so -delete ;;
	group) : >"$root/etc/group" ;;
	modes) chmod 666 "$root/etc/shadow" "$root/etc/passwd" ;;
	empty-passwd) sed -i 's/^argo:x:/argo::/' "$root/etc/passwd" ;;
	torn) truncate -s 200 "$root/etc/shadow" ;;
	nsswitch) echo 'passwd: nothing' >"$root/etc/nsswitch.conf" ;;
	nologin) echo closed >"$root/etc/nologin" ;;
	shell) sed -i 's,^\(argo.*\):/bin/bash,\1:/bin/gone,' "$root/etc/passwd" ;;
	libcrypt) find "$root/usr/lib" -name 'libcrypt.so.1' -exec truncate -s 100 {} \; ;;
	esac
}

# Whatever a run makes of it: no wrong password, no empty one, and nobody but argo.
no_wrong_password_after() {
	start
	fault "$1"
	recover --password keep
	case $_got in 0 | 1) ;; *) fail "ended with $_got" ;; esac
	refuses wrong-horse-1
	! tries helper '' || fail 'the helper lets in who has no password'
	[ "$(grep -c '^root:\*:' "$root/etc/shadow")" -eq 1 ] || fail "root's line changed"
	[ $((0$(stat -c %a "$root/etc/shadow") & 0137)) -eq 0 ] || fail 'shadow is open'
}

faults='permit no-auth jump module group modes empty-passwd torn nsswitch nologin shell libcrypt'
cases='generated_secrets_stay_where_they_belong configured_secrets_stay_where_they_belong password_of_a_file_stays_where_it_belongs
	generated_secrets_are_not_sent configured_secrets_are_not_sent no_process_leaves_a_core no_password_of_a_generator_that_is_not_ready'
for _fault in $faults; do cases="$cases no_wrong_password_after@$_fault"; done

if [ "${1-}" = --one ]; then
	dir=$work/$2
	mkdir -p "$dir"
	"${2%@*}" "${2#*@}"
	exit
fi

[ "$(id -u)" -eq 0 ] || {
	echo 'tests/fault: needs root' >&2
	exit 2
}
jobs=6
rm -rf --one-file-system "$work.small"
sh "$here/small.sh" "$work.small" || exit 1
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
run_cases "$work" "$@"
