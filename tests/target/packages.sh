# packages.sh: cases about package managers other than dpkg, sourced by run.sh. rpm and pacman are real, with real databases; Portage is a double
# (emerge.double).
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, dir, lib, payload, ...: run.sh's
# shellcheck disable=SC2034 # package_cases: run.sh reads it
# shellcheck disable=SC2086 # right: one word

# shellcheck source=/dev/null
. "$top/qemu/lib.sh"

package_cases='rpm_finds_and_unpacks_its_package rpm_reinstalls_its_package pacman_finds_and_unpacks_its_package pacman_reinstalls_its_package
	portage_bent_by_a_patch portage_bent_by_an_env_file portage_failing_is_left portage_ends_its_merge_step portage_leaves_no_children
	portage_after_a_crash portage_binary_packages_and_images build_without_memory_lies_on_the_disk'

# What the tree's own manager knows would be asked first.
no_dpkg() {
	rm -rf --one-file-system "$root/var/lib/dpkg"
	no_cached_package
}

# A package of the healthy libcrypt, installed and in dnf's cache; then the library is broken again.
rpm_root() {
	root compiler
	no_dpkg
	enter "$root"
	# as everywhere but on Debian
	mkdir -p "$root/etc/rpm"
	echo '%_dbpath /var/lib/rpm' >"$root/etc/rpm/macros"
	mkdir -p "$root/tmp/tree$lib_dir" "$root/var/cache/dnf/fedora-2d95c80a1fa0a67d/packages"
	cp "$dir/healthy.so" "$root/tmp/tree$lib_dir/libcrypt.so.1.1.0"
	ln -s libcrypt.so.1.1.0 "$root/tmp/tree$lib_dir/libcrypt.so.1"
	cat >"$root/tmp/libxcrypt.spec" <<-END
		Name: libxcrypt
		Version: 4.4.33
		Release: 7
		Summary: x
		License: LGPL
		AutoReqProv: no
		%description
		x
		%install
		cp -a /tmp/tree/. %{buildroot}
		%files
		$lib_dir/libcrypt.so.1
		%attr(0755, root, root) $lib_dir/libcrypt.so.1.1.0
	END
	inside rpmbuild -bb --quiet --define '_topdir /tmp/rpm' --define '__os_install_post %{nil}' --define 'debug_package %{nil}' \
		/tmp/libxcrypt.spec >"$dir/out" 2>&1 || fail 'no rpm package'
	inside sh -c 'rpm --initdb && cp /tmp/rpm/RPMS/x86_64/*.rpm /var/cache/dnf/*/packages/ && rpm -i --nodeps --replacefiles /var/cache/dnf/*/packages/*.rpm' \
		>"$dir/out" 2>&1 || fail 'the rpm package was not installed'
	cp "$crippled" "$lib"
	accepts $right && fail 'the root is not broken'
	leave
}

rpm_finds_and_unpacks_its_package() {
	rpm_root
	recover 1 --phases 1,3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(b) binary package libxcrypt-4.4.33-7.x86_64.rpm' "$logs/report.json" || fail 'another rung won'
	grep -q 'libxcrypt 4.4.33-7' "$logs/diagnostics.log" || fail 'the package is not listed'
	chroot "$root" rpm -V --nodeps --nomtime libxcrypt >"$dir/out" 2>&1 || fail 'not what the package database says'
}

rpm_reinstalls_its_package() {
	rpm_root
	for _program in rpm2cpio bsdtar rpm2archive; do
		printf '#!/bin/sh\nexit 1\n' >"$root/usr/bin/$_program"
	done
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(c) rpm: libxcrypt' "$logs/report.json" || fail 'another rung won'
	chroot "$root" rpm -V --nodeps --nomtime libxcrypt >"$dir/out" 2>&1 || fail 'not what the package database says'
}

# The same with pacman, and the lock that a crash leaves.
pacman_root() {
	root compiler
	no_dpkg
	enter "$root"
	mkdir -p "$root/tmp/tree$lib_dir" "$root/var/cache/pacman/pkg" "$root/var/lib/pacman"
	cp "$dir/healthy.so" "$root/tmp/tree$lib_dir/libcrypt.so.1.1.0"
	chmod 755 "$root/tmp/tree$lib_dir/libcrypt.so.1.1.0"
	ln -s libcrypt.so.1.1.0 "$root/tmp/tree$lib_dir/libcrypt.so.1"
	printf '%s\n' 'pkgname = libxcrypt' 'pkgbase = libxcrypt' 'pkgver = 4.4.33-7' 'pkgdesc = x' 'arch = x86_64' >"$root/tmp/tree/.PKGINFO"
	ln -s /proc/self/mounts "$root/etc/mtab"
	inside sh -c 'cd /tmp/tree && bsdtar -cf .MTREE --format=mtree --options=!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link usr .PKGINFO && gzip .MTREE && mv .MTREE.gz .MTREE &&
		tar --zstd -cf /var/cache/pacman/pkg/libxcrypt-4.4.33-7-x86_64.pkg.tar.zst .PKGINFO .MTREE usr &&
		pacman -U --noconfirm --overwrite "*" /var/cache/pacman/pkg/*.zst' >"$dir/out" 2>&1 || fail 'the pacman package was not installed'
	: >"$root/var/lib/pacman/db.lck"
	cp "$crippled" "$lib"
	accepts $right && fail 'the root is not broken'
	leave
}

pacman_finds_and_unpacks_its_package() {
	pacman_root
	recover 1 --phases 1,3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(b) binary package libxcrypt-4.4.33-7-x86_64.pkg.tar.zst' "$logs/report.json" || fail 'another rung won'
	grep -q 'libxcrypt 4.4.33-7' "$logs/diagnostics.log" || fail 'the package is not listed'
}

pacman_reinstalls_its_package() {
	pacman_root
	# unpacking by hand fails; pacman has a library of its own for that
	printf '#!/bin/sh\nexit 1\n' >"$root/usr/bin/bsdtar"
	cp "$root/usr/bin/bsdtar" "$root/usr/bin/tar"
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(c) pacman: libxcrypt' "$logs/report.json" || fail 'another rung won'
	chroot "$root" pacman -Qkk libxcrypt >"$dir/out" 2>&1 || fail 'not what the package database says'
	[ ! -e "$root/var/lib/pacman/db.lck" ] || fail 'the lock is still there'
}

# --- Portage's double

portage_root() {
	root compiler
	no_dpkg
	mkdir -p "$root/var/db/pkg/sys-libs/libxcrypt-4.4.33" "$root/etc/portage" "$root/usr/src/profile" "$root/etc/env.d" "$root/var/cache/distfiles"
	echo "obj $lib_dir/libcrypt.so.1.1.0 d41d8cd98f00b204e9800998ecf8427e 1" >"$root/var/db/pkg/sys-libs/libxcrypt-4.4.33/CONTENTS"
	echo "LDPATH=\"$lib_dir\"" >"$root/etc/env.d/00basic"
	ln -s /usr/src/profile "$root/etc/portage/make.profile"
	cp "$dir/healthy.so" "$crippled" "$root/usr/src/"
	mv "$root/usr/src/${crippled##*/}" "$root/usr/src/crippled.so"
	echo good >"$root/var/cache/distfiles/libxcrypt.tar"
	install -m 755 "$here/emerge.double" "$root/usr/bin/emerge"
}

# A first try that ends with 0 and cures nothing, a second that a minimal configuration helps.
bent() {
	recover 1 --phases 1,3,8
	accepts $right || fail 'the right password is refused'
	grep -q 'way | failed: .*SHA512' "$logs/pivots.log" || fail 'the lie was believed'
	grep -q '(c) portage: sys-libs/libxcrypt-4.4.33 rebuilt' "$logs/report.json" || fail 'another rung won'
	grep -q 'a build may need .*: its layer lies in memory' "$logs/main.log" || fail 'it is not said where the build lay'
	[ "$(cat "$root/etc/merged")" = merged ] || fail 'what the proven trial wrote is not there'
	grep -qx "$lib_dir" "$root/etc/ld.so.conf" || fail 'env-update is not there'
	find "$root/var/db/pkg" "$root/usr/lib" -name '-MERGING-*' -o -name '*#new' | grep . && fail 'leftovers were committed'
	grep -q 'sys-libs/libxcrypt 4.4.33' "$logs/diagnostics.log" || fail 'the package is not listed'
}

portage_bent_by_a_patch() {
	portage_root
	mkdir -p "$root/etc/portage/patches/sys-libs/libxcrypt"
	bent
	# it was strict: with the machine's own devtmpfs, which has no /dev/fd, it ends at once
	enter "$root"
	rm "$root/dev/fd"
	chroot "$root" emerge =sys-libs/libxcrypt-4.4.33 </dev/null >"$dir/out" 2>&1
	[ $? -eq 1 ] || fail 'the double needs no /dev/fd'
	grep -q sane "$dir/out" || fail 'it ended for another reason'
	leave
}

portage_bent_by_an_env_file() {
	portage_root
	mkdir -p "$root/etc/portage/env/sys-libs"
	echo 'EXTRA_ECONF="--enable-hashes=alt"' >"$root/etc/portage/env/sys-libs/libxcrypt"
	bent
}

# Its ways to fail end in a pivot that says how, and leave nothing.
portage_failing_is_left() {
	portage_root
	# makes the payload's own folders
	recover 1 --phases 8
	for _how in 'old:exit status 2: .*no such option' 'no-python:exit status 127' 'corrupt:exit status 1: .*Fetch failed'; do
		echo "${_how%%:*}" >"$root/usr/src/emerge.mode"
		[ "${_how%%:*}" != corrupt ] || echo bad >"$root/var/cache/distfiles/libxcrypt.tar"
		listing upper >"$dir/before"
		recover 1 --phases 3,8
		accepts $right && fail 'the right password is accepted'
		grep -q "(c) .* | failed: ${_how#*:}" "$logs/pivots.log" || fail "the pivot does not say: ${_how#*:}"
		listing upper | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
	done
}

portage_ends_its_merge_step() {
	portage_root
	echo slow-merge >"$root/usr/src/emerge.mode"
	# makes the payload's own folders
	recover 1 --phases 8
	listing upper >"$dir/before"
	recover 1 --phases 3,8 --build-timeout 3
	grep -q '>>> merged; exiting on signal 15' "$logs/main.log" || fail 'it was killed in its merge step'
	grep -q '(c) .* | failed: no end within' "$logs/pivots.log" || fail 'no pivot says that it did not end'
	listing upper | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
}

portage_leaves_no_children() {
	portage_root
	echo children >"$root/usr/src/emerge.mode"
	recover 1 --phases 3,8 --build-timeout 3
	grep -q '(c) .* | failed: no end within' "$logs/pivots.log" || fail 'no pivot says that it did not end'
	pgrep -f 'sleep 1001' >/dev/null && fail 'something of it survives'
	:
}

# Cut off in a merge: the package has another name, a lock and a work folder lie about.
portage_after_a_crash() {
	portage_root
	mv "$root/var/db/pkg/sys-libs/libxcrypt-4.4.33" "$root/var/db/pkg/sys-libs/-MERGING-libxcrypt-4.4.33"
	: >"$root/var/cache/distfiles/.portage_lockfile"
	mkdir -p "$root/var/tmp/portage/sys-libs/libxcrypt-4.4.33/temp"
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q '(c) portage: sys-libs/libxcrypt-4.4.33 rebuilt' "$logs/report.json" || fail 'another rung won'
	[ -d "$root/var/db/pkg/sys-libs/libxcrypt-4.4.33" ] || fail 'the merge was not finished'
}

# Both formats of binary packages and what was built but not merged; in each the newest is the broken build.
portage_binary_packages_and_images() {
	portage_root
	rm "$root/usr/bin/emerge"
	_packages=$root/var/cache/binpkgs/sys-libs/libxcrypt
	_image=$root/var/tmp/portage/sys-libs/libxcrypt-4.4.33/image
	for _kind in gpkg xpak image; do
		cp "$crippled" "$lib"
		rm -rf "$_packages" "$dir/gpkg"
		mkdir -p "$_image$lib_dir" "$_packages" "$dir/gpkg/libxcrypt-4.4.33-1"
		cp "$dir/healthy.so" "$_image$lib_dir/libcrypt.so.1.1.0"
		case $_kind in
		gpkg)
			tar --zstd -C "${_image%/image}" -cf "$dir/gpkg/libxcrypt-4.4.33-1/image.tar.zst" image
			: >"$dir/gpkg/libxcrypt-4.4.33-1/metadata.tar.zst"
			tar -C "$dir/gpkg" -cf "$_packages/libxcrypt-4.4.33-1.gpkg.tar" libxcrypt-4.4.33-1
			;;
		xpak)
			tar --zstd -C "$_image" -cf "$_packages/libxcrypt-4.4.33-1.xpak" .
			printf 'XPAKPACK\0\0\0\0\0\0\0\0XPAKSTOP\0\0\0\30STOP' >>"$_packages/libxcrypt-4.4.33-1.xpak"
			;;
		esac
		[ "$_kind" = image ] || rm -r "$_image"
		touch -c -d '1 hour ago' "$_packages"/* "$_image" 2>/dev/null
		tar -C "${crippled%/*}" --transform "s,.*,.$lib_dir/libcrypt.so.1.1.0," -czf "$_packages/libxcrypt-4.4.33-2.xpak" "${crippled##*/}"
		recover 1 --phases 3,8
		accepts $right || fail "$_kind: the right password is refused"
		cmp -s "$lib" "$dir/healthy.so" || fail "$_kind: another library"
		grep -q 'tried: .*libxcrypt-4.4.33-2.xpak | failed: .*SHA512' "$logs/pivots.log" || fail "$_kind: the broken build was not tried first"
	done
}

# An overlay cannot hold an upper layer, as a disk can: the payload's folder lies on a file system of its own.
build_without_memory_lies_on_the_disk() {
	portage_root
	mkdir "$root/var/lib/rd-recovery"
	mount -t tmpfs -o mode=0700 disk "$root/var/lib/rd-recovery"
	printf 'MemTotal: 900000 kB\nMemAvailable: 500000 kB\n' >"$dir/meminfo"
	mount --bind "$dir/meminfo" /proc/meminfo
	without_pid_namespaces # it would get a /proc of its own
	recover 1 --phases 3,8
	accepts $right || fail 'the right password is refused'
	grep -q "488 MiB of memory can be had, a build may need .* lies on the target's disk" "$logs/main.log" ||
		fail 'the layer did not lie on the disk'
	[ ! -e "$root/var/lib/rd-recovery/trial" ] || fail 'the layer was left'
}
