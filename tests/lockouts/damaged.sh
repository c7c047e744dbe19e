# damaged.sh: any one range of bytes of what the payload reads, damaged: a finding or a clean message, never a crash, a hang, an open door.
# Sourced by scenario.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # of scenario.sh

damaged_files='etc/passwd etc/shadow etc/group etc/login.defs etc/nsswitch.conf etc/fstab usr/lib/os-release etc/shells etc/ld.so.conf etc/ld.so.cache
	etc/pam.d/login etc/pam.d/su etc/pam.d/common-auth etc/pam.d/common-account etc/pam.d/common-session etc/pam.d/sddm
	var/lib/dpkg/status var/lib/dpkg/info/libcrypt1:amd64.list var/lib/dpkg/info/login.list
	usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0 usr/lib/x86_64-linux-gnu/security/pam_unix.so usr/lib/x86_64-linux-gnu/libpam.so.0.85.1
	usr/lib/x86_64-linux-gnu/libc.so.6 usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 usr/bin/login usr/bin/sddm'

# damage_one SEED: sets _file; false: this root has no such file.
damage_one() {
	# shellcheck disable=SC2086 # a list of words
	set -- "$1" $damaged_files
	_seed=$1
	shift $((_seed % ($# - 1) + 1))
	_file=$1
	[ -f "$root/$_file" ] || return 1
	python3 "$here/damaged.py" "$root/$_file" "$_seed" >"$dir/how" || fail "seed $_seed: $_file was not damaged"
}

# What diagnose may say: healthy, findings, or that this is no usable target; never a signal's status, never a phase that crashed.
looks_without_harm() {
	payload diagnose --json --root "$root"
	_got=$?
	case $_got in 0 | 1 | 3) ;; *) fail "seed $_seed, $_file $(cat "$dir/how"): diagnose ended with $_got" ;; esac
	! grep -Eq '"outcome": "(crashed|timed out)"' "$dir/out" || fail "seed $_seed, $_file $(cat "$dir/how"): phase 1 crashed or hung"
}

# A run on it: whatever it repairs, no wrong password gets in, and all of it is undone.
repairs_without_harm() {
	cp -a "$root/$_file" "$dir/file"
	timeout 280 "$payload" run --root "$root" --password keep >"$dir/out" 2>&1 </dev/null
	_got=$?
	case $_got in 0 | 1 | 3) ;; *) fail "seed $_seed, $_file $(cat "$dir/how"): run ended with $_got" ;; esac
	! grep -Eq ': (crashed|timed out)' "$dir/out" || fail "seed $_seed, $_file $(cat "$dir/how"): a phase crashed or hung"
	! tries wrong-horse-1 || fail "seed $_seed, $_file $(cat "$dir/how"): a wrong password is let in"
	[ "$_got" -eq 3 ] || payload rollback --root "$root" || fail "seed $_seed, $_file: rollback failed"
	[ "$(describe "$root/$_file")" = "$(describe "$dir/file")" ] || fail "seed $_seed, $_file: not as it was after rollback"
}

# Each root has seeds of its own.
damaged() {
	[ "$init" = systemd ] && _first=1 || _first=2
	for _seed in $(seq "$_first" 2 160); do
		fresh
		! damage_one "$_seed" || looks_without_harm
	done
	for _seed in $(seq $((_first + 10)) 6 30); do
		fresh
		! damage_one "$_seed" || repairs_without_harm
	done
}
