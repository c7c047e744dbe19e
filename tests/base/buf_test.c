#include "base/buf.h"

#include <check.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

Suite *buf_suite(void);

START_TEST(buf_drops_what_does_not_fit_and_says_so)
{
	char mem[5];
	struct buf b = BUF_OF(mem);

	buf_adds(&b, "abc");
	ck_assert(!b.cut);
	buf_addf(&b, "%d", 4567);
	ck_assert_str_eq(mem, "abc4");
	ck_assert_uint_eq(b.len, 4);
	ck_assert(b.cut);
	buf_adds(&b, "x");
	ck_assert_str_eq(mem, "abc4");
}
END_TEST

START_TEST(buf_escapes_what_a_terminal_would_obey)
{
	char mem[128];
	struct buf b = BUF_OF(mem);

	buf_add_escaped(&b, "a\033[2J\n\302\233\177\0", 10, false);
	ck_assert_str_eq(mem, "a\\x1b[2J\\x0a\\xc2\\x9b\\x7f\\x00");
	b = BUF_OF(mem);
	buf_add_escaped(&b, "\303\244\n\t", 4, true);
	ck_assert_str_eq(mem, "\303\244\n\t");
}
END_TEST

START_TEST(buf_escapes_invalid_utf8)
{
	static const char *const bad[] = {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82",
					  "\xf4\x90\x80\x80"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char mem[64];
		struct buf b = BUF_OF(mem);

		buf_add_escaped(&b, bad[i], strlen(bad[i]), false);
		for (const char *p = mem; *p; p++)
			ck_assert_int_lt((unsigned char)*p, 0x80);
		ck_assert_uint_eq(b.len, 4 * strlen(bad[i]));
	}
}
END_TEST

START_TEST(buf_json_quotes_every_byte_json_forbids)
{
	char mem[64];
	struct buf b = BUF_OF(mem);

	buf_add_json(&b, "a\"\\\n\xff\303\244");
	ck_assert_str_eq(mem, "\"a\\\"\\\\\\u000a\357\277\275\303\244\"");
	b.len = 0;
	buf_add_json(&b, "\302\2331m\177");
	ck_assert_str_eq(mem, "\"\\u009b1m\\u007f\"");
}
END_TEST

START_TEST(str_copy_terminates_and_says_when_cut)
{
	char dst[4];

	ck_assert(str_copy(dst, sizeof dst, "abc"));
	ck_assert(!str_copy(dst, sizeof dst, "abcd"));
	ck_assert_str_eq(dst, "abc");
}
END_TEST

START_TEST(str_number_takes_digits_alone)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1s"};
	long n = -7;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_int_eq(str_number(bad[i], 0, 100, &n), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_int_eq(str_number("101", 0, 100, &n), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_int_eq(str_number("99999999999999999999", 0, LONG_MAX, &n), -1);
	ck_assert_int_eq(n, -7);
	ck_assert_int_eq(str_number("100", 0, 100, &n), 0);
	ck_assert_int_eq(n, 100);
}
END_TEST

/* The n-th text of so many letters. */
static void text_of(unsigned long n, const char *letters, size_t len, char *dst)
{
	for (size_t i = 0; i < len; i++, n /= strlen(letters))
		dst[i] = letters[n % strlen(letters)];
	dst[len] = '\0';
}

static unsigned long power(unsigned long base, size_t n)
{
	return n ? base * power(base, n - 1) : 1;
}

/* Every pattern of four bytes and every text of two; of a set without an end each C library says
 * something else. */
START_TEST(patterns_are_fnmatchs)
{
	static const char bytes[] = "*?[]!-ab\\", letters[] = "ab]-[";
	unsigned long patterns = power(strlen(bytes), 4), texts = power(strlen(letters), 2),
		      same = 0;
	char p[5], s[3];

	for (unsigned long i = 0; i < patterns; i++) {
		text_of(i, bytes, 4, p);
		if (strchr(p, '[') && !strchr(p, ']'))
			continue;
		for (unsigned long k = 0; k < texts; k++) {
			text_of(k, letters, 2, s);
			if (str_matches(s, p) != !fnmatch(p, s, 0))
				ck_abort_msg("%s, %s: %d", p, s, str_matches(s, p));
			same++;
		}
	}
	ck_assert_uint_ge(same, 100000);
	ck_assert(str_matches("pci:v00001AF4d", "pci:v*[0-9A-F]d") && !str_matches("x", ""));
	ck_assert(str_matches("", "**") && !str_matches("", "?") &&
		  str_matches("\xff", "[\x80-\xff]"));
}
END_TEST

/* At every place, of every length, and not behind the end. */
START_TEST(line_end_and_count_look_at_every_byte)
{
	char text[80];

	for (size_t n = 0; n < sizeof text - 1; n++) {
		memset(text, 'x' | 0x80, n);
		memset(text + n, '\n', sizeof text - n);
		for (size_t from = 0; from <= n; from++) {
			ck_assert_ptr_null(line_end(text + from, n - from));
			ck_assert_ptr_eq(line_end(text + from, n - from + 1), text + n);
			ck_assert_ptr_eq(line_end(text + from, sizeof text - from), text + n);
			ck_assert_uint_eq(line_count(text + from, n - from, '\n'), 0);
			ck_assert_uint_eq(line_count(text + from, n - from, text[0]), n - from);
			ck_assert_uint_eq(line_count(text + from, sizeof text - from, '\n'),
					  sizeof text - n);
		}
	}
}
END_TEST

START_TEST(line_next_gives_a_last_line_without_newline)
{
	const char text[] = "a\n\nbc";
	const char *p = text, *end = text + 5, *line;
	size_t len;

	ck_assert(line_next(&p, end, &line, &len) && len == 1 && *line == 'a');
	ck_assert(line_next(&p, end, &line, &len) && len == 0);
	ck_assert(line_next(&p, end, &line, &len) && len == 2 && *line == 'b');
	ck_assert(!line_next(&p, end, &line, &len));
}
END_TEST

Suite *buf_suite(void)
{
	Suite *s = suite_create("buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, buf_drops_what_does_not_fit_and_says_so);
	tcase_add_test(t, buf_escapes_what_a_terminal_would_obey);
	tcase_add_test(t, buf_escapes_invalid_utf8);
	tcase_add_test(t, buf_json_quotes_every_byte_json_forbids);
	tcase_add_test(t, str_copy_terminates_and_says_when_cut);
	tcase_add_test(t, str_number_takes_digits_alone);
	tcase_add_test(t, patterns_are_fnmatchs);
	tcase_add_test(t, line_end_and_count_look_at_every_byte);
	tcase_add_test(t, line_next_gives_a_last_line_without_newline);
	suite_add_tcase(s, t);
	return s;
}
