#!/bin/sh
# libs.sh musl|glibc|crippled|archive: from the pinned sources in build/sources
#   musl, glibc  build/libs/NAME/{libcrypt.a,libbearssl.a,libblkid.a,libz.a,include}: for the payload, for the unit tests
#   crippled     build/libs/crippled/libcrypt.so.1.1.0: a system's libcrypt that lost SHA512-CRYPT, for tests and demo
#   archive      build/sources/libxcrypt-4.4.33-autotools.tar.xz: a source tree with its ./configure
# shellcheck disable=SC2317 # the functions are called by name, at the end
set -eu

kind=${1:?}
top=$PWD
work=$top/build/work/$kind
out=$top/build/libs/$kind
carried=libxcrypt-4.4.33
archive=$top/build/sources/$carried-autotools.tar.xz

# unpack ARCHIVE DIR: without the archive's own top folder.
unpack() {
	rm -rf "$2"
	mkdir -p "$2"
	tar -xf "$1" --strip-components=1 -C "$2"
}

# configure_crypt FLAGS...: libcrypt from the carried archive, in $work/libxcrypt.
configure_crypt() {
	unpack "$archive" "$work/libxcrypt"
	cd "$work/libxcrypt"
	./configure --quiet --disable-dependency-tracking --disable-werror \
		--disable-failure-tokens "$@"
}

make_archive() {
	unpack build/sources/libxcrypt.tar.xz "$work/$carried"
	(cd "$work/$carried" && autoreconf -fi && rm -rf autom4te.cache)
	tar -C "$work" --sort=name --mtime=@1670000000 --owner=0 --group=0 --numeric-owner \
		-cJf "$archive.new" "$carried"
	mv "$archive.new" "$archive"
}

# The DES tables, 68 KiB of constants, made at program start by the very program that once made them.
des_tables_at_start() {
	awk '/^write_table_u8/ { exit } NR > 1 { print held } { held = $0 }' lib/gen-des-tables.c |
		sed -E -e '/_\[[0-9]+\]\[[0-9]+\]/s/^static //' \
			-e 's/\b(m_sbox|psbox|(ip|fp|key_perm|comp)_mask[lr])_\b/\1/g' \
			-e 's/^des_init\(void\)/__attribute__((constructor)) &/' >lib/alg-des-tables.c
}

# The Streebog table, 16 KiB: each entry is linear in the bits of Pi's, so that 64 words give them all. What does not reproduce every
# entry ends the build.
gost_table_at_start() {
	gcc -include stddef.h -include lib/alg-gost3411-2012-core.h -Ilib -w -o "$work/gost" -x c - <<-'END'
		#include <stdio.h>

		int main(void)
		{
			unsigned long long bits[8][8], x;

			for (int i = 0; i < 8; i++)
				for (int b = 0; b < 256; b++)
					for (int k = 0; k < 8; k++)
						if (Pi[b] == 1 << k)
							bits[i][k] = Ax[i][b];
			for (int i = 0; i < 8; i++)
				for (int b = 0; b < 256; b++) {
					x = 0;
					for (int k = 0; k < 8; k++)
						x ^= Pi[b] >> k & 1 ? bits[i][k] : 0;
					if (x != Ax[i][b])
						return 1;
				}
			puts("static unsigned long long Ax[8][256];\n"
			     "static const unsigned long long Ax_bits[64] = {");
			for (int i = 0; i < 64; i++)
				printf("0x%llxULL,\n", bits[i / 8][i % 8]);
			puts("};\n"
			     "__attribute__((constructor)) static void make_Ax(void)\n"
			     "{\n"
			     "	for (int i = 0; i < 8 * 8 * 256; i++)\n"
			     "		if (Pi[i / 8 % 256] >> i % 8 & 1)\n"
			     "			Ax[i / 2048][i / 8 % 256] ^= Ax_bits[i / 2048 * 8 + i % 8];\n"
			     "}");
		}
	END
	"$work/gost" >lib/alg-gost3411-2012-precalc.h.new
	mv lib/alg-gost3411-2012-precalc.h.new lib/alg-gost3411-2012-precalc.h
}

# The formats in which no Linux system lies, and the questions about a disk's geometry, 40 KiB, are left out of the library's tables.
few_formats() {
	_systems='bluestore|drbdmanage|drbdproxy_datalog|snapcow|ubi|exfs|reiser4|hfsplus|hfs|ufs|hpfs|sysv|xenix|refs|cramfs|romfs|minix'
	_systems="$_systems|gfs|gfs2|ocfs|ocfs2|oracleasm|vxfs|squashfs3|netware|ubifs|bfs|vmfs_fs|vmfs_volume|befs|mpool|apfs|zonefs|udf|exfat|bitlocker"
	sed -i -E "/&($_systems)_idinfo/d" libblkid/src/superblocks/superblocks.c
	sed -i -E '/&(aix|sgi|sun|mac|ultrix|bsd|unixware|solaris_x86|minix|atari)_pt_idinfo/d' \
		libblkid/src/partitions/partitions.c libblkid/src/partitions/dos.c
	sed -i '/&.*_tp_idinfo/d' libblkid/src/topology/topology.c
}

# make_blkid COMPILER HOST CPPFLAGS CFLAGS: of util-linux libblkid alone. The release archive has its ./configure.
make_blkid() {
	unpack build/sources/util-linux.tar.xz "$work/util-linux"
	(
		cd "$work/util-linux"
		few_formats
		./configure --quiet --disable-dependency-tracking --host="$2" --disable-all-programs --enable-libblkid \
			--disable-shared --enable-static --disable-nls --without-python --without-systemd --without-econf \
			CC="$1" AR=gcc-ar RANLIB=gcc-ranlib NM=gcc-nm CPPFLAGS="$3" CFLAGS="$4"
		make -s libblkid.la
		cp .libs/libblkid.a "$out/"
		mkdir -p "$out/include/blkid"
		cp libblkid/src/blkid.h "$out/include/blkid/"
	)
}

# make_zlib COMPILER CPPFLAGS CFLAGS: of zlib what unpacks; its check sum by one table of 1 KiB, as every byte of it is in the payload.
make_zlib() {
	unpack build/sources/zlib.tar.bz2 "$work/zlib"
	(
		cd "$work/zlib"
		for _part in inflate inftrees inffast zutil adler32 crc32; do
			# shellcheck disable=SC2086 # words
			"$1" $2 $3 -DZ_TESTW=0 -c "$_part.c"
		done
		gcc-ar rcs "$out/libz.a" ./*.o
		cp zlib.h zconf.h "$out/include/"
	)
}

# make_static COMPILER HOST CPPFLAGS
make_static() {
	# as the Makefile has them
	_flags="-Os -fno-schedule-insns2 -fno-shrink-wrap -fPIC -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fstack-protector-strong -ffile-prefix-map=$work=."
	rm -rf "$out"
	mkdir -p "$out/include"
	(
		configure_crypt --host="$2" --disable-shared --enable-static --enable-obsolete-api=no \
			--enable-hashes=all CC="$1" CPPFLAGS="$3" CFLAGS="$_flags"
		des_tables_at_start
		gost_table_at_start
		make -s libcrypt.la
		cp .libs/libcrypt.a "$out/"
		cp crypt.h "$out/include/"
	)
	unpack build/sources/bearssl.tar.xz "$work/bearssl"
	# No command line tool, no tests: the library alone. Small, but for what each file that is kept waits for.
	make -s -C "$work/bearssl" CC="$1" LD="$1" CFLAGS="$_flags" lib
	rm "$work/bearssl/build/obj/sha2small.o"
	make -s -C "$work/bearssl" CC="$1" LD="$1" CFLAGS="$_flags -O3" lib
	cp "$work/bearssl/build/libbearssl.a" "$out/"
	cp "$work"/bearssl/inc/*.h "$out/include/"
	# What the payload does not call of it is gone only when all is seen at once; the unit tests' sanitizers see more of it apart.
	[ "$kind" = glibc ] || _flags="$_flags -flto"
	make_zlib "$1" "$3" "$_flags"
	make_blkid "$1" "$2" "$3" "$_flags"
	[ "$kind" = glibc ] || libc_without_unwinding
}

# Nothing here throws; Debian's musl has 6 KiB of tables for that.
libc_without_unwinding() {
	objcopy -R .eh_frame -R .rela.eh_frame "/usr/lib/$(uname -m)-linux-musl/libc.a" "$out/libc.a"
}

make_crippled() {
	configure_crypt --disable-static --enable-shared --enable-obsolete-api=yes \
		--enable-hashes=yescrypt,bcrypt,descrypt CFLAGS=-O2
	make -s libcrypt.la
	mkdir -p "$out"
	strip -o "$out/libcrypt.so.1.1.0" .libs/libcrypt.so.1.1.0
}

# Two builds at once would remove each other's tree.
mkdir -p "$top/build/work"
exec 9>"$top/build/work/lock"
flock 9
log=$top/build/work/$kind.log
rm -rf "$work"
mkdir -p "$work"
echo "libs: $kind"
case $kind in
archive) set -- make_archive ;;
musl) set -- make_static musl-gcc "$(uname -m)-linux-musl" \
	"-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)" ;;
glibc) set -- make_static gcc "$(gcc -dumpmachine)" "" ;;
crippled) set -- make_crippled ;;
*) exit 2 ;;
esac
# A subshell of its own: in a list with || the shell would ignore failures.
set +e
(set -e; "$@") >"$log" 2>&1
status=$?
[ "$status" -eq 0 ] || tail -n 40 "$log" >&2
rm -rf "$work"
exit "$status"
