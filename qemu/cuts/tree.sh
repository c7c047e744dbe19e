#!/bin/sh
# tree.sh DIR CUTS: a small root with faults whose repairs are of every kind: replace, create, remove, make a folder, set a mode, commit a trial.
# CUTS: the guests' program, in it the package manager.
set -eu

root=$1 cuts=$2 from=build/qemu/systemd/usr
mkdir -p "$root/etc/pam.d" "$root/var/lib" "$root/var/log" "$root/boot" "$root/root" "$root/home" "$root/usr/bin" "$root/usr/lib" "$root/run" "$root/proc" \
	"$root/dev" "$root/sys" "$root/tmp"
ln -s usr/bin "$root/bin"
ln -s usr/lib "$root/lib"
printf "int main(void) { return 0; }" | musl-gcc -static -s -x c -o "$root/usr/bin/bash" -
echo ID=debian >"$root/etc/os-release"
printf '%s\n' root:x:0:0:root:/root:/bin/bash daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin 'argo:x:1000:1000:Argo:/home/argo:/bin/gone' >"$root/etc/passwd"
printf '%s\n' root:x:0: sudo:x:27:argo argo:x:1000: >"$root/etc/group"
# shellcheck disable=SC2016 # a hash
printf '%s\n' 'root:!:19700:0:99999:7:::' 'daemon:*:19700:0:99999:7:::' 'argo:!$6$abcdefgh$0nXyZ:19700:0:99999:7:::' >"$root/etc/shadow"
echo 'root:!:19600:0:99999:7:::' >"$root/etc/shadow-"
chmod 0600 "$root/etc/shadow" "$root/etc/shadow-"
printf '%s\n' 'UID_MIN 1000' 'UID_MAX 60000' 'ENCRYPT_METHOD SHA512' >"$root/etc/login.defs"
echo /bin/sh >"$root/etc/shells"
echo '# none' >"$root/etc/fstab"
echo 'Closed for ever' >"$root/etc/nologin"
chmod 0777 "$root/etc"
chmod 0755 "$root/tmp"
# what a crash left
echo 4711 >"$root/etc/passwd.lock"
cp "$root/usr/bin/bash" "$root/usr/bin/su"
cp "$root/usr/bin/bash" "$root/usr/bin/login"
for _service in login su common-auth common-account common-session common-password; do
	printf 'auth required pam_unix.so\naccount required pam_unix.so\npassword required pam_unix.so\nsession required pam_unix.so\n' >"$root/etc/pam.d/$_service"
done
cp "$root/usr/bin/bash" "$root/usr/bin/passwd"
ln "$root/usr/bin/passwd" "$root/usr/bin/passwd.link"
# the story's libcrypt; a package manager that has a better one; what it takes to ask them which methods they know
lib=usr/lib/x86_64-linux-gnu
mkdir -p "$root/$lib" "$root/usr/lib64" "$root/usr/share/libcrypt1" "$root/usr/share/doc" "$root/var/lib/dpkg/info"
ln -s usr/lib64 "$root/lib64"
cp -a "$from"/lib64/. "$root/usr/lib64/"
cp -a "$from/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$from/lib/x86_64-linux-gnu/libc.so.6" "$root/$lib/"
cp "$from/lib/x86_64-linux-gnu/libcrypt.so.1.1.0" "$root/usr/share/libcrypt1/"
cp build/libs/crippled/libcrypt.so.1.1.0 "$root/$lib/"
ln -s libcrypt.so.1.1.0 "$root/$lib/libcrypt.so.1"
echo "/$lib" >"$root/etc/ld.so.conf"
cp "$cuts" "$root/usr/bin/sh"
printf '%s\n' 'Package: libcrypt1' 'Status: install ok installed' 'Version: 1' '' >"$root/var/lib/dpkg/status"
printf '%s\n' "/$lib/libcrypt.so.1" "/$lib/libcrypt.so.1.1.0" >"$root/var/lib/dpkg/info/libcrypt1.list"
