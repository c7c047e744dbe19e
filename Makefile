# rd-recovery. make: the payload build/rd-recovery. make rescue.img, test, lockouts, boots, recipe, faults, fuzz, soak, coverage, demo, pictures, bench, lint, install, uninstall, dist, deb, deps, clean.

# --- settings
VERSION      := 0.1
PREFIX       := /usr
PACKAGES     := gcc binutils make musl-tools linux-libc-dev autoconf automake libtool libltdl-dev \
                pkg-config xz-utils dpkg-dev ca-certificates
RESCUE_PACKAGES := kmod cpio grub-common grub-pc-bin grub-efi-amd64-bin mtools dosfstools fdisk
TEST_PACKAGES := check clang-format cppcheck shellcheck qemu-system-x86 qemu-utils debootstrap \
                expect cpio e2fsprogs btrfs-progs fdisk kmod zstd attr python3 openssl debhelper mandoc zsh fish \
                ovmf strace debsums busybox-static xfsprogs tmux python3-jsonschema libxkbcommon-tools $(RESCUE_PACKAGES)
BENCH_PACKAGES := busybox-static pax-utils debsums time
PICTURE_PACKAGES := netpbm
FUZZ_PACKAGES := clang-14 libclang-rt-14-dev
# The sources of the libraries; LIBXCRYPT_TARBALL=, BEARSSL_TARBALL=, UTIL_LINUX_TARBALL= and ZLIB_TARBALL= name other copies of the same bytes.
export LIBXCRYPT_SHA256 := 5e2da5cb5f263e9ac4c4b3f49c75e3b8523889210f45c60bb7e97b229c75a10b
export BEARSSL_SHA256   := 102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
export UTIL_LINUX_SHA256 := 60492a19b44e6cf9a3ddff68325b333b8b52b6c59ce3ebd6a0ecaa4c5117e84f
export ZLIB_SHA256      := 71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
export LIBXCRYPT_TARBALL BEARSSL_TARBALL UTIL_LINUX_TARBALL ZLIB_TARBALL
MAX_SIZE     := 819200
WARN         := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wpedantic -Werror -Wno-format-truncation
STD          := -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc
comma        := ,
ARCH         := $(shell gcc -print-multiarch)
LIBS         := libcrypt.a libbearssl.a libblkid.a libz.a
MUSL         := /usr/lib/$(shell uname -m)-linux-musl
UAPI         := -idirafter /usr/include -idirafter /usr/include/$(ARCH)
SOURCES      := $(sort $(shell find src -name '*.c' -not -path 'src/probe/*'))
HEADERS      := $(sort $(shell find src -name '*.h'))
TESTS        := $(sort $(shell find tests -name '*_test.c'))
FUZZERS      := $(sort $(wildcard tests/fuzz/*_fuzz.c))
SUITES       := $(patsubst %_test,%_suite,$(notdir $(basename $(TESTS))))
GUESTS       := $(wildcard qemu/*/*.c) tests/refuse.c
SCRIPTS      := .ci/run $(wildcard src/packaging/debian/p*) $(shell find src tests qemu initramfs -name '*.sh' -o -name '*.bash')

all: deps-build build/rd-recovery

# --- what must be installed
deps-build:
	@sh src/build/deps.sh $(PACKAGES)
deps:
	@sh src/build/deps.sh $(PACKAGES) $(TEST_PACKAGES)

# --- the libraries: pinned sources, then one build for musl, one for the unit tests
build/sources/SHA256SUMS: FORCE
	@sh src/build/sources.sh build/sources
build/sources/libxcrypt-4.4.33-autotools.tar.xz: build/sources/SHA256SUMS src/build/libs.sh
	@sh src/build/libs.sh archive
build/libs/musl/libblkid.a build/libs/glibc/libblkid.a build/libs/crippled/libcrypt.so.1.1.0: \
		build/sources/libxcrypt-4.4.33-autotools.tar.xz
	@sh src/build/libs.sh $(notdir $(patsubst %/,%,$(dir $@)))

# --- the probe: programs without a libc that ask a target's libcrypt; empty where the machine is another one
build/probe/probe%: src/probe/probe.c src/probe/stub.c src/probe/build.sh
	@sh src/probe/build.sh $* $@

# --- the payload: musl, static-pie (musl-gcc cannot link that), hardened, reproducible
HARDEN  := -fPIE -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=.
# unscheduled, instructions that are alike stand alike: compressed, the whole is 3 % smaller
SMALL   := -Os -fno-schedule-insns2 -fno-shrink-wrap -flto=auto -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fvisibility=hidden
OBJECTS := $(SOURCES:src/%.c=build/payload/%.o) build/payload/probe/embed.o
build/payload/%.o: src/%.c build/libs/musl/libblkid.a
	@mkdir -p $(@D)
	@musl-gcc $(STD) $(WARN) $(SMALL) $(HARDEN) -MMD -MP -Ibuild/libs/musl/include $(UAPI) -c -o $@ $<
build/payload/probe/embed.o build/test/probe/embed.o: src/probe/embed.S build/probe/probe64 build/probe/probe32
	@mkdir -p $(@D)
	@gcc -c -o $@ $<
LINK     = gcc -nostdlib -static-pie $(SMALL) $(HARDEN) -Wl,-z,noseparate-code,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none,-s \
		-o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o $$(gcc -print-file-name=crtbeginS.o) $(filter %.o,$^) \
		$(addprefix build/libs/musl/,$(LIBS)) -Lbuild/libs/musl -L$(MUSL) \
		-Wl,--start-group -lc $$(gcc -print-libgcc-file-name) -Wl,--end-group \
		$$(gcc -print-file-name=crtendS.o) $(MUSL)/crtn.o
build/rd-recovery.new: $(OBJECTS) Makefile
	@$(LINK)
build/rd-recovery: build/rd-recovery.new
	@! readelf -lW $@.new | grep INTERP || { echo '$@ names an interpreter: not static' >&2; exit 1; }
	@size=$$(stat -c %s $@.new); [ $$size -le $(MAX_SIZE) ] || \
		{ echo "$@ has $$size bytes, more than $(MAX_SIZE)" >&2; exit 1; }
	@cp $@.new $@
	@echo "$@: $$(stat -c %s $@) bytes"

# --- tests: build checks, unit tests (glibc, sanitizers), real roots, QEMU; the last line counts them all
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover
TESTFLAGS := $(STD) $(WARN) -O1 -g $(SANITIZE) -Ibuild/libs/glibc/include
UNITS     := $(filter-out build/test/main.o,$(SOURCES:src/%.c=build/test/%.o)) build/test/probe/embed.o
build/test/%.o: src/%.c build/libs/glibc/libblkid.a
	@mkdir -p $(@D)
	@gcc $(TESTFLAGS) -MMD -MP -c -o $@ $<
build/test/%_test.o: tests/%_test.c build/libs/glibc/libblkid.a
	@mkdir -p $(@D)
	@gcc $(TESTFLAGS) -MMD -MP -c -o $@ $<
build/unit.c: tests/unit.sh $(TESTS)
	@sh tests/unit.sh $(SUITES) >$@
build/unit: $(UNITS) $(TESTS:tests/%.c=build/test/%.o) build/unit.c
	@gcc $(TESTFLAGS) -o $@ $^ $(addprefix build/libs/glibc/,$(LIBS)) $$(pkg-config --libs check)
test: deps build/rd-recovery build/unit build/libs/crippled/libcrypt.so.1.1.0
	@sh tests/run.sh
# faults, soak; coverage; fuzz (the program is built without the tests too)
include $(wildcard tests/*/rules.mk)
lockouts: deps build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0
	@sh tests/lockouts/run.sh
boots: deps build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0
	@sh qemu/boots/run.sh
# README's recipe for a system that debootstrap has just made, typed word for word in a guest. Long: an emulated processor unpacks a kernel and makes an initramfs of all its modules.
recipe: deps build/rd-recovery
	@qemu/image.sh recipe
	@expect qemu/recipe/recipe.exp
demo: deps build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0
	@qemu/demo.sh
# README's pictures of the screen, taken while the test at the greeter runs.
pictures: deps build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0
	@sh src/build/deps.sh $(PICTURE_PACKAGES)
	@qemu/pictures.sh
# A disk image for a USB stick; KERNEL=, KVER=, MODULES= name another kernel than the one rescue.sh chooses.
rescue.img: build/rescue.img
build/rescue.img: build/rd-recovery FORCE
	@sh src/build/deps.sh $(RESCUE_PACKAGES)
	@KERNEL='$(KERNEL)' KVER='$(KVER)' MODULES='$(MODULES)' sh initramfs/rescue.sh $@
# Sizes and times of the self-contained initramfs, next to dracut's.
bench: deps build/rd-recovery
	@sh src/build/deps.sh $(BENCH_PACKAGES)
	@sh tests/bench/run.sh
lint: deps build/libs/glibc/libblkid.a
	clang-format --dry-run -Werror $(SOURCES) $(TESTS) $(FUZZERS) $(GUESTS)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr -Isrc $(SOURCES) $(GUESTS)
	shellcheck -x $(SCRIPTS)
	@for h in $(HEADERS) $(SOURCES); do \
		gcc $(STD) $(WARN) -Ibuild/libs/glibc/include -fsyntax-only -x c $$h || exit 1; done
	@# C lets a text fill its array to the last byte, and then it has no end
	@! for f in $(SOURCES); do \
		gcc $(STD) -Wc++-compat -Ibuild/libs/glibc/include -fsyntax-only $$f; done 2>&1 | grep 'too long for C++'
	mandoc -T lint -W warning src/man/*
	@sh tests/includes.sh

# --- installation (what goes where is a table in install.sh), the release archive, the Debian packages in build/deb
install: build/rd-recovery
install uninstall:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' sh src/packaging/install.sh $@
dist:
	@mkdir -p build
	@tar --anchored --exclude=./build --exclude=./.git --transform='s,^\.,rd-recovery-$(VERSION),' --sort=name \
		--owner=0 --group=0 --numeric-owner -cJf build/rd-recovery-$(VERSION).tar.xz .
deb: deps-build dist build/sources/SHA256SUMS
	@sh src/build/deps.sh debhelper
	@sh src/packaging/deb.sh $(VERSION)
clean:
	rm -rf --one-file-system build

-include $(OBJECTS:.o=.d) $(UNITS:.o=.d) $(TESTS:tests/%.c=build/test/%.d)
.PHONY: all deps deps-build rescue.img test lockouts boots recipe demo pictures bench lint install uninstall dist deb clean FORCE
