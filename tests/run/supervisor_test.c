#include "run/supervisor.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

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

static int fail_as(void *arg)
{
	return *(int *)arg;
}

static int hang(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

START_TEST(failed_operation_says_why_in_words)
{
	int error = EROFS;
	struct operation op = {"an operation", fail_as, &error, 30};
	char why[320] = "";

	ck_assert_int_eq(supervisor_operation(&op, why, sizeof why), -1);
	ck_assert_str_eq(why, strerror(EROFS));
	error = 0;
	ck_assert_int_eq(supervisor_operation(&op, why, sizeof why), 0);
}
END_TEST

START_TEST(operation_that_hangs_is_given_up)
{
	struct operation op = {"an operation", hang, NULL, 1};
	int64_t start = clock_ms();
	char why[320] = "";

	ck_assert_int_eq(supervisor_operation(&op, why, sizeof why), -1);
	ck_assert_msg(strstr(why, "no end within 1000 ms") != NULL, "%s", why);
	ck_assert_int_ge(clock_ms() - start, 1000);
}
END_TEST

/* What only reads leaves nothing half done, so that it need not be waited for. */
START_TEST(signal_ends_what_only_reads)
{
	struct operation op = {"an operation", hang, NULL, 60};
	int64_t start = clock_ms();
	char why[320] = "";

	supervisor_signals();
	ck_assert_int_eq(supervisor_signalled(), 0);
	ck_assert_int_eq(raise(SIGHUP), 0);
	ck_assert_int_eq(supervisor_signalled(), SIGHUP);
	ck_assert_int_eq(supervisor_reading(&op, why, sizeof why), 0); /* no failure */
	ck_assert_int_le(clock_ms() - start, 30000);
}
END_TEST

Suite *supervisor_suite(void)
{
	Suite *s = suite_create("supervisor");
	TCase *t = tcase_create("supervisor");

	tcase_add_test(t, without_an_end_an_operation_has_its_own_time);
	tcase_add_test(t, operations_one_after_the_other_end_with_the_run);
	tcase_add_test(t, after_the_end_an_operation_has_a_second);
	tcase_add_test(t, failed_operation_says_why_in_words);
	tcase_add_test(t, operation_that_hangs_is_given_up);
	tcase_add_test(t, signal_ends_what_only_reads);
	suite_add_tcase(s, t);
	return s;
}
