#include "phases/compare.h"

#include "base/buf.h"
#include "base/log.h"

#include <check.h>
#include <string.h>

Suite *compare_suite(void);

static struct report before, after;

static void setup(void)
{
	memset(&before, 0, sizeof before);
	memset(&after, 0, sizeof after);
	ck_assert_int_eq(log_start(), 0);
}

static struct finding *add(struct report *r, const char *id, const char *evidence)
{
	struct finding *f = &r->findings[r->nfindings++];

	*f = (struct finding){.severity = SEVERITY_WARNING, .blocks = BLOCKS_USER};
	str_copy(f->id, sizeof f->id, id);
	str_copy(f->evidence, sizeof f->evidence, evidence);
	return f;
}

static bool every(const char *id)
{
	return strcmp(id, "found-by-a-phase") != 0;
}

static struct comparison compare(void)
{
	struct comparison n = {0};

	compare_findings(&before, &after, every, &n);
	return n;
}

START_TEST(one_of_two_of_an_id_is_repaired)
{
	struct comparison n;

	add(&before, "shell-missing", "/etc/passwd line 3: /bin/zsh");
	add(&before, "home-missing", "/home/a: gone");
	add(&before, "home-missing", "/home/b: gone");
	add(&after, "home-missing", "/home/b: gone");
	n = compare();
	ck_assert_uint_eq(n.repaired, 2);
	ck_assert_uint_eq(n.unchanged, 1);
	ck_assert_uint_eq(n.fresh + n.worse, 0);
	ck_assert_int_eq(before.findings[1].state, FINDING_REPAIRED);
	ck_assert_int_eq(before.findings[2].state, FINDING_OPEN);
}
END_TEST

START_TEST(another_path_of_a_known_id_is_new)
{
	struct comparison n;

	add(&before, "pam-module-missing", "/etc/pam.d/login line 4: pam_x.so");
	add(&after, "pam-module-missing", "/etc/pam.d/login line 5: pam_x.so");
	add(&after, "pam-module-missing", "/etc/pam.d/su line 1: pam_y.so");
	n = compare();
	ck_assert_uint_eq(n.unchanged, 1);
	ck_assert_uint_eq(n.fresh, 1);
	ck_assert_uint_eq(before.nfindings, 2);
	ck_assert_str_eq(before.findings[1].evidence, "/etc/pam.d/su line 1: pam_y.so");
}
END_TEST

START_TEST(what_keeps_more_people_out_is_worse)
{
	struct comparison n;

	add(&before, "disk-full", "96 % of / are used");
	add(&before, "etc-modes", "/etc/shadow: 644");
	add(&after, "disk-full", "nothing of / is free")->blocks = BLOCKS_EVERYONE;
	add(&after, "etc-modes", "/etc/shadow: 000")->severity = SEVERITY_ERROR;
	n = compare();
	ck_assert_uint_eq(n.worse, 2);
	ck_assert_uint_eq(n.unchanged + n.repaired + n.fresh, 0);
	ck_assert_str_eq(before.findings[0].evidence, "nothing of / is free");
	ck_assert_int_eq(before.findings[1].severity, SEVERITY_ERROR);
}
END_TEST

START_TEST(what_no_check_looks_for_keeps_its_state)
{
	struct comparison n;

	add(&before, "found-by-a-phase", "a")->state = FINDING_REPAIRED;
	add(&before, "found-by-a-phase", "b");
	add(&before, "root-locked", "/etc/shadow line 1")->severity = SEVERITY_NOTE;
	n = compare();
	ck_assert_uint_eq(n.repaired, 1);
	ck_assert_uint_eq(n.unchanged, 1);
	ck_assert_int_eq(before.findings[1].state, FINDING_OPEN);
}
END_TEST

Suite *compare_suite(void)
{
	Suite *s = suite_create("compare");
	TCase *t = tcase_create("compare");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, one_of_two_of_an_id_is_repaired);
	tcase_add_test(t, another_path_of_a_known_id_is_new);
	tcase_add_test(t, what_keeps_more_people_out_is_worse);
	tcase_add_test(t, what_no_check_looks_for_keeps_its_state);
	suite_add_tcase(s, t);
	return s;
}
