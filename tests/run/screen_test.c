#include "run/screen.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/log.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *screen_suite(void);

static struct report r;
static struct shared shared;
static struct logdir logs;
static char said[20000];
static int from, old;

/* Standard output is a pipe: what is no screen gets whole lines. */
static void setup(void)
{
	int p[2];

	ck_assert_int_eq(log_start(), 0);
	ck_assert_int_eq(pipe(p), 0);
	old = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(p[1], STDOUT_FILENO), STDOUT_FILENO);
	close(p[1]);
	from = p[0];
	console_to(CONSOLE_OUTPUT);
	strcpy(r.run, "20260101-000000");
	strcpy(r.user, "argo");
	strcpy(logs.name, "debian-recovery-logs-20260101-000000");
	strcpy(logs.places[0].path, "/boot");
	logs.nplaces = 1;
}

static const char *heard(void)
{
	ssize_t n;

	dup2(old, STDOUT_FILENO);
	n = read(from, said, sizeof said - 1);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

static void says(const char *text)
{
	ck_assert_msg(strstr(said, text) != NULL, "it does not say %s: %s", text, said);
}

static const char *main_log(void)
{
	const char *data;
	size_t len;

	log_view(LOG_MAIN, &data, &len);
	return data;
}

START_TEST(span_is_in_words)
{
	char dst[24];

	ck_assert_str_eq(screen_span(0, dst), "0 s");
	ck_assert_str_eq(screen_span(119, dst), "119 s");
	ck_assert_str_eq(screen_span(121, dst), "3 min");
	ck_assert_str_eq(screen_span(25800, dst), "7 h 10 min");
}
END_TEST

START_TEST(phase_is_a_line_with_outcome_and_seconds)
{
	struct phase_result result = {OUTCOME_TIMED_OUT, 12400, "it waited for dpkg"};
	struct screen s;

	screen_begin(&s, &phases[2], deadline_in(300));
	screen_end(&phases[2], &result);
	heard();
	says("[3/8] libxcrypt rebuild ... (at most 5 min)\n");
	says("[3/8] libxcrypt rebuild      timed out         12 s\n      it waited for dpkg\n");
	ck_assert_ptr_nonnull(strstr(
	    main_log(), "Z [3/8] libxcrypt rebuild: timed out: it waited for dpkg (12 s)\n"));
}
END_TEST

/* What takes long says so now and then where it cannot say so all the time. */
START_TEST(long_phase_is_told_every_half_minute)
{
	struct screen s;

	screen_begin(&s, &phases[2], deadline_in(300));
	s.live = s.steady = 0;
	s.begun -= 31000;
	screen_tick(&s, "dpkg");
	screen_tick(&s, "dpkg");
	heard();
	says("[3/8] libxcrypt rebuild: 31 s so far, at most ");
	says(" more: dpkg\n");
	ck_assert_ptr_null(strstr(strstr(said, "so far") + 1, "so far"));
	ck_assert_ptr_null(strstr(main_log(), "so far"));
}
END_TEST

START_TEST(proven_login_is_said_with_the_way_back)
{
	r.verdict = VERDICT_LOGIN_PROVEN;
	strcpy(r.verdict_text, "argo can log in: login");
	shared.changes = 2;
	screen_verdict(&r, &shared, &logs, false);
	heard();
	says("| YOU CAN LOG IN. ");
	says("| argo can log in: login ");
	says("| The password of argo is the one it had. ");
	says("| 2 changes were made. To undo: rd-recovery rollback 20260101-000000 ");
	says("| Logs: /boot/debian-recovery-logs-20260101-000000 ");
}
END_TEST

START_TEST(refused_login_is_not_told_to_log_in)
{
	r.verdict = VERDICT_LOGIN_REFUSED;
	r.password_generated = r.password_set = true;
	r.selinux = true;
	strcpy(r.weakened, "su: pam_x");
	screen_verdict(&r, &shared, &logs, false);
	heard();
	says("| YOU CANNOT LOG IN YET. ");
	says("| SELinux enforces on this system: not proven under SELinux. ");
	says("| WEAKENED: su: pam_x ");
	says("| argo has a new password all the same: it stands below. ");
	says("| Nothing was changed. ");
	ck_assert_ptr_null(strstr(said, "Log in as"));
}
END_TEST

START_TEST(open_door_is_what_the_box_says_first)
{
	r.verdict = VERDICT_LOGIN_REFUSED;
	shared.canary.n = 2;
	shared.canary.doors[1].wrong = CANARY_ACCEPTED;
	screen_verdict(&r, &shared, &logs, false);
	heard();
	says("| A WRONG PASSWORD GETS IN. ");
	ck_assert_ptr_null(strstr(said, "CANNOT LOG IN"));
}
END_TEST

/* The phase was ended between making a password and saying what became of it. */
START_TEST(password_that_may_count_is_not_denied)
{
	r.password_generated = true;
	screen_verdict(&r, &shared, &logs, true);
	heard();
	says("| Whether argo has the password it had or the one below is not known. ");
}
END_TEST

START_TEST(what_is_not_known_is_not_promised)
{
	logs.at = 1;
	shared.changes_unknown = true;
	screen_verdict(&r, &shared, &logs, true);
	heard();
	says("| ENDED BEFORE ITS TIME: whether you can log in is not known. ");
	says("| What was changed is not wholly known. To undo: ");
	says("| No log could be written to a disk. ");
}
END_TEST

START_TEST(run_that_only_looked_says_so)
{
	strcpy(logs.places[0].path, "/run");
	screen_verdict(&r, &shared, &logs, false);
	heard();
	says("| NO LOGIN WAS TRIED in this run. ");
	says("(in memory: gone at the");
}
END_TEST

Suite *screen_suite(void)
{
	Suite *s = suite_create("screen");
	TCase *c = tcase_create("screen");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, span_is_in_words);
	tcase_add_test(c, phase_is_a_line_with_outcome_and_seconds);
	tcase_add_test(c, long_phase_is_told_every_half_minute);
	tcase_add_test(c, proven_login_is_said_with_the_way_back);
	tcase_add_test(c, refused_login_is_not_told_to_log_in);
	tcase_add_test(c, open_door_is_what_the_box_says_first);
	tcase_add_test(c, password_that_may_count_is_not_denied);
	tcase_add_test(c, what_is_not_known_is_not_promised);
	tcase_add_test(c, run_that_only_looked_says_so);
	suite_add_tcase(s, c);
	return s;
}
