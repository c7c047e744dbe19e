#include "target/distro.h"

#include <check.h>
#include <string.h>

Suite *distro_suite(void);

static int get(const char *text, const char *key, char *dst, size_t cap)
{
	return distro_release(text, strlen(text), key, dst, cap);
}

START_TEST(release_undoes_quotes)
{
	char v[64];

	ck_assert_int_eq(
	    get("ID=debian\r\nPRETTY_NAME=\"A \\\"b\\\" c\"\n", "PRETTY_NAME", v, sizeof v), 0);
	ck_assert_str_eq(v, "A \"b\" c");
	ck_assert_int_eq(get("XID=a\nID='x y'", "ID", v, sizeof v), 0);
	ck_assert_str_eq(v, "x y");
}
END_TEST

START_TEST(release_refuses_what_is_open_long_or_absent)
{
	char v[8];

	ck_assert_int_eq(get("ID=\"open\n", "ID", v, sizeof v), -1);
	ck_assert_int_eq(get("ID=muchtoolong\n", "ID", v, sizeof v), -1);
	ck_assert_int_eq(get("#ID=a\nID\n", "ID", v, sizeof v), -1);
	ck_assert_int_eq(get("", "ID", v, sizeof v), -1);
}
END_TEST

Suite *distro_suite(void)
{
	Suite *s = suite_create("distro");
	TCase *c = tcase_create("distro");

	tcase_add_test(c, release_undoes_quotes);
	tcase_add_test(c, release_refuses_what_is_open_long_or_absent);
	suite_add_tcase(s, c);
	return s;
}
