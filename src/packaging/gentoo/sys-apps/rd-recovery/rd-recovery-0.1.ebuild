# Copyright 2026 the rd-recovery authors
# Distributed under the terms of the MIT License

EAPI=8

inherit toolchain-funcs

MUSL=musl-1.2.3

DESCRIPTION="Finds out why nobody can log in, repairs it, proves it, from the initramfs"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
# The release archive is what `make dist` makes. The libraries are linked in: the build refuses other bytes of the first four.
SRC_URI="
	${P}.tar.xz
	fetch+mirror://debian/pool/main/libx/libxcrypt/libxcrypt_4.4.33.orig.tar.xz
	fetch+mirror://debian/pool/main/b/bearssl/bearssl_0.6+dfsg.1.orig.tar.xz
	fetch+mirror://debian/pool/main/u/util-linux/util-linux_2.38.1.orig.tar.xz
	fetch+mirror://debian/pool/main/z/zlib/zlib_1.2.13.dfsg.orig.tar.bz2
	fetch+mirror://debian/pool/main/m/musl/${MUSL/-/_}.orig.tar.gz
"

LICENSE="MIT LGPL-2.1+ ZLIB"
SLOT="0"
KEYWORDS="~amd64"
# The tests need root, whole Debian trees and QEMU.
RESTRICT="fetch test"

# Static: what it needs at run time is dracut, to get into an initramfs.
RDEPEND=">=sys-kernel/dracut-059"
DEPEND="sys-kernel/linux-headers"
BDEPEND="
	app-arch/xz-utils
	dev-build/autoconf
	dev-build/automake
	dev-build/libtool
	dev-lang/perl
	virtual/pkgconfig
"

# It is linked stripped, without the loader and the libraries that it is to repair.
QA_PRESTRIPPED="usr/sbin/rd-recovery"
QA_FLAGS_IGNORED="usr/sbin/rd-recovery"

pkg_nofetch() {
	einfo "Please put ${P}.tar.xz, which 'make dist' in the sources makes in build/, into your DISTDIR."
}

# rescue_make ARGUMENT...: the tree's own make, with the musl of this build. Not the machine's flags: the rescue
# binary has to run on another processor too, and a newer compiler's warnings are no reason to have none.
rescue_make() {
	local -x PATH="${T}/musl/bin:${PATH}"
	unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS
	emake MUSL="${T}/musl/lib" WARN= \
		LIBXCRYPT_TARBALL="${DISTDIR}/libxcrypt_4.4.33.orig.tar.xz" \
		BEARSSL_TARBALL="${DISTDIR}/bearssl_0.6+dfsg.1.orig.tar.xz" \
		UTIL_LINUX_TARBALL="${DISTDIR}/util-linux_2.38.1.orig.tar.xz" \
		ZLIB_TARBALL="${DISTDIR}/zlib_1.2.13.dfsg.orig.tar.bz2" "$@"
}

src_compile() {
	pushd "${WORKDIR}/${MUSL}" >/dev/null || die
	# Its wrapper musl-gcc is the machine's gcc, told to use this libc.
	CC="$(tc-getCC)" CFLAGS="-O2" LDFLAGS="" ./configure --prefix="${T}/musl" --syslibdir="${T}/musl/lib" \
		--disable-shared --enable-wrapper=gcc || die
	emake
	emake install
	popd >/dev/null || die
	rescue_make build/rd-recovery
}

src_install() {
	rescue_make DESTDIR="${D}" PREFIX="${EPREFIX}/usr" install
}

pkg_postinst() {
	elog "Give the boot menu its rescue entries: 'rd-recovery-entry update', and with GRUB once"
	elog "'grub-mkconfig -o /boot/grub/grub.cfg'. 'rd-recovery status' says whether all is well."
}

pkg_prerm() {
	# Nobody would keep the rescue image fresh.
	if [[ -z ${REPLACED_BY_VERSION} ]]; then
		"${EROOT}/usr/sbin/rd-recovery-entry" remove --root "${EROOT:-/}" || ewarn "the rescue entries are left in /boot/rd-recovery"
	fi
}
