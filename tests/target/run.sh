#!/bin/sh
# run.sh [--jobs N] [CASE...]: the payload against real roots (root.sh), each in a mount namespace of its own. Last line: N passed, N failed.
# A case passes on what the target's own programs say, never on the payload's words.
# shellcheck disable=SC2034,SC2154 # jobs: read by cases.sh; dir: set there
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
payload=${PAYLOAD:-$top/build/rd-recovery}
crippled=$top/build/libs/crippled/libcrypt.so.1.1.0
work=$top/build/target-test
right=correct-horse-9
logs=
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"
# shellcheck source=/dev/null
. "$top/tests/cases.sh"

fail() {
	echo "  $*" >&2
	cat "$logs/pivots.log" >&2 2>/dev/null
	tail -n 25 "$logs/main.log" 2>/dev/null | sed "s/^/  # /" >&2
	tail -n 40 "$dir/out" 2>/dev/null | sed 's/^/  > /' >&2
	exit 1
}

# root [systemd|openrc|compiler] [sound]
root() {
	"$here/root.sh" "$dir" "$@" >"$dir.log" 2>&1 || fail "no root: $(tail -n 1 "$dir.log")"
	root=$dir/root
	lib_dir=/usr/lib/x86_64-linux-gnu
	lib=$root$lib_dir/libcrypt.so.1.1.0
	cp "$root/etc/shadow" "$dir/shadow"
}

# nest: the root becomes an overlay of an overlay; the kernel refuses a third, so that no trial can be one.
nest() {
	mkdir "$dir/upper2" "$dir/work2" "$dir/upper3" "$dir/work3" "$dir/third"
	mount -t overlay -o "lowerdir=$root,upperdir=$dir/upper2,workdir=$dir/work2" nested "$root" || fail 'no nested overlay'
	mount -t overlay -o "lowerdir=$root,upperdir=$dir/upper3,workdir=$dir/work3" third "$dir/third" 2>/dev/null &&
		fail 'this kernel stacks three'
	listing >"$dir/before"
}

# What the nested root showed: a weaker footing is a pivot, once for each.
weaker_is_a_pivot() {
	[ "$(grep -c "tried: an overlay of the target | failed: no overlay of .* | next: $1" "$logs/pivots.log")" -eq 1 ] ||
		fail "the weaker footing is not one pivot: $1"
}

as_before() {
	"$payload" rollback --root "$root" >"$dir/out" 2>&1 || fail 'rollback failed'
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree is not as before'
}

# What the cache holds cannot be unpacked by hand; the manager itself still can.
only_the_manager_unpacks() {
	mv "$root/usr/bin/dpkg-deb" "$root/usr/bin/dpkg-deb.real"
	cat >"$root/usr/bin/dpkg-deb" <<-'END'
		#!/bin/sh
		[ "$1" != -x ] || exit 1
		exec dpkg-deb.real "$@"
	END
	chmod 755 "$root/usr/bin/dpkg-deb"
}

# recover STATUS ARGUMENT...: a run, with a terminal of its own on which a new password shows.
recover() {
	_want=$1
	shift
	TERM=dumb timeout 600 script -qec "exec $payload run --root $root $*" /dev/null </dev/null >"$dir/out" 2>&1
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "exit status $_got, not $_want"
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*' | sort | tail -n 1)
}

# A payload on a kernel without PID namespaces.
without_pid_namespaces() {
	gcc -D_GNU_SOURCE -o "$dir/refuse" "$top/tests/refuse.c" || fail 'no compiler'
	printf '#!/bin/sh\nexec %s pid-namespaces %s "$@"\n' "$dir/refuse" "$payload" >"$dir/without"
	chmod 755 "$dir/without"
	payload=$dir/without
	# The payload names its cgroups by pid, and another case's PID namespace has the same ones.
	exec 8>"$work/cgroup.lock"
	flock 8
}

new_password() {
	sed -n 's/^.*new password for argo: \([a-z ]*\).*$/\1/p' "$dir/${1:-out}" | head -n 1 | tr -d ' '
}

# accepts PASSWORD: the target's own PAM helper says so.
accepts() {
	printf '%s\0' "$1" | chroot "$root" /usr/sbin/unix_chkpwd argo nonull >/dev/null 2>&1
}

no_cached_package() {
	rm -f "$root"/var/cache/apt/archives/*.deb
}

# carry FILE PATH: as the known-good copy of PATH, however bad it is.
carry() {
	mkdir -p "$dir/capture${2%/*}"
	cp "$1" "$dir/capture$2"
	echo "file path=$2 mode=644 uid=0 gid=0 sha256=$(sha256sum <"$1" | cut -d ' ' -f 1)" >>"$dir/capture/manifest"
}

capture() {
	"$payload" capture --root "$root" --output "$dir/capture" >"$dir/out" 2>&1
}

# listing [FOLDER]: everything of the tree but the times of folders, the logs and the payload's own folder. Where only the tree's layer can
# have changed: of that (upper), which is less to read.
listing() {
	(cd "$dir/${1:-root}" && find . -xdev \( -path ./var/lib/rd-recovery -o -path './boot/*-recovery-logs-*' \) -prune -o \
		\( -type f -printf '%p %y %m %U %G %s %T@ ' -exec sha256sum {} \; -o -type l -printf '%p %y %U %G %l\n' -o \
		-printf '%p %y %m %U %G\n' \) | sort
	getfattr -R -d -m - -h . 2>/dev/null)
}

# --- cases

story_keeps_the_old_password() {
	root
	accepts $right && fail 'the root is not broken'
	recover 0
	accepts $right || fail 'the right password is refused'
	accepts wrong && fail 'a wrong password is accepted'
	cmp -s "$dir/shadow" "$root/etc/shadow" || fail 'shadow changed'
	grep -q 'tried: .* | failed: .* | next: ' "$logs/pivots.log" || fail 'no pivot'
	! grep -q 'process [0-9]* (memfd:rd-recove' "$logs/main.log" || fail 'phase 2 counts one of our own'
	[ "$(readlink "$root/etc/systemd/system/display-manager.service")" ] || fail 'SDDM is not enabled'
}

every_log_exists_and_holds_no_secret() {
	root
	grep '^argo:' "$root/etc/shadow" | cut -d: -f2 >"$dir/secrets"
	recover 0 --password generate
	grep '^argo:' "$root/etc/shadow" | cut -d: -f2 >>"$dir/secrets"
	new_password >>"$dir/secrets"
	[ "$(wc -l <"$dir/secrets")" -eq 3 ] || fail 'no new password was shown'
	for _log in main.log diagnostics.log system-state.log error-bundle.txt pivots.log report.json; do
		[ -s "$logs/$_log" ] || fail "$_log is missing or empty"
	done
	python3 -m json.tool "$logs/report.json" >/dev/null || fail 'report.json is not JSON'
	_found=$(grep -rlaF -f "$dir/secrets" "$root" | grep -v -e '/etc/shadow-\?$' -e '/var/lib/rd-recovery/')
	[ -z "$_found" ] || fail "secrets in $_found"
	tail -n 1 "$dir/secrets" >"$dir/password"
	_found=$(grep -rlaF -f "$dir/password" "$root")
	[ -z "$_found" ] || fail "the password in $_found"
}

generated_password_logs_in() {
	root
	recover 0 --password generate
	_new=$(new_password)
	[ -n "$_new" ] || fail 'no new password was shown'
	accepts "$_new" || fail 'the new password is refused'
	accepts $right && fail 'the old password still works'
	cmp -s "$dir/shadow" "$root/etc/shadow-" || fail 'shadow- is not the old shadow'
	[ "$(grep -v '^argo:' "$dir/shadow")" = "$(grep -v '^argo:' "$root/etc/shadow")" ] || fail 'another line changed'
}

# What a terminal of 80 columns and 25 lines shows once the run is over: the whole verdict, and the password, which is the right one.
screen_ends_in_the_verdict_and_the_password() {
	root
	export TMUX_TMPDIR="$dir"
	echo 'set -g status off' >"$dir/tmux.conf"
	tmux -f "$dir/tmux.conf" new-session -d -x 80 -y 25 \
		"tmux wait-for begin; $payload run --root $root --password generate; tmux wait-for -S over; tmux wait-for seen"
	tmux pipe-pane "cat >$dir/raw"
	tmux wait-for -S begin
	timeout 600 tmux wait-for over || fail 'the run did not end'
	tmux capture-pane -p >"$dir/out"
	tmux capture-pane -p -e >"$dir/colours"
	tmux wait-for -S seen
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*')
	[ "$(wc -l <"$dir/out")" -eq 25 ] || fail 'that is no screen of 25 lines'
	[ "$(wc -L <"$dir/out")" -le 80 ] || fail 'a line of more than 80 columns'
	sed -n '/^+=*+$/,/^+=*+$/p' "$dir/out" >"$dir/box"
	[ "$(wc -l <"$dir/box")" -gt 4 ] || fail 'no whole box'
	[ "$(sed 's/./x/g' "$dir/box" | sort -u | wc -l)" -eq 1 ] || fail 'a box that is not straight'
	sed -n 2p "$dir/box" | grep -q '^| YOU CAN LOG IN\. *|$' || fail 'the verdict is not the first that the box says'
	accepts "$(new_password)" || fail 'the password on the screen is refused'
	grep -q 'letters, typed without the spaces' "$dir/out" || fail 'it does not say how the password is typed'
	grep -q "$(printf '\033')\\[[0-9;]*32m" "$dir/colours" || fail 'a terminal gets no colour'
	grep -q 'at most .* more' "$dir/out" && fail 'a live line was left behind'
	grep -q "$(printf '\r\033')\\[J\\[5/8\\] PAM verification: 1 s so far, at most .* more: ." "$dir/raw" || fail 'no live line said what is waited for'
	return 0
}

# The same on a line on which nothing can be written over: each phase begins and ends, in order, and nothing is too long or obeyed by a terminal.
serial_log_reads_from_top_to_bottom() {
	root
	printf 'NAME="evil \033[2J\233m"\nPRETTY_NAME="evil \033[2J"\nID=debian\n' >"$root/etc/os-release"
	recover 0 --password generate
	tr -d '\r' <"$dir/out" >"$dir/log"
	[ "$(wc -L <"$dir/log")" -le 80 ] || fail 'a line of more than 80 columns'
	LC_ALL=C grep -q '[^ -~]' "$dir/log" && fail 'a byte that is no text'
	[ "$(sed -nE 's,^\[([1-8])/8\] [a-zA-Z ]+ \.\.\. \(at most .*\)$,\1,p' "$dir/log" | tr -d '\n')" = 12345678 ] || fail 'not each phase begins in its turn'
	# that a wrong password is refused is waited for beside the later ones
	_ends=$(grep -v ' pending ' "$dir/log" | sed -nE 's,^\[([1-8])/8\] .* +[0-9]+ s$,\1,p' | tr -d '\n')
	case $_ends in 12345678 | 12346578 | 12346758) ;; *) fail "not each phase ends: $_ends" ;; esac
	grep -q '^\[1/8\] FOUND: .*the library that checks passwords' "$dir/log" || fail 'the cause is not told in plain words'
	grep -q '^\[3/8\] .* did not work (' "$dir/log" || fail 'a pivot is not told'
	sed -n '/^+=*+$/,$p' "$dir/log" | grep -q 'new password for argo:' || fail 'the password does not follow the verdict'
	_new=$(new_password log)
	grep -rqF "$_new" "$logs" && fail 'the password in a log'
	grep -rqF "$(echo "$_new" | sed 's/..../& /g; s/ $//')" "$logs" && fail 'the password, as it is shown, in a log'
	return 0
}

# tell STATUS ARGUMENT...: what report says, on a terminal of 80 columns and to a file.
tell() {
	_want=$1
	shift
	timeout 60 "$payload" report --root "$root" "$@" >"$dir/out" 2>"$dir/why"
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "report: exit status $_got, not $_want: $(cat "$dir/why")"
	TERM=dumb timeout 60 script -qec "stty cols 80; exec $payload report --root $root $*" /dev/null </dev/null >"$dir/terminal" 2>&1
	return 0
}

# In /run lie the logs of the machine's own runs.
no_other_runs() {
	mount -t tmpfs run /run || fail 'no /run of its own'
}

# says PATTERN: a line of it.
says() {
	grep -qE -e "$1" "$dir/out" || fail "report does not say: $1"
}

valid() {
	/usr/bin/python3 -m jsonschema -i "$1" "$top/src/packaging/report.schema.json" >"$dir/schema" 2>&1
}

report_tells_a_run_and_its_json_keeps_the_schema() {
	root
	no_other_runs
	tell 1
	grep -q 'no logs of a run were found' "$dir/why" || fail 'nothing was found, and it does not say so'
	recover 0 --password generate
	_run=${logs##*-logs-} _new=$(new_password)
	tell 0
	[ "$(tr -d '\r' <"$dir/terminal" | wc -L)" -le 80 ] || fail 'more than 80 columns'
	says "^Run $_run, number 1, on Debian"
	says '^LOGIN PROVEN$'
	says '^  repaired: +the library that checks passwords'
	says '^  3 libxcrypt rebuild +repaired +[0-9]+ s$'
	says '^  \[3 libxcrypt rebuild\] .* did not work \(.*\)\. Next: '
	says '^  [a-z]+ /etc/shadow$'
	says '^  repaired: libcrypt-method: '
	says "^  rd-recovery rollback $_run\$"
	says "^  $logs\$"
	[ -n "$_new" ] || fail 'no new password was shown'
	grep -qF "$_new" "$dir/out" && fail 'the password in a report'
	tell 0 --json "$_run"
	cmp -s "$dir/out" "$logs/report.json" || fail 'not the report'
	valid "$dir/out" || fail "not as the schema has it: $(cat "$dir/schema")"
	for _wrong in 's/"verdict": "login proven"/"verdict": "all well"/' 's/"changes": /"changed": /' 's/"ms": [0-9]*/"ms": "1"/' 's/"blocks": "[a-z ]*", //'; do
		sed "$_wrong" "$logs/report.json" >"$dir/wrong.json"
		cmp -s "$dir/wrong.json" "$logs/report.json" && fail "nothing to make wrong: $_wrong"
		valid "$dir/wrong.json" && fail "the schema allows $_wrong"
	done
	"$payload" rollback --root "$root" >/dev/null 2>&1 || fail 'no rollback'
	recover 0
	tell 0 --list
	[ "$(wc -l <"$dir/out")" -eq 2 ] || fail 'not the two runs'
	sed -n 2p "$dir/out" | grep -q "^$_run  number 1, login proven: /boot/" || fail 'not the newest first'
	tell 0 "$_run"
	says '^  it was undone$'
	tell 1 20000101-000000
	many_changes "$root/var/lib/rd-recovery/$_run/journal"
	tell 0 "$_run"
	says '^  [a-z]+ /etc/shadow-number-19$'
	[ "$(sed -n '/^What was changed:$/,/^  and more: /p' "$dir/out" | grep -cE '^  [a-z]+ /')" -eq 200 ] || fail 'not 200 changes'
	says '^  and more: its journal has them all$'
	# a name that a shell would obey
	rm "$root/var/lib/rd-recovery/$_run/undone"
	mv "$root/var/lib/rd-recovery/$_run" "$root/var/lib/rd-recovery/1;true"
	mv "${logs%-logs-*}-logs-$_run" "${logs%-logs-*}-logs-1;true"
	tell 0 '1;true'
	says '^Run 1;true, number 1, on Debian'
	says "^  its folder has no run's name"
	grep -q 'rollback' "$dir/out" && fail 'it shows what a shell would obey'
	return 0
}

# many_changes JOURNAL: 300 more of the kind that was made to /etc/shadow, each line with its seal.
many_changes() {
	python3 - "$1" <<-'END' || fail 'the journal could not be added to'
		import hashlib, sys
		with open(sys.argv[1], "r+b") as f:
		    line = next(l for l in f if b"path=/etc/shadow " in l)
		    body = line[:line.rindex(b" end=")]
		    f.seek(0, 2)
		    for i in range(300):
		        other = body.replace(b"path=/etc/shadow ", b"path=/etc/shadow-number-%d " % i)
		        f.write(other + b" end=" + hashlib.sha256(other).hexdigest()[:16].encode() + b"\n")
	END
}

# What stands where a report should is never believed, never obeyed, and named with its line.
hostile_report_is_named_and_nothing_else() {
	root
	no_other_runs
	_logs=$root/boot/debian-recovery-logs-20260101-000000
	mkdir -p "$_logs"
	printf '{"schema": 1,\n "run": "x\n' >"$_logs/report.json"
	tell 1
	grep -q "$_logs/report.json:2: a control character in a string" "$dir/why" || fail 'the line is not named'
	printf '{"schema": 1, "run": "\302\2332J\177", "os_name": "\\u001b[2J", "verdict": "login proven", "next": ["\\u009b2J"]}' >"$_logs/report.json"
	tell 0
	says '^LOGIN PROVEN$'
	for _how in --root=$root --json; do
		tell 0 "$_how"
		LC_ALL=C grep -q "$(printf '[\033\177]\|\302[\200-\237]')" "$dir/out" && fail "a terminal obeys it: $_how"
	done
	head -c 3000000 /dev/zero | tr '\0' '[' >"$_logs/report.json"
	tell 1
	head -c 500000 /dev/zero | tr '\0' '[' >"$_logs/report.json"
	tell 1
	grep -q 'too many values within each other' "$dir/why" || fail 'the depth is not named'
	rm "$_logs/report.json"
	mkfifo "$_logs/report.json"
	tell 1
	rm "$_logs/report.json"
	ln -s /etc/shadow "$_logs/report.json"
	tell 1
	grep -q 'argo' "$dir/out" "$dir/why" && fail 'a symlink was followed'
	return 0
}

rollback_restores_everything() {
	root
	listing >"$dir/before"
	recover 0 --password generate
	listing | cmp -s - "$dir/before" && fail 'nothing was changed'
	"$payload" rollback --root "$root" >"$dir/out" 2>&1 || fail 'rollback failed'
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree is not as before'
}

lost_loader_comes_back() {
	root systemd sound
	_loader=/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
	capture || fail 'nothing was captured'
	rm "$root$_loader" "$root/usr/lib64/ld-linux-x86-64.so.2"
	chroot "$root" /bin/true 2>/dev/null && fail 'the root is not broken'
	recover 0 --capture "$dir/capture"
	chroot "$root" /bin/true || fail 'nothing starts'
	accepts $right || fail 'the right password is refused'
}

truncated_libc_comes_back() {
	root systemd sound
	capture || fail 'nothing was captured'
	truncate -s 100 "$root/usr/lib/x86_64-linux-gnu/libc.so.6"
	recover 0 --capture "$dir/capture"
	chroot "$root" /bin/true || fail 'nothing starts'
	accepts $right || fail 'the right password is refused'
}

capture_of_a_sick_system_keeps_the_old() {
	root systemd sound
	capture || fail 'nothing was captured'
	cp "$dir/capture/manifest" "$dir/manifest"
	cp "$crippled" "$lib"
	listing upper >"$dir/before"
	capture && fail 'a sick system was captured'
	grep -q "your libcrypt cannot verify argo's password (SHA512): you will be locked out" "$dir/out" || fail 'no loud warning'
	cmp -s "$dir/capture/manifest" "$dir/manifest" || fail 'the older capture is gone'
	[ ! -e "$dir/capture.new" ] || fail 'something is left beside it'
	listing upper | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
}

# In an initramfs that dracut makes for the tree's own kernel.
capture_is_small_and_secret() {
	root systemd sound
	enter "$root"
	grep '^argo:' "$root/etc/shadow" | cut -d: -f2 >"$dir/secret"
	echo 'auth required pam_permit.so bindpw=hush-hush' >"$root/etc/pam.d/directory"
	echo hush-hush >>"$dir/secret"
	cp "$payload" "$root/usr/sbin/"
	cp -r "$top/dracut-module/90rd-recovery" "$root/usr/lib/dracut/modules.d/"
	inside dracut --quiet --force --modules 'base rd-recovery' --no-kernel --no-compress --tmpdir /tmp --kver "$(basename "$root"/lib/modules/*)" \
		/boot/initrd >"$dir/out" 2>&1 || fail 'no initramfs'
	mkdir "$dir/initrd"
	(cd "$dir/initrd" && cpio -i --quiet <"$root/boot/initrd")
	_kept=$dir/initrd/usr/lib/rd-recovery/capture
	for _file in usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0 usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 usr/bin/login usr/bin/su \
		usr/sbin/unix_chkpwd usr/lib/x86_64-linux-gnu/security/pam_unix.so usr/lib/x86_64-linux-gnu/libpam.so.0.85.1 etc/pam.d/login; do
		cmp -s "$_kept/$_file" "$root/$_file" || fail "not captured as it is: $_file"
	done
	! grep -rqF -f "$dir/secret" "$_kept" || fail 'a secret was captured'
	# beyond what the initramfs holds anyway
	(cd "$_kept" && find . -type f | while read -r _file; do
		cmp -s "$_file" "$dir/initrd/$_file" || echo "$_file"
	done | tar cf - -T -) | gzip -9 >"$dir/more.tgz"
	[ "$(stat -c %s "$dir/more.tgz")" -lt 1572864 ] || fail "too large: $(stat -c %s "$dir/more.tgz")"
}

rung_a_known_good_copy() {
	root
	no_cached_package
	carry "$dir/healthy.so" /usr/lib/x86_64-linux-gnu/libcrypt.so.1
	recover 1 --phases 3,8 --capture "$dir/capture"
	accepts $right || fail 'the right password is refused'
	grep -q '(a)' "$logs/report.json" || fail 'another rung won'
}

rung_b_cached_package() {
	root
	carry "$crippled" /usr/lib/x86_64-linux-gnu/libcrypt.so.1
	recover 1 --phases 3,8 --capture "$dir/capture"
	accepts $right || fail 'the right password is refused'
	cmp -s "$lib" "$dir/healthy.so" || fail 'not the package'\''s library'
	grep -q '(a).*SHA512' "$logs/pivots.log" || fail 'rung (a) was not left for its reason'
}

rung_c_package_manager() {
	root
	only_the_manager_unpacks
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(c) dpkg' "$logs/report.json" || fail 'another rung won'
}

rung_d_manual_build() {
	root compiler
	no_cached_package
	cp "$top"/build/sources/libxcrypt-*-autotools.tar.xz "$root/usr/src/"
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(d) built from' "$logs/report.json" || fail 'another rung won'
}

# However many were cut on their way to the target, they do not hide what the initramfs carries.
rung_d_goes_on_to_the_carried_archive() {
	root compiler
	no_cached_package
	mkdir -p "$root/var/cache/distfiles" "$dir/lib/rd-recovery" "$dir/lib.work"
	for _archive in "$top"/build/sources/libxcrypt-*-autotools.tar.xz; do
		for _copy in 1 2 3 4; do
			head -c 100000 "$_archive" >"$root/var/cache/distfiles/libxcrypt-4.4.$_copy.tar.xz"
		done
		cp "$_archive" "$dir/lib/rd-recovery/"
	done
	mount -t overlay -o "lowerdir=/usr/lib,upperdir=$dir/lib,workdir=$dir/lib.work" lib /usr/lib || fail 'no overlay'
	echo 'rd.recovery=1 rd.recovery.phases=3,8 rd.recovery.hold=0' >"$dir/cmdline"
	mount --bind "$dir/cmdline" /proc/cmdline
	NEWROOT=$root timeout 600 "$payload" boot --stage pre-pivot >"$dir/out" 2>&1 </dev/null
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*')
	grep -q 'tried: /var/cache/distfiles/libxcrypt-.* | failed: .* | next: /usr/lib/rd-recovery/libxcrypt-' "$logs/pivots.log" ||
		fail 'no pivot from the one to the other'
	accepts $right || fail 'the right password is refused'
	grep -q '(d) built from libxcrypt-' "$logs/report.json" || fail 'another rung won'
}

rung_e_another_method() {
	root
	no_cached_package
	recover 0
	cmp -s "$lib" "$crippled" || fail 'the library was replaced'
	_new=$(new_password)
	accepts "$_new" || fail 'the new password is refused'
	# shellcheck disable=SC2016 # a hash's prefix
	grep -qF 'argo:$y$' "$root/etc/shadow" || fail 'not the strongest method that works'
}

nested_overlay_recovers_by_rung_b() {
	root
	nest
	accepts $right && fail 'the root is not broken'
	recover 0
	accepts $right || fail 'the right password is refused'
	grep -q '"rung": "(b)' "$logs/report.json" || fail 'another rung won'
	weaker_is_a_pivot 'a read-only view of it: what is unpacked'
	weaker_is_a_pivot 'a read-only view of it with copies'
	as_before
}

nested_overlay_recovers_by_rung_c() {
	root
	only_the_manager_unpacks
	nest
	recover 0
	accepts $right || fail 'the right password is refused'
	cmp -s "$lib" "$dir/healthy.so" || fail 'not the package'\''s library'
	grep -q '(c) dpkg' "$logs/report.json" || fail 'another rung won'
	weaker_is_a_pivot 'the target itself'
	chroot "$root" /usr/bin/dpkg --audit | grep -q . && fail 'dpkg is left half way'
	as_before
}

nested_overlay_recovers_by_rung_d() {
	root compiler
	no_cached_package
	cp "$top"/build/sources/libxcrypt-*-autotools.tar.xz "$root/usr/src/"
	nest
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(d) built from' "$logs/report.json" || fail 'another rung won'
	as_before
}

# The manager replaces the library by nothing better, unpacks beside it, ruins its database, and hangs or claims success.
unproven_manager_on_the_target_leaves_nothing() {
	root
	printf '#!/bin/sh\nexit 1\n' >"$root/usr/bin/dpkg-deb"
	cat >"$root/usr/bin/dpkg" <<-'END'
		#!/bin/sh
		cd /usr/lib/x86_64-linux-gnu
		cp libc.so.6 libcrypt.so.1.1.0.dpkg-new
		mv libcrypt.so.1.1.0.dpkg-new libcrypt.so.1.1.0
		cp libc.so.6 libcrypt.so.1.1.0.dpkg-tmp
		ln -sfn nothing libcrypt.so.1
		mkdir -p /usr/share/doc/libcrypt1/more/deep
		rm -r /usr/share/doc/libcrypt1/*gz /var/lib/dpkg/info/libcrypt1*
		echo broken >/var/lib/dpkg/status
		: >/etc/ld.so.cache
		case $0 in */apt-get) exit 0 ;; esac
		trap '' TERM
		while :; do sleep 1000; done
	END
	cp "$root/usr/bin/dpkg" "$root/usr/bin/apt-get"
	chmod 755 "$root/usr/bin/dpkg" "$root/usr/bin/apt-get"
	nest
	recover 1 --phases 3,8 --timeout 20
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree is not as before'
	grep -q 'next: the target itself' "$logs/pivots.log" || fail 'it did not run on the target'
	[ ! -e "$root/var/lib/rd-recovery/journal" ] || fail 'a journal was left'
	grep -q 'changes": 0' "$logs/report.json" || fail 'changes are claimed'
}

hung_package_manager_costs_its_limit() {
	root
	hang
	recover 0 --timeout 20
	accepts "$(new_password)" || fail 'the new password is refused'
	pgrep -f 'sleep 1000' >/dev/null && fail 'something of it survives'
	[ "$(grep -c 'double started: ' "$logs/main.log")" -eq 1 ] || fail 'it was started again'
	grep -q "(c) .*not tried again.*next: (d)" "$logs/pivots.log" || fail 'no pivot says why rung (c) was left'
}

without_pid_namespaces_it_recovers() {
	root
	without_pid_namespaces
	recover 0
	accepts $right || fail 'the right password is refused'
	[ "$(grep -c 'tried: a PID namespace .* | next: a subreaper' "$logs/pivots.log")" -eq 1 ] || fail 'the weaker footing is not one pivot'
}

without_pid_namespaces_a_hung_manager_is_ended() {
	root
	printf '#!/bin/sh\ntrap "" TERM INT HUP\n(setsid sh -c "setsid sleep 1000 &")\nwhile :; do sleep 1000; done\n' >"$root/usr/bin/dpkg-deb"
	cp "$root/usr/bin/dpkg-deb" "$root/usr/bin/apt-get"
	cp "$root/usr/bin/dpkg-deb" "$root/usr/bin/dpkg"
	without_pid_namespaces
	recover 1 --phases 3,8 --timeout 20
	pgrep -f 'sleep 1000' >/dev/null && fail 'something of it survives'
	:
}

diagnose_writes_nothing() {
	root
	listing >"$dir/before"
	timeout 300 "$payload" diagnose --root "$root" >"$dir/out" 2>&1
	[ $? -eq 1 ] || fail 'a broken root is no exit status 1'
	grep -q libcrypt-method "$dir/out" || fail 'the cause is not named'
	"$payload" diagnose --json --root "$root" 2>/dev/null | python3 -m json.tool >/dev/null || fail 'not JSON'
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
	[ ! -e "$root/var/lib/rd-recovery" ] || fail '/var/lib/rd-recovery was made'
}

# A mount leaves its count and time in the superblock, even a read-only one that replays the journal.
diagnose_and_verify_leave_boot_as_it_is() {
	root
	truncate -s 16M "$dir/boot.img"
	mke2fs -q -t ext4 "$dir/boot.img"
	_loop=$(losetup -f --show "$dir/boot.img") || {
		echo 'no loop device here'
		exit 77
	}
	trap 'losetup -d "$_loop"' EXIT
	mount "$_loop" "$root/boot" || fail 'no /boot of its own'
	umount "$root/boot"
	printf '%s\n' "$_loop /boot auto defaults 0 2" '/dev/sdz9 /home ext4 defaults 0 2' >"$root/etc/fstab"
	sha256sum <"$dir/boot.img" >"$dir/boot.sum"
	"$payload" diagnose --root "$root" >"$dir/out" 2>&1
	grep -q '/boot could not be mounted' "$dir/out" && fail '/boot was not looked at'
	grep -q '/etc/fstab:2: /home: nothing says that /dev/sdz9 is here the disk it was' "$dir/out" || fail '/home is not said to be unknown'
	"$payload" verify --root "$root" >"$dir/out" 2>&1
	sync -f "$dir/boot.img"
	sha256sum <"$dir/boot.img" | cmp -s - "$dir/boot.sum" || fail 'the file system of /boot was written to'
}

# stuck ARGUMENT...: stuck.c in the background, in D state; its pid in _pid.
stuck() {
	[ -x "$dir/stuck" ] || gcc -o "$dir/stuck" "$here/stuck.c" || fail 'no compiler'
	"$dir/stuck" "$@" &
	_pid=$!
	# shellcheck disable=SC2016 # that shell's own
	timeout 20 sh -c 'until grep -q ") D " "/proc/$0/stat"; do :; done' "$_pid" || fail 'it is not in D state'
}

# holder COMMAND: a shell that stands in the target and, when it is ready, says so.
holder() {
	mkfifo "$dir/ready$1"
	(cd "$root/var" && exec sh -c "$2; echo >'$dir/ready$1'; while :; do sleep 1000 & wait; done") &
	_pid=$!
	read -r _ <"$dir/ready$1" || :
}

lives() {
	case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in '' | Z | X) return 1 ;; esac
}

# The machine runs a rescue initramfs: initrd-release(5) says so, here in the case's own mount namespace.
be_a_rescue() {
	mkdir "$dir/etc" "$dir/etc.work"
	mount -t overlay -o "lowerdir=/etc,upperdir=$dir/etc,workdir=$dir/etc.work" etc /etc || fail 'no overlay of /etc'
	: >/etc/initrd-release
}

stuck_process_is_named_and_left() {
	root systemd sound
	stuck vfork "$dir"
	_waits=$_pid
	holder 1 :
	_holds=$_pid
	recover 1 --phases 2,8
	grep -Eq "process $_waits \\(stuck\\) waits in the kernel, [0-9]+ s old, parent [0-9]+, wchan $(cat "/proc/$_waits/wchan")\$" "$logs/main.log" ||
		fail 'it is not named with its age and wchan'
	grep -q "process $_holds (sh) holds the target: cwd $root/var: left alone, not started by the rescue" "$logs/main.log" ||
		fail 'what holds the target is not named'
	lives "$_waits" || fail 'a process of the machine was ended'
	lives "$_holds" || fail 'a process of the machine was ended'
}

stuck_process_that_holds_the_target_is_ended() {
	root systemd sound
	stuck vfork "$root/var"
	recover 1 --phases 2,8
	lives "$_pid" && fail 'it lives'
	grep -q '"number": 2, "outcome": "repaired"' "$logs/report.json" || fail 'phase 2 does not say so'
}

rescue_ends_what_it_started_on_the_target() {
	root systemd sound
	be_a_rescue
	(cd / && exec sleep 1000) &
	_other=$!
	holder 1 "trap 'echo asked >$dir/asked; exit' TERM"
	_asked=$_pid
	holder 2 "trap '' TERM INT HUP"
	_deaf=$_pid
	recover 1 --phases 2,8
	lives "$_asked" && fail 'what ends when asked lives'
	[ "$(cat "$dir/asked")" = asked ] || fail 'TERM did not come first'
	lives "$_deaf" && fail 'what ignores TERM lives'
	lives "$_other" || fail 'what does not hold the target was ended'
	grep -q "process $_deaf (sh) ended" "$logs/main.log" || fail 'main.log does not say so'
}

# Every process holds the running system: none of them is to be ended, the account is repaired all the same.
running_system_is_only_looked_at_by_phase_2() {
	root systemd sound
	cp "$payload" "$root/usr/sbin/rd-recovery"
	mount -t proc proc "$root/proc"
	chroot "$root" /usr/sbin/usermod -e 1 argo
	: >"$root/etc/initrd-release" # nothing else keeps it from ending them
	holder 1 "trap '' TERM"
	timeout 300 chroot "$root" /usr/sbin/rd-recovery run --root / --user argo --phases 2,4,8 >"$dir/out" 2>&1
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*')
	lives "$_pid" || fail 'who holds the running system was ended'
	grep -q 'process cleanup.*the target runs: only looked' "$logs/main.log" || fail 'phase 2 does not say that it only looks'
	[ -z "$(chroot "$root" getent shadow argo | cut -d : -f 8)" ] || fail 'the account is still expired'
}

process_that_survives_kill_is_reported() {
	root systemd sound
	be_a_rescue
	mkdir "$dir/fuse"
	mkfifo "$dir/pid"
	gcc -o "$dir/stuck" "$here/stuck.c" || fail 'no compiler'
	"$dir/stuck" fuse "$dir/fuse" "$root/var" >"$dir/pid" &
	read -r _stuck <"$dir/pid" || {
		echo 'no FUSE here'
		exit 77
	}
	recover 1 --phases 2,8
	lives "$_stuck" || fail 'it could be killed after all'
	grep -q "end process $_stuck (stuck): it survived KILL in .* and holds cwd $root/var" "$logs/error-bundle.txt" ||
		fail 'the survivor is not in the error bundle'
	grep -q '"number": 2, "outcome": "failed"' "$logs/report.json" || fail 'phase 2 does not say so'
}

keep_never_touches_the_hash() {
	root
	no_cached_package
	recover 1 --password keep
	cmp -s "$dir/shadow" "$root/etc/shadow" || fail 'shadow changed'
}

logs_find_another_place() {
	root
	mkdir "$dir/empty"
	recover 1 --phases 3,8 --boot "$dir/missing"
	ls "$root"/var/log/*-recovery-logs-*/main.log >/dev/null 2>&1 || fail 'no logs in /var/log'
	grep -q "$dir/missing" "$root"/var/log/*-recovery-logs-*/pivots.log || fail 'no pivot says so'
}

# Device mapper's word is faked where the payload reads it; /boot is a file system of its own.
encrypted_root_keeps_the_details() {
	root
	mount -t tmpfs -o mode=0755 boot "$root/boot"
	_dev=$(mountpoint -d "$root")
	mkdir -p "$dir/block/$_dev/dm"
	echo CRYPT-LUKS2-fake >"$dir/block/$_dev/dm/uuid"
	mount --bind "$dir/block" /sys/dev/block
	recover 0
	accepts $right || fail 'the right password is refused'
	[ "$(find "$root/boot" -type f)" = "$logs/main.log" ] || fail '/boot holds more than the short log'
	grep -q '^3 libxcrypt rebuild: repaired$' "$logs/main.log" || fail 'the short log does not say how phase 3 ended'
	grep -q -e argo -e SHA512 -e libcrypt1 "$logs/main.log" && fail 'the short log holds details'
	_details=$(sed -n 's/^details: //p' "$logs/main.log")
	grep -q SHA512 "$root$_details/main.log" || fail 'the details are not where the short log says'
}

interrupted_run_keeps_its_backups() {
	root
	chmod 700 "$root/usr/lib"
	hang
	"$payload" run --root "$root" >"$dir/out" 2>&1 &
	_pid=$!
	# the mode is mended; the package manager hangs
	timeout 60 sh -c "until grep -q 'tried: (a)' '$root'/boot/*/pivots.log 2>/dev/null; do sleep 0.2; done" ||
		fail 'rung (a) was never left'
	kill -TERM "$_pid"
	wait "$_pid"
	[ $? -eq 4 ] || fail 'not exit status 4'
	[ "$(stat -c %a "$root/usr/lib")" = 755 ] || fail 'nothing had been changed yet'
	grep -q '1 change was made' "$dir/out" || fail 'the summary does not count the change'
	"$payload" rollback --root "$root" >"$dir/out" 2>&1 || fail 'rollback failed'
	[ "$(stat -c %a "$root/usr/lib")" = 700 ] || fail 'the change was not undone'
}

rebuild_of_a_sound_library_is_not_claimed() {
	root systemd sound
	no_cached_package
	cp "$top"/build/sources/libxcrypt-*-autotools.tar.xz "$root/usr/src/"
	cp "$lib" "$dir/before.so"
	echo 'libxcrypt = rebuild' >"$dir/conf"
	recover 1 --phases 3,8 --config "$dir/conf"
	cmp -s "$lib" "$dir/before.so" || fail 'the library changed'
	grep -q '"rung": ""' "$logs/report.json" || fail 'a rung claims a repair'
	grep -q '"number": 3, "outcome": "skipped"' "$logs/report.json" || fail 'phase 3 does not say that it was not possible'
}

broken_preload_is_moved_aside() {
	root systemd sound
	echo '#include <unistd.h>
	__attribute__((constructor)) static void end(void) { _exit(7); }' | gcc -shared -fPIC -x c -o "$root/usr/lib/end.so" -
	# shellcheck disable=SC2016 # the loader's own word
	printf '/usr/lib/end.so\n/usr/$LIB/missing.so\n' >"$root/etc/ld.so.preload"
	cp "$root/etc/ld.so.preload" "$dir/preload"
	chroot "$root" /bin/true 2>/dev/null && fail 'the root is not broken'
	recover 0
	chroot "$root" /bin/true || fail 'nothing starts'
	"$payload" rollback --root "$root" >"$dir/out" 2>&1 || fail 'rollback failed'
	cmp -s "$root/etc/ld.so.preload" "$dir/preload" || fail 'the file did not come back'
}

harmless_preload_stays() {
	root systemd sound
	# shellcheck disable=SC2016 # the loader's own word
	printf '/usr/$LIB/missing.so\n' >"$root/etc/ld.so.preload"
	cp "$root/etc/ld.so.preload" "$dir/preload"
	recover 1 --phases 3,8
	cmp -s "$root/etc/ld.so.preload" "$dir/preload" || fail 'the file was edited'
}

locked_account_must_be_named() {
	root systemd sound
	chroot "$root" /usr/bin/passwd -q -l argo
	cp "$root/etc/shadow" "$dir/shadow"
	recover 1
	cmp -s "$dir/shadow" "$root/etc/shadow" || fail 'shadow changed'
	recover 1 --password generate
	cmp -s "$dir/shadow" "$root/etc/shadow" || fail 'generate unlocked who was not named'
	recover 0 --user argo
	accepts $right || fail 'the password behind the lock is refused'
}

# Three wrong passwords that stayed would lock the account: the second canary would be refused.
canary_leaves_no_tally() {
	root systemd sound
	mkdir -p "$root/var/lib/faillock"
	printf '%s\n' 'dir = /var/lib/faillock' 'deny = 3' 'unlock_time = 0' >"$root/etc/security/faillock.conf"
	sed -i -e 's/success=1 default=ignore\(.*pam_unix\)/success=2 default=ignore\1/' \
		-e '/requisite.*pam_deny/i auth [default=die] pam_faillock.so authfail' \
		-e '0,/^auth/s/^auth/auth required pam_faillock.so preauth\n&/' "$root/etc/pam.d/common-auth"
	_places='var/log var/lib run home'
	# shellcheck disable=SC2086 # words
	(cd "$root" && find $_places -type f -exec sha256sum {} + | sort) >"$dir/before"
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		recover 0 --phases 3,5,8
	done
	# shellcheck disable=SC2086 # words
	(cd "$root" && find $_places -path var/lib/rd-recovery -prune -o -type f -exec sha256sum {} + | sort) | diff "$dir/before" - >"$dir/out" ||
		fail 'logs, tallies or homes changed'
}

# The right password is let in, and so is every other one.
open_door_is_never_proven() {
	root systemd sound
	cp "$root$lib_dir/security/pam_permit.so" "$root$lib_dir/security/pam_unix.so"
	recover 1
	grep -q '\[5/8] PAM verification: pending: argo gets in' "$logs/main.log" || fail 'the right password was not accepted first'
	grep -q '"verdict": "login refused"' "$logs/report.json" || fail 'the verdict is not: refused'
	grep -q '\[5/8] PAM verification: failed: login accepted a wrong password' "$logs/main.log" || fail 'it does not say what failed'
	! grep -q 'can log in: ' "$dir/out" || fail 'a proof is claimed'
}

# A login is no proof before every refusal was seen; they are waited for beside the phases that write nothing.
signal_before_the_refusals_proves_nothing() {
	root systemd sound
	"$payload" run --root "$root" --phases 5,8 >"$dir/out" 2>&1 &
	_pid=$!
	timeout 60 sh -c "until grep -q 'PAM verification  *pending ' '$dir/out'; do sleep 0.1; done" || fail 'nothing is pending'
	kill -TERM "$_pid"
	wait "$_pid"
	[ $? -eq 4 ] || fail 'not exit status 4'
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*')
	grep -q '"verdict": "unknown"' "$logs/report.json" || fail 'the verdict is not: unknown'
	grep -q '\[5/8] PAM verification: unknown: login did not say whether it refuses' "$logs/main.log" || fail 'it does not say what is unknown'
}

refusals_wait_till_nothing_is_written() {
	root
	recover 0
	sed -n -e 's/.*\[6\/8] display manager: repaired.*/written/p' -e 's/.*nothing is written from here on.*/asked/p' \
		-e 's/.*with a wrong password: .*/answered/p' -e 's/.*\[8\/8] summary \.\.\./over/p' "$logs/main.log" >"$dir/order"
	printf '%s\n' written asked answered answered answered answered over | diff - "$dir/order" >"$dir/out" || fail 'not in that order'
	[ "$(grep -c 'PAM verification: pending' "$logs/main.log")" -eq 1 ] || fail 'nothing was pending'
	grep -q '"number": 5, "outcome": "ok"' "$logs/report.json" || fail 'the report keeps a pending outcome'
}

# What a profile asks looks like the login's own prompts, and may stand there before anybody looks for the shell.
question_of_a_profile_is_no_prompt() {
	root systemd sound
	chroot "$root" /usr/sbin/usermod -s /bin/dash argo
	: >"$root/etc/profile"
	echo "printf 'Which project: '; read -r project" >"$root/home/argo/.profile"
	recover 0 --phases 3,5,8
}

# /bin/login and su run a script as its interpreter: only its command line tells whose shell it is.
script_as_login_shell_is_recognised() {
	root systemd sound
	printf '%s\n' '#!/bin/sh -u' 'while read -r line; do echo no; done' >"$root/usr/local/bin/menu"
	chmod 755 "$root/usr/local/bin/menu"
	chroot "$root" /usr/sbin/usermod -s /usr/local/bin/menu argo
	recover 0 --phases 3,5,8 --timeout 40
}

every_display_managers_door_is_asked() {
	root systemd sound
	_units=/usr/lib/systemd/system
	cp "$root/bin/true" "$root/usr/sbin/lightdm"
	cp "$root$_units/sddm.service" "$root$_units/lightdm.service"
	printf '%s\n' 'auth required pam_deny.so' 'account required pam_permit.so' >"$root/etc/pam.d/lightdm"
	ln -sf $_units/sddm.service "$root/etc/systemd/system/display-manager.service"
	recover 0 --phases 3,5,8
	grep -q 'door lightdm (witness): right refused' "$logs/main.log" || fail 'lightdm was not asked'
	ln -sf $_units/lightdm.service "$root/etc/systemd/system/display-manager.service"
	recover 1 --phases 3,5,8
}

configured_hash_is_set() {
	root
	echo another-horse-8 | "$payload" hash >"$dir/conf"
	chmod 600 "$dir/conf"
	recover 0 --password config --config "$dir/conf"
	accepts another-horse-8 || fail 'the configured password is refused'
	accepts $right && fail 'the old password still works'
	:
}

password_alone_is_set_and_comes_back() {
	root
	listing >"$dir/before"
	echo another-horse-8 | "$payload" hash >"$dir/line"
	for _bad in '' '--user nobody-here'; do
		# shellcheck disable=SC2086 # words
		"$payload" password --root "$root" $_bad <"$dir/line" >"$dir/out" 2>&1
		[ $? -eq 2 ] || fail "no usage error: $_bad"
	done
	grep -qx "rd-recovery: there is no account nobody-here in $root" "$dir/out" || fail 'it does not say who is missing'
	mv "$root/etc/passwd" "$dir/passwd"
	for _instead in nothing folder; do
		[ $_instead = nothing ] || mkdir "$root/etc/passwd"
		"$payload" password --root "$root" --user argo <"$dir/line" >"$dir/out" 2>&1
		grep -q '^rd-recovery: /etc/passwd: ' "$dir/out" || fail "$_instead for passwd: that is not said"
	done
	rmdir "$root/etc/passwd"
	mv "$dir/passwd" "$root/etc/passwd"
	echo another-horse-8 | "$payload" password --root "$root" --user root >"$dir/out" 2>&1
	[ $? -eq 2 ] || fail 'what is no hash is no usage error'
	listing | diff "$dir/before" - >"$dir/out" || fail 'a usage error changed the tree'
	mkdir -p "$dir/host/etc" "$dir/host/work"
	echo 'user = root' >"$dir/host/etc/rd-recovery.conf"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m sh -c 'mount -t overlay -o "lowerdir=/etc,upperdir=$1/host/etc,workdir=$1/host/work" none /etc && "$2" password --root "$3" --user argo' - \
		"$dir" "$payload" "$root" <"$dir/line" >"$dir/out" 2>&1 || fail 'not set'
	_hash=$(sed 's/.*= //' "$dir/line")
	sed "s|^argo:[^:]*:[^:]*|argo:$_hash:$(($(date +%s) / 86400))|" "$dir/shadow" | cmp - "$root/etc/shadow" || fail 'not that line alone'
	cmp -s "$dir/shadow" "$root/etc/shadow-" || fail 'the old one is not shadow-'
	grep -qF "$_hash" "$dir/out" && fail 'the hash is shown'
	"$payload" password --root "$root" --user argo <"$dir/line" >"$dir/out" 2>&1 || fail 'the same again is an error'
	grep -q already "$dir/out" || fail 'the same again is not said'
	[ "$(find "$root/var/lib/rd-recovery" -name journal | wc -l)" -eq 1 ] || fail 'the same again left a journal'
	as_before
}

# Each command, without the right to mount.
what_only_root_may_says_so() {
	root
	listing >"$dir/before"
	echo another-horse-8 | "$payload" hash >"$dir/line"
	for _command in run diagnose rollback "capture --output $dir/copies" status verify report 'password --user argo'; do
		# shellcheck disable=SC2086 # words
		setpriv --bounding-set -sys_admin "$payload" $_command --root "$root" <"$dir/line" >"$dir/out" 2>&1
		[ $? -eq 3 ] || fail "$_command: it started"
		grep -qx 'rd-recovery: cannot start: Operation not permitted (it takes root, with the right to mount)' "$dir/out" || fail "$_command: it does not say why not"
	done
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
}

password_file_is_used() {
	root systemd sound
	printf 'third-horse-7\nnot this\n' >"$dir/pw"
	cd "$dir" || fail 'no folder'
	recover 0 --password file:pw
	accepts third-horse-7 || fail 'the password of the file is refused'
	grep -rqF third-horse-7 "$root" && fail 'the password is in a file'
	:
}

reset_no_hands_out_nothing() {
	root
	no_cached_package
	echo 'reset = no' >"$dir/conf"
	recover 1 --password generate --config "$dir/conf"
	cmp -s "$dir/shadow" "$root/etc/shadow" || fail 'shadow changed'
	[ -z "$(new_password)" ] || fail 'a password was shown'
}

configuration_error_touches_nothing() {
	root
	printf 'timeout = 5\npasswort = generate\n' >"$dir/conf"
	listing >"$dir/before"
	recover 2 --config "$dir/conf"
	grep -q 'conf:2:' "$dir/out" || fail 'the line is not named'
	listing | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
}

deadline_ends_the_run() {
	root
	echo 'deadline = 1' >"$dir/conf"
	recover 4 --config "$dir/conf"
	grep -q '"verdict"' "$logs/report.json" || fail 'no summary was written'
	# the only phase, and it does not end by itself
	for _program in login su; do
		printf '#!/bin/sh\nexec sleep 600\n' >"$root/usr/bin/$_program"
	done
	recover 4 --config "$dir/conf" --phases 5
}

openrc_gets_its_display_manager() {
	root openrc
	recover 0
	accepts $right || fail 'the right password is refused'
	[ -L "$root/etc/runlevels/default/sddm" ] || fail 'SDDM is not in the default runlevel'
}

healthy_root_is_left_alone() {
	root systemd sound
	recover 0
	accepts $right || fail 'the right password is refused'
	listing >"$dir/before"
	recover 0
	listing | diff "$dir/before" - >"$dir/out" || fail 'a second run changed something'
	[ "$(find "$root/var/lib/rd-recovery" -name journal | wc -l)" -eq 1 ] || fail 'a run without changes left a journal'
}

wrong_use_touches_nothing() {
	mount -t tmpfs rd-test "$dir"
	"$payload" run --root "$dir/none" >"$dir/out" 2>&1
	[ $? -eq 3 ] || fail 'a missing target is no exit status 3'
	for _empty in '' '\n' '\r\n'; do
		# shellcheck disable=SC2059 # a format without arguments
		printf "$_empty" >"$dir/empty"
		"$payload" run --root / --password "file:$dir/empty" >"$dir/out" 2>&1
		[ $? -eq 2 ] || fail 'an empty password file is no exit status 2'
	done
	"$payload" run --sideways >"$dir/out" 2>&1
	[ $? -eq 2 ] || fail 'an unknown argument is no exit status 2'
}

package_cases='' verify_cases=''
# shellcheck source=/dev/null
. "$here/packages.sh"
# shellcheck source=/dev/null
. "$here/verify.sh"

cases='lost_loader_comes_back truncated_libc_comes_back story_keeps_the_old_password every_log_exists_and_holds_no_secret generated_password_logs_in screen_ends_in_the_verdict_and_the_password serial_log_reads_from_top_to_bottom report_tells_a_run_and_its_json_keeps_the_schema hostile_report_is_named_and_nothing_else rollback_restores_everything
	rung_a_known_good_copy rung_b_cached_package rung_c_package_manager rung_d_manual_build rung_d_goes_on_to_the_carried_archive rung_e_another_method
	capture_of_a_sick_system_keeps_the_old capture_is_small_and_secret
	nested_overlay_recovers_by_rung_b nested_overlay_recovers_by_rung_c nested_overlay_recovers_by_rung_d
	unproven_manager_on_the_target_leaves_nothing without_pid_namespaces_it_recovers
	without_pid_namespaces_a_hung_manager_is_ended hung_package_manager_costs_its_limit diagnose_writes_nothing diagnose_and_verify_leave_boot_as_it_is keep_never_touches_the_hash logs_find_another_place
	stuck_process_is_named_and_left stuck_process_that_holds_the_target_is_ended rescue_ends_what_it_started_on_the_target running_system_is_only_looked_at_by_phase_2
	process_that_survives_kill_is_reported encrypted_root_keeps_the_details interrupted_run_keeps_its_backups rebuild_of_a_sound_library_is_not_claimed
	broken_preload_is_moved_aside harmless_preload_stays locked_account_must_be_named
	canary_leaves_no_tally open_door_is_never_proven signal_before_the_refusals_proves_nothing refusals_wait_till_nothing_is_written
	question_of_a_profile_is_no_prompt script_as_login_shell_is_recognised every_display_managers_door_is_asked configured_hash_is_set password_alone_is_set_and_comes_back what_only_root_may_says_so password_file_is_used reset_no_hands_out_nothing
	configuration_error_touches_nothing deadline_ends_the_run openrc_gets_its_display_manager healthy_root_is_left_alone
	wrong_use_touches_nothing '"$package_cases $verify_cases"

one_case "$@"
need_trees tests/target
RD_OUTER_MNT=$(readlink /proc/self/ns/mnt)
export RD_OUTER_MNT
# Most of the time is PAM's own delay after a refusal; some cases compile.
jobs=4
if [ "${1-}" = --jobs ]; then
	jobs=$2
	shift 2
fi
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
run_cases "$work" "$@"
