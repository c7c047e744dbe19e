#!/bin/sh
# full.sh: everything is full or read-only: /, /boot and /run of a small root, filled to the last block and the last inode, in steps, until a run
# has all it needs; then read-only mounts. After each run every file is wholly old or wholly new and none is lost or left over, the report, the
# logs and the tree say the same, pivots.log says where the logs went and why, and rollback, on the disk still full, gives back the old tree.
# Root, and nothing but memory: tmpfs counts blocks and inodes. (ext4 itself is filled by qemu/hangs.) Last line: N passed, N failed.
set -eu

if [ "${1-}" != --inside ]; then
	cd "$(dirname "$0")/../.."
	sh qemu/image.sh trees
	exec unshare -m sh "$0" --inside
fi
top=$PWD payload=$PWD/build/rd-recovery
passed=0 failed=0
new=battery-staple-77 old=correct-horse-9
dir=$(mktemp -d)
root=$dir/root

trap 'cd / && umount -R "$dir" && rmdir "$dir"' EXIT
mount -n -t tmpfs full "$dir"
mkdir "$dir/sound" "$dir/root"
echo "$new" >"$dir/password"

# What a password needs: accounts, a libcrypt and what loads it. The owner is locked; /tmp and a home have lost their owners and modes.
small_root() {
	_base=$top/build/qemu/base
	cd "$dir/sound"
	mkdir -p usr/lib/x86_64-linux-gnu usr/bin usr/sbin usr/lib64 etc var/lib var/log boot proc sys dev run tmp home/argo root
	for _link in lib bin sbin lib64; do
		ln -s "usr/$_link" "$_link"
	done
	cp -a "$_base"/usr/lib64/. usr/lib64/
	(cd "$_base/usr/lib/x86_64-linux-gnu" && cp -a ld-linux-x86-64.so.2 libc.so.6 libcrypt.so.1* "$dir/sound/usr/lib/x86_64-linux-gnu/")
	cp -a "$_base/usr/bin/sh" "$_base/usr/bin/dash" usr/bin/
	(cd "$_base/etc" && cp -a passwd shadow group gshadow login.defs ld.so.conf ld.so.conf.d shells nsswitch.conf "$dir/sound/etc/")
	cp "$_base/usr/lib/os-release" etc/
	echo '/dev/vda / tmpfs defaults 0 1' >etc/fstab
	# so many that no edit of theirs fits a block
	for _n in $(seq 300); do
		echo "u$_n:x:$((3000 + _n)):$((3000 + _n))::/nonexistent:/usr/sbin/nologin" >>etc/passwd
		echo "u$_n:!:19000:0:99999:7:::" >>etc/shadow
	done
	echo 'argo:x:1000:1000::/home/argo:/bin/sh' >>etc/passwd
	echo 'argo:x:1000:' >>etc/group
	echo "argo:!$(crypt "$old" "\$6\$saltsaltsalt\$"):19000:0:99999:7:::" >>etc/shadow
	echo kernel >boot/vmlinuz
	cd "$top"
}

crypt() {
	perl -e 'print crypt($ARGV[0], $ARGV[1])' "$1" "$2"
}

# --- one machine

# Three file systems with room: /, /boot, and the /run of whoever runs this.
fresh() {
	! mountpoint -q "$root" || umount -R "$root"
	! mountpoint -q /run || umount /run
	mount -n -t tmpfs root "$root"
	cp -a "$dir/sound/." "$root"
	mount -n -t tmpfs boot "$root/boot"
	echo kernel >"$root/boot/vmlinuz"
	mount -n -t tmpfs run /run
	echo 1 >/run/utmp
}

where() {
	case $1 in
	/run) echo /run ;;
	*) echo "$root${1%/}" ;;
	esac
}

# leave PLACE blocks|inodes N: so many of them are free there from now on.
leave() {
	_at=$(where "$1")
	case $2 in
	blocks) mount -n -o "remount,size=$((($(df -B 4096 --output=used "$_at" | tail -n 1) + $3) * 4096))" "$_at" ;;
	inodes) mount -n -o "remount,nr_inodes=$(($(df --output=iused "$_at" | tail -n 1) + $3))" "$_at" ;;
	readonly) mount -n -o remount,ro "$_at" ;;
	esac
}

run() {
	status=0
	timeout 120 "$payload" run --json --root "$root" --user argo --password "file:$dir/password" --phases 1,2,3,4,8 --timeout 60 \
		>"$dir/json" 2>"$dir/said" </dev/null || status=$?
}

# --- what is there

# shadow FILE: its state, and the sum of the other lines. The owner's hash is whose it is by asking crypt(3): each run has a salt of its own.
shadow() {
	[ -e "$root/$1" ] || {
		echo "$1 none"
		return
	}
	_hash=$(grep -a '^argo:' "$root/$1" | cut -d : -f 2) _state=damaged
	[ "!$(crypt "$old" "${_hash#!}")" != "$_hash" ] || _state=old
	[ "$(crypt "$old" "$_hash")" != "$_hash" ] || _state=unlocked
	[ "$(crypt "$new" "$_hash")" != "$_hash" ] || _state=new
	echo "$1 $_state"
	echo "$1: $(grep -av '^argo:' "$root/$1" | sha256sum) $(stat -c '%a %u %g' "$root/$1")"
}

# Every file but the payload's own: its kind, mode, owner and content, a line each.
manifest() {
	(
		cd "$root"
		set -- \( -path ./var/lib/rd-recovery -o -name '*-recovery-logs-*' -o -path './etc/shadow*' \) -prune -o
		find . "$@" -printf '%p %y %m %U %G %l\n'
		find . "$@" -type f -exec sha256sum {} +
	) | sort
	shadow etc/shadow
	shadow etc/shadow-
}

# of the report: report FILE EXPRESSION
report() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); p = {x["number"]: x["outcome"] for x in r["phases"]}; print(eval(sys.argv[2]))' "$1" "$2"
}

wrong() {
	why="$why${why:+; }$*"
}

# Wholly old or wholly new, nothing lost, nothing left over.
whole() {
	manifest >"$dir/now"
	_odd=$(printf '%s\n' 'etc/shadow unlocked' 'etc/shadow- old' 'etc/shadow- unlocked' |
		cat "$dir/old" "$dir/new" - | grep -Fxv -f - "$dir/now" || :)
	[ -z "$_odd" ] || wrong "neither old nor new: $(echo "$_odd" | head -n 3 | tr '\n' ' ')"
	_lost=$(cut -d ' ' -f 1 "$dir/old" | while read -r _path; do grep -Fq "$_path " "$dir/now" || echo "$_path"; done)
	[ -z "$_lost" ] || wrong "lost: $(echo "$_lost" | head -n 3 | tr '\n' ' ')"
}

# The report says what the tree shows.
agrees() {
	set=False changed=False
	! grep -qx 'etc/shadow new' "$dir/now" || set=True
	cmp -s "$dir/old" "$dir/now" || changed=True
	[ "$status" -eq 1 ] || wrong "exit status $status"
	[ "$(report "$dir/json" 'r["password_set"]')" = "$set" ] || wrong "the report says of a new password: not $set"
	[ "$(report "$dir/json" 'r["changes"] > 0')" = "$changed" ] || wrong "the report says of changes: not $changed"
	[ "$(report "$dir/json" 'p[4] in ("ok", "repaired", "weaker")')" = "$set" ] || wrong "phase 4: $(report "$dir/json" 'p[4]')"
	[ "$set" = True ] || grep -Eq '\[4(/8\]| password reset\]).*(No space left|Read-only file system|diagnosing only)' "$dir/said" || wrong 'the console does not say why there is no new password'
}

# The logs are where the console says, say the same, and tell of each better place why it is none.
logged() {
	logs=$(sed -n 's/^logs: //p' "$dir/said" | tail -n 1)
	if [ ! -s "$logs/report.json" ]; then
		logs=nowhere
		grep -q 'Next: no logs on disk' "$dir/said" || wrong "no logs in '$logs', and nothing says so"
		return 0
	fi
	[ "$(report "$logs/report.json" 'r["changes"], r["password_set"]')" = "$(report "$dir/json" 'r["changes"], r["password_set"]')" ] ||
		wrong 'report.json says something else'
	case $logs in
	"$root"/boot/*) return 0 ;;
	"$root"/var/log/*) _before=$root/boot ;;
	*) _before="$root/boot $root/var/log" ;;
	esac
	for _place in $_before; do
		grep -Eq "tried: $_place/[^|]* \| failed: [^|]+ \| next: " "$logs/pivots.log" || wrong "pivots.log does not say why not $_place"
	done
}

# On the disk as it is now.
undone() {
	[ "$(report "$dir/json" 'r["changes"] > 0')" = True ] || return 0
	timeout 120 "$payload" rollback --root "$root" >"$dir/undo" 2>&1 </dev/null || wrong "rollback: $(tail -n 1 "$dir/undo")"
	manifest >"$dir/now"
	cmp -s "$dir/old" "$dir/now" || wrong "rollback left: $(diff "$dir/old" "$dir/now" | grep '^[<>]' | head -n 3 | tr '\n' ' ')"
}

# step PLACES KIND N: sets enough when nothing was missing.
step() {
	why='' set='' logs=''
	fresh
	for _which in $1; do
		leave "$_which" "$2" "$3"
	done
	run
	if [ ! -s "$dir/json" ]; then
		wrong "no report: $(tail -n 1 "$dir/said")"
	else
		whole
		agrees
		logged
		undone
	fi
	case $set:$logs in
	"True:$root"/boot/*) enough=yes ;;
	*) enough=no ;;
	esac
	if [ -z "$why" ]; then
		passed=$((passed + 1))
		echo "ok $1 $2 $3: new password: $set, logs: ${logs#"$root"}"
	else
		failed=$((failed + 1))
		echo "not ok $1 $2 $3: $why"
	fi
}

# steps PLACES KIND N...: each, and the last must be enough.
steps() {
	_places=$1 _kind=$2
	shift 2
	for _n; do
		step "$_places" "$_kind" "$_n"
	done
	[ "$enough" = yes ] || {
		failed=$((failed + 1))
		echo "not ok $_places $_kind: nothing was ever enough"
	}
}

small_root
fresh
manifest >"$dir/old"
run
manifest >"$dir/new"
if ! grep -qx 'etc/shadow old' "$dir/old" || ! grep -qx 'etc/shadow new' "$dir/new"; then
	cat "$dir/said"
	echo 'not ok: with room for everything there is no new password'
	exit 1
fi
# The journal reserves a MiB, 256 blocks.
blocks='0 1 2 64 255 256 257 258 259 260 261 262 263 264 272'
inodes='0 1 2 3 4 5 6 7 8 9 10 11'
# shellcheck disable=SC2086 # lists of numbers
{
	steps / blocks $blocks
	steps / inodes $inodes
	steps /boot blocks 0 1 2 4 8 16 24 32 48
	steps /boot inodes 0 1 3 5 6 7 8
	steps '/ /boot /run' blocks 0 1 8 256 259 262 300
	steps '/ /boot /run' inodes 0 1 4 7 10 20
}
for places in / /boot /run '/boot /run' '/ /boot' '/ /boot /run'; do
	step "$places" readonly 0
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
