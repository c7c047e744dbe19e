#include "checks/check.h"

#include <check.h>
#include <string.h>

Suite *table_suite(void);

/* LOCKOUTS.md's list: what is repaired offline, what is only named. */
static const char repaired[][24] = {
    "pam-module-missing", "pam-module-unloadable", "libcrypt-missing", "libcrypt-method",
    "hash-legacy",	  "hash-too-new",	   "pam-bad-jump",     "pam-file-missing",
    "selinux-label",	  "root-locked",	   "account-locked",   "account-expired",
    "shell-missing",	  "home-missing",	   "nologin",	       "faillock",
    "securetty",	  "setuid-lost",	   "etc-modes",	       "shadow-damaged",
    "shadow-locked",	  "loader-missing",	   "libc-mismatch",    "binary-missing",
    "disk-full",	  "dm-disabled",	   "dm-broken",	       "nss-broken"};
/* root-readonly is repaired by nobody but the file system's own checker. */
static const char named[][24] = {"homed-user",	"declarative-users", "home-encrypted", "keymap",
				 "pam-foreign", "hibernated",	     "root-readonly"};

static const struct check *row(const char *id)
{
	const struct check *k = checks;

	while (k->id && strcmp(k->id, id))
		k++;
	return k->id ? k : NULL;
}

START_TEST(table_repairs_every_cause_that_can_be)
{
	const struct check *k = row(repaired[_i]);

	ck_assert_msg(k, "%s is no row", repaired[_i]);
	ck_assert_msg(k->phase >= 2 && k->phase <= 6, "%s has no phase", repaired[_i]);
}
END_TEST

START_TEST(table_only_names_what_cannot_be_repaired)
{
	const struct check *k = row(named[_i]);

	ck_assert_msg(k, "%s is no row", named[_i]);
	ck_assert_msg(!k->phase && !k->repair, "%s is repaired", named[_i]);
}
END_TEST

/* An id names one row, and is short enough for a finding. */
START_TEST(table_ids_are_unique)
{
	for (const struct check *k = checks; k->id; k++) {
		ck_assert_ptr_eq(row(k->id), k);
		ck_assert_uint_lt(strlen(k->id), sizeof((struct finding *)0)->id);
		ck_assert(k->phase || !k->repair);
	}
}
END_TEST

Suite *table_suite(void)
{
	Suite *s = suite_create("table");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, table_repairs_every_cause_that_can_be, 0,
			    sizeof repaired / sizeof *repaired);
	tcase_add_loop_test(c, table_only_names_what_cannot_be_repaired, 0,
			    sizeof named / sizeof *named);
	tcase_add_test(c, table_ids_are_unique);
	suite_add_tcase(s, c);
	return s;
}
