#include "phases/collect.h"

#include <check.h>
#include <string.h>

Suite *collect_suite(void);

static const char text[] = "== one\na\nb\n== two\n== three\nc";

START_TEST(section_ends_at_the_next_title)
{
	const char *start;
	size_t n;

	ck_assert(collect_section(text, sizeof text - 1, "one", &start, &n));
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(memcmp(start, "a\nb\n", 4), 0);
	ck_assert(collect_section(text, sizeof text - 1, "two", &start, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(last_section_ends_with_the_text)
{
	const char *start;
	size_t n;

	ck_assert(collect_section(text, sizeof text - 1, "three", &start, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(*start, 'c');
}
END_TEST

START_TEST(part_of_a_title_is_no_title)
{
	const char *start;
	size_t n;

	ck_assert(!collect_section(text, sizeof text - 1, "thr", &start, &n));
	ck_assert(!collect_section(text, sizeof text - 1, "four", &start, &n));
}
END_TEST

Suite *collect_suite(void)
{
	Suite *s = suite_create("collect");
	TCase *t = tcase_create("collect");

	tcase_add_test(t, section_ends_at_the_next_title);
	tcase_add_test(t, last_section_ends_with_the_text);
	tcase_add_test(t, part_of_a_title_is_no_title);
	suite_add_tcase(s, t);
	return s;
}
