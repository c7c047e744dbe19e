#include "scratch.h"

Suite *target_suite(void);

static const char *host(const char *text, const char *conf)
{
	static char dst[64];

	if (text)
		put("/etc/hostname", text);
	if (conf)
		put("/etc/conf.d/hostname", conf);
	target_host(&t, dst, sizeof dst);
	return dst;
}

START_TEST(host_is_the_first_line_that_is_no_comment)
{
	ck_assert_str_eq(host("argo-pc\n", NULL), "argo-pc");
	ck_assert_str_eq(host("# its name\n# by hand\nargo-pc\r\nother\n", NULL), "argo-pc");
	ck_assert_str_eq(host("argo-pc", "hostname=\"other\"\n"), "argo-pc");
	ck_assert_str_eq(host("# no end", NULL), "other");
}
END_TEST

START_TEST(openrc_has_a_file_of_its_own)
{
	ck_assert_str_eq(host(NULL, "# Set to the hostname of this machine\nhostname=\"argo\"\n"),
			 "argo");
}
END_TEST

START_TEST(without_either_it_has_no_name)
{
	ck_assert_str_eq(host(NULL, NULL), "");
}
END_TEST

Suite *target_suite(void)
{
	Suite *s = suite_create("target");
	TCase *c = tcase_create("target");

	tcase_add_checked_fixture(c, scratch_open, scratch_close);
	tcase_add_test(c, host_is_the_first_line_that_is_no_comment);
	tcase_add_test(c, openrc_has_a_file_of_its_own);
	tcase_add_test(c, without_either_it_has_no_name);
	suite_add_tcase(s, c);
	return s;
}
