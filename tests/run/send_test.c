#include "run/send.h"

#include <check.h>
#include <stdio.h>

Suite *send_suite(void);

static const char *name(const char *host)
{
	static struct report r = {.run = "20261127-163255"};
	static char dst[160];

	snprintf(r.host, sizeof r.host, "%s", host);
	return send_name(&r, LOG_REPORT, dst, sizeof dst);
}

START_TEST(name_says_whose_which_and_what)
{
	ck_assert_str_eq(name("argo-pc"), "argo-pc-20261127-163255-report.json");
	ck_assert_str_eq(name(""), "unknown-20261127-163255-report.json");
}
END_TEST

START_TEST(name_leads_nowhere_else)
{
	ck_assert_str_eq(name("../a b.c\r\n%\303\274"),
			 "---a-b-c------20261127-163255-report.json");
}
END_TEST

Suite *send_suite(void)
{
	Suite *s = suite_create("send");
	TCase *t = tcase_create("send");

	tcase_add_test(t, name_says_whose_which_and_what);
	tcase_add_test(t, name_leads_nowhere_else);
	suite_add_tcase(s, t);
	return s;
}
