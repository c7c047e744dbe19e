#include "base/buf.h"
#include "target/elf.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *elf_suite(void);

static char *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data;

	ck_assert_msg(f, "%s", path);
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	data = malloc(*len);
	ck_assert_uint_eq(fread(data, 1, *len, f), *len);
	fclose(f);
	return data;
}

START_TEST(elf_reads_a_program)
{
	size_t len;
	char *data = load("/bin/sh", &len);
	struct elf_info e;

	ck_assert_int_eq(elf_parse(data, len, &e), 0);
	ck_assert_int_eq(e.bits, 8 * (int)sizeof(void *));
	ck_assert_msg(strstr(e.interp, "ld-"), "%s", e.interp);
	ck_assert_uint_ge(e.nneeded, 1);
	ck_assert_str_eq(e.needed[e.nneeded - 1], "libc.so.6");
	free(data);
}
END_TEST

START_TEST(elf_reads_both_probes)
{
	size_t len;
	struct elf_info e;
	char *data = load("build/probe/probe32", &len);

	if (len) {
		ck_assert_int_eq(elf_parse(data, len, &e), 0);
		ck_assert_int_eq(e.bits, 32);
		ck_assert_str_eq(e.needed[0], "librd-asked.so");
	}
	free(data);
	data = load("build/probe/probe64", &len);
	if (len) {
		ck_assert_int_eq(elf_parse(data, len, &e), 0);
		ck_assert_int_eq(e.bits, 64);
		ck_assert_str_eq(e.needed[0], "librd-asked.so");
	}
	free(data);
}
END_TEST

START_TEST(elf_refuses_what_is_none)
{
	struct elf_info e;

	ck_assert_int_eq(elf_parse("#!/bin/sh\n", 10, &e), -1);
	ck_assert_int_eq(errno, ENOEXEC);
	ck_assert_int_eq(elf_parse("", 0, &e), -1);
	ck_assert_int_eq(errno, ENOEXEC);
}
END_TEST

static int count(void *arg, const struct elf_version *v)
{
	unsigned *n = arg;

	ck_assert_uint_lt(strlen(v->name), 4096);
	n[0] += !v->file;
	n[1] += v->file && !strcmp(v->file, "libc.so.6") && str_starts(v->name, "GLIBC_2.");
	return 0;
}

START_TEST(elf_reads_wanted_and_defined_versions)
{
	size_t len;
	unsigned n[2] = {0};
	struct elf_sink sink = {count, n};
	char *data = load("/bin/sh", &len);
	struct elf_info e;

	ck_assert_int_eq(elf_parse(data, len, &e), 0);
	ck_assert_int_eq(elf_versions(data, len, &e, &sink), 0);
	ck_assert_uint_ge(n[1], 1);
	ck_assert_uint_eq(n[0], 0);
	free(data);
	data = load(e.interp, &len);
	ck_assert_int_eq(elf_parse(data, len, &e), 0);
	ck_assert_int_eq(elf_versions(data, len, &e, &sink), 0);
	ck_assert_uint_ge(n[0], 2);
	free(data);
}
END_TEST

/* Any 16 bytes of the loader's tables made hostile. */
START_TEST(elf_versions_survive_hostile_bytes)
{
	size_t len;
	unsigned n[2];
	struct elf_sink sink = {count, n};
	char *data = load("/bin/sh", &len), *bad;
	struct elf_info e;
	unsigned seed = 7;

	ck_assert_int_eq(elf_parse(data, len, &e), 0);
	free(data);
	data = load(e.interp, &len);
	bad = malloc(len);

	for (int i = 0; i < 3000; i++) {
		size_t most = i % 2 ? len : 8192, at;

		memcpy(bad, data, len);
		seed = seed * 1103515245u + 12345u;
		at = seed % (most - 16);
		for (int k = 0; k < 16; k++)
			bad[at + (size_t)k] = (char)(i % 3 == 0 ? 0 : i % 3 == 1 ? 255 : seed >> k);
		if (elf_parse(bad, len, &e) == 0)
			elf_versions(bad, len, &e, &sink);
	}
	free(bad);
	free(data);
}
END_TEST

/* Heap copies of the exact length: the sanitizer sees every byte read beyond. */
START_TEST(elf_survives_every_truncation)
{
	size_t len;
	char *data = load("build/probe/probe64", &len);
	struct elf_info e;

	for (size_t n = 0; n < len; n++) {
		char *cut = malloc(n ? n : 1);

		memcpy(cut, data, n);
		elf_parse(cut, n, &e);
		if (n < 0x1000 && n >= 16 && len > n)
			ck_assert(e.nneeded <= 1);
		free(cut);
	}
	free(data);
}
END_TEST

START_TEST(elf_survives_every_hostile_byte)
{
	size_t len;
	char *data = load("build/probe/probe64", &len);
	struct elf_info e;

	for (size_t i = 0; i < len; i++) {
		char old = data[i];
		static const char hostile[] = {0, 1, 0x7f, -128, -1};

		for (size_t k = 0; k < sizeof hostile; k++) {
			data[i] = hostile[k];
			elf_parse(data, len, &e);
		}
		data[i] = old;
	}
	free(data);
}
END_TEST

static const char bash[] = "/bin/bash";

/* A real program, read whole and read by pages: by a room that holds it, or in memory of its own.
 */
static void read_by_pages(const char *path, unsigned char *room)
{
	static struct elf_info whole, parts;
	unsigned n[2] = {0}, m[2] = {0}, pages = 0;
	size_t len;
	char *data = load(path, &len);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool fits = room && len <= ELF_ROOM;
	struct elf_file f;

	ck_assert_int_eq(elf_parse(data, len, &whole), 0);
	ck_assert_int_eq(elf_open(&f, fd, room, 64u << 20), 0);
	ck_assert(fits == (f.p == room));
	ck_assert_int_eq(elf_file_parse(&f, &parts), 0);
	ck_assert_mem_eq(&whole, &parts, sizeof whole);
	ck_assert_int_eq(elf_versions(data, len, &whole, &(struct elf_sink){count, n}), 0);
	ck_assert_int_eq(elf_file_versions(&f, &parts, &(struct elf_sink){count, m}), 0);
	ck_assert_uint_ge(n[1], 1);
	ck_assert_mem_eq(n, m, sizeof n);
	for (size_t i = 0; i < (len + ELF_PAGE - 1) / ELF_PAGE; i++)
		pages += f.pages[i];
	ck_assert_uint_lt(pages, len / ELF_PAGE / (fits ? 1 : 4));
	elf_close(&f);
	ck_assert_int_eq(elf_open(&f, fd, room, len - 1), -1);
	ck_assert_int_eq(errno, EFBIG);
	close(fd);
	free(data);
}

START_TEST(a_file_read_by_pages_says_the_same_and_is_not_read_whole)
{
	unsigned char *room = malloc(ELF_ROOM);

	read_by_pages(bash, NULL);
	memset(room, 0xff, ELF_ROOM); /* what another file left there */
	read_by_pages(bash, room);
	read_by_pages("/bin/cat", room);
	read_by_pages("/bin/true", room);
	free(room);
}
END_TEST

/* It may shrink while it is looked at: no signal, no bytes of nobody's. */
START_TEST(a_file_that_shrinks_is_damaged)
{
	char name[] = "/tmp/rdelf.XXXXXX";
	int fd = mkstemp(name);
	static struct elf_info e;
	struct elf_file f;
	size_t len;
	char *data = load(bash, &len);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(elf_open(&f, fd, NULL, 64u << 20), 0);
	ck_assert_int_eq(ftruncate(fd, 5000), 0);
	ck_assert(elf_want(&f, 4999, 1) == false); /* its page is not whole any more */
	ck_assert(elf_want(&f, len - 1, 1) == false);
	ck_assert(elf_want(&f, 0, 4096));
	ck_assert_int_eq(elf_file_parse(&f, &e), -1);
	ck_assert_int_eq(errno, EINVAL);
	elf_close(&f);
	close(fd);
	free(data);
}
END_TEST

Suite *elf_suite(void)
{
	Suite *s = suite_create("elf");
	TCase *c = tcase_create("elf");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, elf_reads_a_program);
	tcase_add_test(c, elf_reads_both_probes);
	tcase_add_test(c, elf_refuses_what_is_none);
	tcase_add_test(c, elf_reads_wanted_and_defined_versions);
	tcase_add_test(c, a_file_read_by_pages_says_the_same_and_is_not_read_whole);
	tcase_add_test(c, a_file_that_shrinks_is_damaged);
	tcase_add_test(c, elf_versions_survive_hostile_bytes);
	tcase_add_test(c, elf_survives_every_truncation);
	tcase_add_test(c, elf_survives_every_hostile_byte);
	suite_add_tcase(s, c);
	return s;
}
