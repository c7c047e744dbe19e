#include "run/supervisor.h"

#include "base/clock.h"

#include <check.h>

Suite *supervisor_suite(void);

static int64_t given(long seconds)
{
	return supervisor_deadline(seconds) - clock_ms();
}

START_TEST(without_an_end_an_operation_has_its_own_time)
{
	ck_assert_int_eq(supervisor_end(), DEADLINE_NEVER);
	ck_assert_int_ge(given(300), 299000);
}
END_TEST

START_TEST(operations_one_after_the_other_end_with_the_run)
{
	int64_t end = deadline_in(60), spent = 0;

	/* each takes all it gets, and what it takes to be given up */
	for (int i = 0; i < 7; i++) {
		supervisor_until(end - spent);
		spent += given(300) + 1800;
	}
	ck_assert_int_le(spent, 60000);
	supervisor_until(DEADLINE_NEVER);
}
END_TEST

START_TEST(after_the_end_an_operation_has_a_second)
{
	supervisor_until(clock_ms() - 5000);
	ck_assert_int_le(given(300), 1000);
	ck_assert_int_ge(given(300), 900);
	supervisor_until(DEADLINE_NEVER);
}
END_TEST

Suite *supervisor_suite(void)
{
	Suite *s = suite_create("supervisor");
	TCase *t = tcase_create("supervisor");

	tcase_add_test(t, without_an_end_an_operation_has_its_own_time);
	tcase_add_test(t, operations_one_after_the_other_end_with_the_run);
	tcase_add_test(t, after_the_end_an_operation_has_a_second);
	suite_add_tcase(s, t);
	return s;
}
