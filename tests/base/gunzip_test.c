#include "base/gunzip.h"

#include "base/buf.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *gunzip_suite(void);

#define MOST (1u << 20)

static char packed[MOST], text[MOST];
static struct buf out;

/* What a command of the shell writes. */
static size_t output(const char *command)
{
	FILE *f = popen(command, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(packed, 1, sizeof packed, f);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_gt(n, 0);
	return n;
}

static void setup(void)
{
	out = (struct buf){.p = text, .cap = sizeof text};
}

static int keep(void *arg, const char *data, size_t len)
{
	buf_add(arg, data, len);
	return 0;
}

static void expect_error(size_t len, size_t max, int error)
{
	out.len = 0;
	errno = 0;
	ck_assert_int_eq(gunzip(packed, len, max, keep, &out), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_uint_le(out.len, max);
}

START_TEST(all_that_was_packed_comes_out)
{
	size_t n = output("seq 30000 | gzip -9");

	ck_assert_int_eq(gunzip(packed, n, MOST, keep, &out), 0);
	ck_assert_uint_eq(out.len, 168894);
	ck_assert(str_starts(text, "1\n2\n3\n"));
	ck_assert_str_eq(text + out.len - 12, "29999\n30000\n");
}
END_TEST

START_TEST(one_archive_behind_another_is_unpacked_too)
{
	size_t n = output("echo one | gzip; echo two | gzip");

	ck_assert_int_eq(gunzip(packed, n, MOST, keep, &out), 0);
	ck_assert_str_eq(text, "one\ntwo\n");
}
END_TEST

START_TEST(cut_anywhere_it_is_damaged)
{
	size_t n = output("seq 300 | gzip");

	for (size_t len = 0; len < n; len++)
		expect_error(len, MOST, EBADMSG);
}
END_TEST

START_TEST(other_bytes_are_damage)
{
	size_t n = output("seq 300 | gzip -n");

	/* its magic number, its method; the data and the sums */
	for (size_t i = 0; i < n; i = i == 2 ? 10 : i + 1) {
		packed[i] ^= 1;
		expect_error(n, MOST, EBADMSG);
		packed[i] ^= 1;
	}
	ck_assert_int_eq(gunzip(packed, n, MOST, keep, &out), 0);
}
END_TEST

START_TEST(a_bomb_is_too_large)
{
	size_t n = output("head -c 50000000 /dev/zero | gzip -9");

	expect_error(n, MOST / 2, EFBIG);
	ck_assert_uint_gt(out.len, MOST / 4);
}
END_TEST

static int stop(void *arg, const char *data, size_t len)
{
	(void)data;
	(void)len;
	return ++*(int *)arg == 2 ? 7 : 0;
}

START_TEST(who_wants_no_more_gets_no_more)
{
	size_t n = output("seq 30000 | gzip");
	int times = 0;

	ck_assert_int_eq(gunzip(packed, n, MOST, stop, &times), 7);
	ck_assert_int_eq(times, 2);
}
END_TEST

Suite *gunzip_suite(void)
{
	Suite *s = suite_create("gunzip");
	TCase *c = tcase_create("gunzip");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, all_that_was_packed_comes_out);
	tcase_add_test(c, one_archive_behind_another_is_unpacked_too);
	tcase_add_test(c, cut_anywhere_it_is_damaged);
	tcase_add_test(c, other_bytes_are_damage);
	tcase_add_test(c, a_bomb_is_too_large);
	tcase_add_test(c, who_wants_no_more_gets_no_more);
	suite_add_tcase(s, c);
	return s;
}
