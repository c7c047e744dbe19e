#include "checks/nss.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *nss_suite(void);

static bool has(void *arg, const char *name)
{
	return strstr(arg, name) != NULL;
}

static enum nss_state judge(const char *words, char *installed)
{
	const struct nss_modules m = {has, installed};
	char name[32];

	return nss_judge(words, strlen(words), &m, name);
}

static const char *first(const char *words)
{
	static char text[512];
	struct buf b = BUF_OF(text);

	nss_files_first(words, strlen(words), &b);
	return text;
}

START_TEST(what_distributions_ship_is_sound)
{
	static const char lines[][40] = {"files",
					 "files systemd",
					 "compat systemd",
					 "files sss systemd",
					 "sss files systemd",
					 "files altfiles sss",
					 "db files nis",
					 "files [SUCCESS=merge] systemd",
					 "compat [NOTFOUND=return] ldap",
					 "files # ldap"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		ck_assert_int_eq(judge(lines[i], "compat systemd sss"), NSS_SOUND);
		if (i != 2 && i != 8) /* a module that is gone is passed over */
			ck_assert_int_eq(judge(lines[i], ""), NSS_SOUND);
	}
}
END_TEST

START_TEST(what_bars_local_users_is_named)
{
	ck_assert_int_eq(judge("sss", "sss"), NSS_NO_FILES);
	ck_assert_int_eq(judge("", ""), NSS_NO_FILES);
	ck_assert_int_eq(judge("# files", ""), NSS_NO_FILES);
	ck_assert_int_eq(judge("compat", ""), NSS_NO_FILES);
	ck_assert_int_eq(judge("sss [NOTFOUND=return] files", "sss"), NSS_BLOCKED);
	ck_assert_int_eq(judge("sss [NOTFOUND=return] files", ""), NSS_SOUND);
	ck_assert_int_eq(judge("sss [!SUCCESS=return] files", ""), NSS_BLOCKED);
	ck_assert_int_eq(judge("sss [!unavail=return] files", ""), NSS_SOUND);
	ck_assert_int_eq(judge("x [unavail=return] files", ""), NSS_BLOCKED);
	ck_assert_int_eq(judge("sss [SUCCESS=return] files", "sss"), NSS_SOUND);
	ck_assert_int_eq(judge("ldap files", "ldap"), NSS_LATE);
	ck_assert_int_eq(judge("winbind compat", "compat"), NSS_LATE);
}
END_TEST

START_TEST(files_comes_first_and_other_words_stay)
{
	ck_assert_str_eq(first("sss"), "files sss");
	ck_assert_str_eq(first("ldap  files  nis"), "files ldap  nis");
	ck_assert_str_eq(first("ldap [NOTFOUND=return] files\t# why"),
			 "files ldap [NOTFOUND=return]\t# why");
	ck_assert_str_eq(first("ldap files [SUCCESS=merge] sss"),
			 "files ldap files [SUCCESS=merge] sss");
	ck_assert_str_eq(first(""), "files ");
	ck_assert_int_eq(judge(first("ldap [!SUCCESS=return] compat"), ""), NSS_SOUND);
}
END_TEST

START_TEST(a_database_is_its_whole_name)
{
	ck_assert_uint_eq(nss_services("passwd:  files", 14, "passwd"), 9);
	ck_assert_uint_eq(nss_services(" passwd files", 13, "passwd"), 8);
	ck_assert_uint_eq(nss_services("passwd_compat: nis", 18, "passwd"), 0);
	ck_assert_uint_eq(nss_services("#passwd: nis", 12, "passwd"), 0);
	ck_assert_uint_eq(nss_services("passwd", 6, "passwd"), 0);
	ck_assert_uint_eq(nss_services("", 0, "passwd"), 0);
}
END_TEST

START_TEST(any_bytes_are_judged_and_made_sound)
{
	static const char good[] = "ldap [NOTFOUND=return !x=return] files [a=b] sss # c";
	char bytes[sizeof good], out[256], name[32];
	const struct nss_modules m = {has, "ldap"};

	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct buf b = BUF_OF(out);
		size_t len = (size_t)rand() % sizeof good;

		memcpy(bytes, good, len);
		for (int k = rand() % 6; k && len; k--)
			bytes[(size_t)rand() % len] = "[]=! #\0\377"[rand() % 8];
		nss_judge(bytes, len, &m, name);
		nss_files_first(bytes, len, &b);
		ck_assert_int_eq(nss_judge(out, b.len, &m, name), NSS_SOUND);
	}
}
END_TEST

Suite *nss_suite(void)
{
	Suite *s = suite_create("nss");
	TCase *c = tcase_create("nss");

	tcase_add_test(c, what_distributions_ship_is_sound);
	tcase_add_test(c, what_bars_local_users_is_named);
	tcase_add_test(c, files_comes_first_and_other_words_stay);
	tcase_add_test(c, a_database_is_its_whole_name);
	tcase_add_test(c, any_bytes_are_judged_and_made_sound);
	suite_add_tcase(s, c);
	return s;
}
