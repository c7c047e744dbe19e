#include "base/aside.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *aside_suite(void);

static int give(void *arg)
{
	return *(int *)arg;
}

static int die(void *arg)
{
	(void)arg;
	return raise(SIGKILL);
}

static int hang(void *arg)
{
	const int *ends = arg;
	char c;

	close(ends[1]);
	return (int)read(ends[0], &c, 1);
}

START_TEST(value_of_what_ends_is_returned)
{
	int zero = 0, no = ENOENT;

	ck_assert_int_eq(aside_run(give, &zero, deadline_in(60)), 0);
	ck_assert_int_eq(aside_run(give, &no, deadline_in(60)), ENOENT);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1); /* nothing is left */
}
END_TEST

START_TEST(what_dies_is_an_error)
{
	ck_assert_int_eq(aside_run(die, NULL, deadline_in(60)), EIO);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
}
END_TEST

START_TEST(what_hangs_is_left_running_and_not_killed)
{
	int ends[2], status = -1;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(aside_run(hang, ends, deadline_in_ms(20)), ETIMEDOUT);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	close(ends[1]);
	ck_assert_int_gt(waitpid(-1, &status, 0), 0);
	ck_assert(WIFEXITED(status) || WTERMSIG(status) == SIGPIPE); /* nobody listens any more */
}
END_TEST

Suite *aside_suite(void)
{
	Suite *s = suite_create("aside");
	TCase *t = tcase_create("aside");

	tcase_add_test(t, value_of_what_ends_is_returned);
	tcase_add_test(t, what_dies_is_an_error);
	tcase_add_test(t, what_hangs_is_left_running_and_not_killed);
	suite_add_tcase(s, t);
	return s;
}
