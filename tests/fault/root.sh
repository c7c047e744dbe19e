#!/bin/sh
# root.sh DIR PAYLOAD: from the hashes in DIR/old and DIR/new, DIR/root, a target of two accounts with what the editing paths change, attributes of every
# kind on it; DIR/upper, a trial's layer; DIR/capture, what phases 3 and 5 put back.
set -eu

payload=$2

mkdir -p "$1/root" "$1/upper"
printf 'password_hash = %s\n' "$(cat "$1/new")" >"$1/conf"
chmod 0600 "$1/conf"
cd "$1/root"
mkdir -p etc/pam.d boot var/lib var/log var/cache root home usr/lib bin sbin dev proc run tmp usr/share/doc
chmod 0700 root
chmod 1777 tmp
hash=$(cat "$1/old")
printf 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/home/ada:/bin/sh\n' >etc/passwd
printf 'root:x:0:\nsudo:x:27:ada\nshadow:x:42:\nada:x:1000:\n' >etc/group
printf 'root:*:19000:0:99999:7:::\nada:%s:19000:0:99999:7:::\n# kept\n+nis\n' "$hash" >etc/shadow
printf 'root:*:18000:0:99999:7:::\n' >etc/shadow-
chown 0:42 etc/shadow etc/shadow-
chmod 0640 etc/shadow
chmod 0600 etc/shadow-
printf 'ID=tiny\nPRETTY_NAME="Tiny"\n' >etc/os-release
printf 'ENCRYPT_METHOD SHA512\nUID_MIN 1000\nUID_MAX 60000\n' >etc/login.defs
echo 'auth required pam_gone.so' >etc/pam.d/login
echo 'auth sufficient pam_rootok.so' >etc/pam.d/su
chmod 0600 etc/pam.d/su
chown 1000:1000 etc/pam.d/su
chmod 0775 etc/pam.d
echo 'no logins' >etc/nologin
ln -s /usr/share/old etc/localtime
echo label >etc/label
printf 'su' >bin/su
chmod 0755 bin/su
ln bin/su bin/su.other
echo 'a broken library' >usr/lib/libcrypt.so.1.1.0
ln -s libcrypt.so.1.1.0 usr/lib/libcrypt.so.1
echo 'a good library' >usr/lib/good.so
chmod 0755 usr/lib/libcrypt.so.1.1.0 usr/lib/good.so
echo doc >usr/share/doc/old
mkdir usr/share/full usr/share/empty
echo a >usr/share/full/a
echo flat >usr/share/flat
_deep=etc/$(printf 'x%.0s' $(seq 100))
_deep=$_deep/$(printf 'y%.0s' $(seq 100))/$(printf 'z%.0s' $(seq 100))
mkdir -p "$_deep"
echo deep >"$_deep/file"
ln -s "/$_deep" deep
setfattr -n security.selinux -v 'system_u:object_r:shadow_t:s0' etc/shadow
setfattr -n trusted.rd -v kept etc/shadow
setfattr -n security.selinux -v 'wrong_t' etc/label
# posix_acl_xattr.h: version 2, then tag, permissions, id: ada may read
setfattr -n system.posix_acl_access \
	-v 0x0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000400ffffffff etc/pam.d/login
# a tmpfs has flags since Linux 6.6
chattr +i etc/pam.d/login || echo 'root.sh: no immutable flag here'

cd "$1/upper"
mkdir -p usr/lib/new usr/share/doc usr/share/flat etc var/cache
echo 'was a folder' >usr/share/full
echo 'was a folder' >usr/share/empty
echo 'in a folder' >usr/share/flat/file
echo 'a rebuilt library' >usr/lib/libcrypt.so.1.2.0
chmod 0755 usr/lib/libcrypt.so.1.2.0
ln -s libcrypt.so.1.2.0 usr/lib/libcrypt.so.1
mknod usr/lib/libcrypt.so.1.1.0 c 0 0
mknod usr/share/doc/old c 0 0
echo new >usr/lib/new/file
echo scratch >var/cache/scratch

# This machine's own libcrypt, and in the root what it takes to ask it.
library() {
	ldconfig -p | sed -n "s,^\t$1 (libc6\,x86-64.* => ,,p" | head -n 1
}
cd ..
mkdir root/lib64
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
cp -L "$(library libc.so.6)" root/usr/lib/
cp -a root healthy
rm -r healthy/etc/pam.d healthy/usr/lib/libcrypt.so.1.1.0
cp -L "$(library libcrypt.so.1)" healthy/usr/lib/libcrypt.so.1.1.0
printf 'int main(void) { return 0; }' | musl-gcc -static -s -x c -o healthy/bin/su -
cp healthy/bin/su healthy/bin/login
cp healthy/bin/su healthy/bin/sh
chmod 4755 healthy/bin/su
"$payload" capture --root "$PWD/healthy" --output "$PWD/capture"
rm -r healthy
