#include "base/digest.h"

#include "base/clock.h"

#include <bearssl_hash.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *digest_suite(void);

/* FIPS 180-4's examples. */
START_TEST(digest_is_sha256)
{
	char hex[DIGEST_HEX];

	digest_hex("", 0, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_hex("abc", 3, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

/* Whatever the processor does of it by itself. */
START_TEST(digest_is_the_librarys_at_every_length)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char data[520], raw[DIGEST_SHA256];
	char hex[DIGEST_HEX], want[DIGEST_HEX] = "";
	br_sha256_context c;

	for (unsigned i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 167 + (i >> 3));
	for (size_t n = 0; n <= sizeof data; n++) {
		br_sha256_init(&c);
		br_sha256_update(&c, data, n);
		br_sha256_out(&c, raw);
		for (unsigned i = 0; i < sizeof raw; i++) {
			want[2 * i] = digits[raw[i] >> 4];
			want[2 * i + 1] = digits[raw[i] & 15];
		}
		digest_hex(data, n, hex);
		ck_assert_str_eq(hex, want);
	}
}
END_TEST

START_TEST(digest_of_a_file_is_that_of_its_bytes_and_keeps_the_offset)
{
	static char million[1000000];
	char hex[DIGEST_HEX];
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	memset(million, 'a', sizeof million);
	ck_assert_uint_eq(fwrite(million, 1, sizeof million, f), sizeof million);
	ck_assert_int_eq(fflush(f), 0);
	ck_assert_int_eq(lseek(fileno(f), 7, SEEK_SET), 7);
	ck_assert_int_eq(digest_fd(fileno(f), hex), 0);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	ck_assert_int_eq(lseek(fileno(f), 0, SEEK_CUR), 7);
	fclose(f);
	ck_assert_int_eq(digest_fd(-1, hex), -1);
}
END_TEST

START_TEST(digest_raw_is_sha256_until_its_deadline)
{
	unsigned char raw[DIGEST_RAW], want[DIGEST_RAW];
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("abc", f), 0);
	ck_assert_int_eq(fflush(f), 0);
	ck_assert_int_eq(digest_raw(fileno(f), DEADLINE_NEVER, raw), 0);
	ck_assert_int_eq(
	    digest_from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			    DIGEST_SHA256, want),
	    0);
	ck_assert_mem_eq(raw, want, sizeof want);
	ck_assert_int_eq(digest_raw(fileno(f), clock_ms(), raw), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	fclose(f);
}
END_TEST

START_TEST(hex_digits_cut_short_are_no_digest)
{
	unsigned char raw[DIGEST_RAW];

	ck_assert_int_eq(digest_from_hex("900150983cd24fb0d6963f7d28e17f7", DIGEST_MD5, raw), -1);
	ck_assert_int_eq(digest_from_hex("newconffile", DIGEST_MD5, raw), -1);
	ck_assert_int_eq(digest_from_hex("", DIGEST_MD5, raw), -1);
}
END_TEST

START_TEST(random_fills_all_and_never_repeats)
{
	unsigned char a[64] = {0}, b[64] = {0}, none[8] = {0};

	ck_assert_int_eq(random_bytes(a, sizeof a), 0);
	ck_assert_int_eq(random_bytes(b, sizeof b), 0);
	ck_assert(memcmp(a, b, sizeof a));
	ck_assert(memcmp(a + 56, none, 8));
}
END_TEST

Suite *digest_suite(void)
{
	Suite *s = suite_create("digest");
	TCase *c = tcase_create("digest");

	tcase_add_test(c, digest_is_sha256);
	tcase_add_test(c, digest_is_the_librarys_at_every_length);
	tcase_add_test(c, digest_of_a_file_is_that_of_its_bytes_and_keeps_the_offset);
	tcase_add_test(c, digest_raw_is_sha256_until_its_deadline);
	tcase_add_test(c, hex_digits_cut_short_are_no_digest);
	tcase_add_test(c, random_fills_all_and_never_repeats);
	suite_add_tcase(s, c);
	return s;
}
