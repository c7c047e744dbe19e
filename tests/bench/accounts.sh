#!/bin/sh
# accounts.sh: what it takes to set one user's password among as many as an ordinary root has, and among 10,000, 100,000 and a million of them, each
# with a hash and a shadow- beside it: this program's password, usermod -R -p, chpasswd -R with -e and through PAM, and chroot chpasswd. Every one but
# those that ask PAM is given the hash, so that making one is not measured. Medians of RUNS (5) rounds, the ratio to this program's, and the memory
# of the largest process. What each leaves is taken back before the next. make bench starts it, as root.
set -eu

cd "$(dirname "$0")/../.."
dir=$PWD/build/bench/accounts
root=$dir/root
runs=${RUNS:-5}
# of 123456
hash="\$6\$mmmmmmmmmmmmmmmm\$RjwBZxg9xOqDQzZSlYZZB8uyKtCC9cZHlmnTKjnmvdJBkMaFNh7yoCyBnZCAEDuWWLhcxeKkXC8LURaTf0xmd0"
files='passwd shadow group gshadow'
sh qemu/image.sh trees
mkdir -p "$dir"

# A root with what the peers need: PAM and its modules, the C library, chpasswd.
make_root() {
	rm -rf --one-file-system "$root" "$root.new"
	mkdir -p "$root.new/usr" "$root.new/var/lib" "$root.new/dev" "$root.new/tmp"
	for _part in bin sbin lib lib64 etc usr/bin usr/sbin usr/lib64 usr/lib; do
		cp -a "build/qemu/systemd/$_part" "$root.new/$_part"
	done
	mknod -m 666 "$root.new/dev/null" c 1 3
	mknod -m 666 "$root.new/dev/urandom" c 1 9
	mkdir "$dir/0"
	for _file in $files; do cp -a "$root.new/etc/$_file" "$dir/0/"; done
	cp -a "$dir/0/shadow" "$dir/0/shadow-"
	mv "$root.new" "$root"
}
[ -d "$root" ] || {
	rm -rf --one-file-system "$dir/0"
	make_root
}

# people NUMBER: the root's files with so many users more.
people() {
	[ ! -d "$dir/$1" ] || return 0
	rm -rf --one-file-system "$dir/$1.new"
	cp -a "$dir/0" "$dir/$1.new"
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "user%07d:x:%d:100::/home/user%07d:/bin/bash\n", i, 100000 + i, i }' >>"$dir/$1.new/passwd"
	awk -v n="$1" -v hash="$hash" 'BEGIN { for (i = 0; i < n; i++) printf "user%07d:%s:19700:0:99999:7:::\n", i, hash }' >>"$dir/$1.new/shadow"
	cp -a "$dir/$1.new/shadow" "$dir/$1.new/shadow-"
	mv "$dir/$1.new" "$dir/$1"
}

measure=''
ours() {
	$measure build/rd-recovery password --root "$root" --user "$user" <"$dir/line"
}
usermod_p() {
	$measure usermod -R "$root" -p "$new" "$user"
}
chpasswd_e() {
	$measure chpasswd -e -R "$root" <"$dir/hashed"
}
chpasswd_pam() {
	$measure chpasswd -R "$root" <"$dir/typed"
}
chroot_chpasswd() {
	$measure chroot "$root" /usr/sbin/chpasswd <"$dir/typed"
}

# The same files before each, on the disk.
prepare() {
	rm -rf --one-file-system "$root/var/lib/rd-recovery"
	for _file in $files shadow-; do cp -a "$dir/$people/$_file" "$root/etc/$_file"; done
	sync -f "$root"
}

# line TEXT NAME [BOUND]: the memory and rounds.sh's row; each must have done its work.
line() {
	prepare
	measure="/usr/bin/time -f %M -o $dir/peak"
	"$2" >"$dir/said" 2>&1 || true
	measure=''
	! cmp -s "$root/etc/shadow" "$dir/$people/shadow" || {
		cat "$dir/said" >&2
		echo "accounts.sh: $2 did not set the password" >&2
		exit 1
	}
	printf '%7s MiB  %s\n' "$(tail -n 1 "$dir/peak" | awk '{ printf "%.1f", $1 / 1024 }')" "$(row "$1" "$2" ours "${3-}")"
}

# shellcheck source=tests/bench/rounds.sh
. tests/bench/rounds.sh
new=$(printf '%s' "$hash" | tr m n)
echo "$new" >"$dir/line"
for people in 0 10000 100000 1000000; do
	user=root
	[ "$people" -eq 0 ] || user=$(printf 'user%07d' $((people / 2)))
	people "$people"
	echo "$user:$new" >"$dir/hashed"
	echo "$user:correct-horse-9" >"$dir/typed"
	rounds ours usermod_p chpasswd_e chpasswd_pam chroot_chpasswd
	printf '%7s      ' peak
	head_row "a password among $(wc -l <"$dir/$people/passwd") users"
	case $people in
	0) line 'rd-recovery password' ours 10 ;;
	1000000) line 'rd-recovery password' ours 300 ;;
	*) line 'rd-recovery password' ours ;;
	esac
	line 'usermod -R -p' usermod_p
	line 'chpasswd -e -R' chpasswd_e
	line 'chpasswd -R, which hashes' chpasswd_pam
	line 'chroot chpasswd, which hashes' chroot_chpasswd
done
