#include "base/clock.h"

#include <check.h>
#include <limits.h>

Suite *clock_suite(void);

START_TEST(deadline_past_has_nothing_left)
{
	ck_assert_int_eq(deadline_left(clock_ms() - 1), 0);
	ck_assert_int_eq(deadline_left(INT64_MIN), 0);
}
END_TEST

START_TEST(deadline_far_away_does_not_overflow)
{
	ck_assert_int_eq(deadline_left(DEADLINE_NEVER), INT_MAX);
	ck_assert(deadline_in(LONG_MAX) == DEADLINE_NEVER);
	ck_assert(deadline_in_ms(LONG_MAX) == DEADLINE_NEVER);
}
END_TEST

START_TEST(deadline_first_is_the_earlier)
{
	ck_assert_int_eq(deadline_first(1, 2), 1);
	ck_assert_int_eq(deadline_first(DEADLINE_NEVER, 3), 3);
}
END_TEST

START_TEST(clock_utc_is_utc)
{
	char stamp[24];

	ck_assert_str_eq(clock_utc(0, stamp, sizeof stamp), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(clock_utc(951782400, stamp, sizeof stamp), "2000-02-29T00:00:00Z");
}
END_TEST

Suite *clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_test(t, deadline_past_has_nothing_left);
	tcase_add_test(t, deadline_far_away_does_not_overflow);
	tcase_add_test(t, deadline_first_is_the_earlier);
	tcase_add_test(t, clock_utc_is_utc);
	suite_add_tcase(s, t);
	return s;
}
