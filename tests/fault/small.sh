#!/bin/sh
# small.sh DIR [INIT]: a small healthy root, which is made at DIR: the programs that a login needs, this machine's own with their libraries,
# and text files. root has no password to log in with; argo, who is in sudo, has correct-horse-9 ($6$). INIT: systemd (default) or sysv.
set -eu

root=${1:?DIR} init=${2:-systemd}

mkdir -p "$root"
cd "$root"
mkdir -p usr/bin usr/sbin usr/lib/systemd/system usr/lib/sysusers.d usr/lib64 etc/pam.d etc/systemd/system etc/selinux etc/default \
	var/lib/dpkg/info var/lib/rd-recovery var/log var/tmp boot dev proc sys run tmp root home/argo
for _dir in bin sbin lib lib64; do ln -s usr/$_dir $_dir; done
chmod 700 root var/lib/rd-recovery
chmod 1777 tmp var/tmp
chown 1000:1000 home/argo

# --- programs

put() {
	mkdir -p "$root${1%/*}"
	[ -e "$root$1" ] || cp --preserve=mode,ownership --dereference "$1" "$root$1"
}
modules=$(find /usr/lib /usr/lib64 -path '*/security/pam_unix.so' | head -n 1)
modules=${modules%/*}
for _file in /bin/bash /bin/true /bin/login /bin/su /usr/bin/env /usr/bin/id /usr/sbin/unix_chkpwd /usr/sbin/nologin /sbin/agetty \
	"$modules"/pam_unix.so "$modules"/pam_deny.so "$modules"/pam_permit.so "$modules"/pam_rootok.so "$modules"/pam_nologin.so \
	"$modules"/pam_securetty.so "$modules"/pam_shells.so; do
	put "$_file"
	for _lib in $(ldd "$_file" 2>/dev/null | grep -o '/[^ ]*'); do put "$_lib"; done
done
# loaded by name: what the C library asks of the name service
find /usr/lib /usr/lib64 -name libnss_files.so.2 | while read -r _lib; do put "$_lib"; done
ln -s bash usr/bin/sh

# --- accounts

printf '%s\n' root:x:0:0:root:/root:/bin/bash daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin argo:x:1000:1000:Argo:/home/argo:/bin/bash >etc/passwd
# shellcheck disable=SC2016 # a hash
printf '%s\n' 'root:*:19000:0:99999:7:::' 'daemon:*:19000:0:99999:7:::' \
	'argo:$6$rounds=1000$smallroot$zXxS/n8OkrRKCEfm2/y0ipJRyktLdsk9EmcfXW9rP8nMsQkevTkfvknOqgmYxGs.3l/ZmSuEKQBHQkOgk5nxy0:19000:0:99999:7:::' >etc/shadow
printf '%s\n' root:x:0: daemon:x:1: sudo:x:27:argo shadow:x:42: argo:x:1000: >etc/group
printf '%s\n' root:*:: daemon:*:: 'sudo:*::argo' shadow:*:: argo:!:: >etc/gshadow
for _file in passwd shadow group gshadow; do cp etc/$_file etc/$_file-; done
chown 0:42 etc/shadow etc/gshadow etc/shadow- etc/gshadow-
chmod 640 etc/shadow etc/gshadow etc/shadow- etc/gshadow-

# --- how one logs in

for _service in login su; do
	{
		[ $_service = su ] && echo 'auth sufficient pam_rootok.so'
		[ $_service = login ] && printf '%s\n' 'auth required pam_securetty.so' 'auth requisite pam_nologin.so'
		printf '%s\n' '@include common-auth' 'account required pam_unix.so' 'password required pam_unix.so sha512' 'session required pam_unix.so'
	} >etc/pam.d/$_service
done
echo 'auth required pam_unix.so' >etc/pam.d/common-auth
printf '%s required pam_deny.so\n' auth account password session >etc/pam.d/other
printf '%s\n' 'UID_MIN 1000' 'UID_MAX 60000' 'ENCRYPT_METHOD SHA512' >etc/login.defs
printf '%s\n' /bin/sh /bin/bash >etc/shells
printf '%s\n' console tty1 ttyS0 pts/0 pts/1 >etc/securetty
printf '%s: files\n' passwd shadow group gshadow >etc/nsswitch.conf
printf '%s\n' /usr/local/lib >etc/ld.so.conf

# --- the system

printf '%s\n' 'ID=small' 'PRETTY_NAME="A small root"' >usr/lib/os-release
ln -s ../usr/lib/os-release etc/os-release
printf '%s\n' 'tmpfs /tmp tmpfs defaults 0 0' >etc/fstab
printf '%s\n' 'timeout = 60' >etc/rd-recovery.conf
printf '%s\n' 'XKBLAYOUT=us' >etc/default/keyboard
printf '%s\n' SELINUX=disabled SELINUXTYPE=targeted >etc/selinux/config
chmod 600 etc/rd-recovery.conf
if [ "$init" = sysv ]; then
	cp /bin/true usr/sbin/init
	printf '%s\n' id:2:initdefault: '1:2345:respawn:/sbin/agetty 38400 tty1 linux' >etc/inittab
else
	cp /bin/true usr/lib/systemd/systemd
	ln -s ../lib/systemd/systemd usr/sbin/init
	printf '%s\n' '[Service]' 'ExecStart=-/sbin/agetty - linux' '[Install]' 'DefaultInstance=tty1' >usr/lib/systemd/system/getty@.service
	mkdir -p etc/systemd/system/getty.target.wants
	ln -s /usr/lib/systemd/system/getty@.service etc/systemd/system/getty.target.wants/getty@tty1.service
	ln -s multi-user.target usr/lib/systemd/system/default.target
fi
printf '%s\n' 'Package: login' 'Status: install ok installed' 'Version: 1' '' >var/lib/dpkg/status
printf '%s\n' /bin/login /bin/su >var/lib/dpkg/info/login.list
printf '%s\n' 'u argo 1000 "Argo" /home/argo /bin/bash' >usr/lib/sysusers.d/argo.conf
echo 1 >var/lib/rd-recovery/sequence
