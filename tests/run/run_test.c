#include "run/run.h"

#include "../base/said.h"
#include "../target/scratch.h"
#include "base/clock.h"
#include "run/logs.h"
#include "run/proof.h"
#include "run/supervisor.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

Suite *run_suite(void);

static struct options o;
static struct run *r;

/* Only these phases, on a system of three files in memory. */
static void start(const char *numbers)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmp", "/tmp", "tmpfs", 0, NULL), 0);
	scratch_open();
	journal_close(&j);
	full("/usr/x");
	full("/boot/x");
	full("/var/log/x");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	put("/etc/shadow", "root:*:19000::::::\n");
	put("/etc/os-release", "ID=tiny\n");
	options_default(&o);
	strcpy(o.root, t.root);
	o.set.timeout = 30;
	for (int i = 1; i <= 8; i++)
		o.set.phases[i] = strchr(numbers, '0' + i) != NULL;
	r = run_start(&o, false);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(run_name(r), 0);
}

static void end(void)
{
	char command[320];

	close(t.fd);
	snprintf(command, sizeof command, "rm -rf --one-file-system %s", t.root);
	ck_assert_int_eq(system(command), 0);
}

static enum outcome outcome(int phase)
{
	return r->report->phases[phase].outcome;
}

/* The log folder of the run below this folder of the target. */
static bool has_logs(const char *below)
{
	char path[200];

	snprintf(path, sizeof path, "%s/tiny-recovery-logs-%s/main.log", below, r->report->run);
	return access(full(path), F_OK) == 0;
}

START_TEST(run_has_a_number_a_name_and_its_logs)
{
	start("48");
	run_phases(r);
	run_end(r);
	ck_assert_int_eq(r->report->sequence, 1);
	ck_assert_int_eq(outcome(4), OUTCOME_SKIPPED);
	ck_assert_int_eq(outcome(8), OUTCOME_OK);
	ck_assert_int_eq(outcome(1), OUTCOME_NOT_RUN);
	ck_assert(has_logs("/boot"));
	ck_assert_int_eq(run_status(r), 1);
}
END_TEST

/* The second run within the same second. */
START_TEST(name_that_is_taken_gets_a_number)
{
	char first[40];

	start("8");
	strcpy(first, r->report->run);
	run_phases(r);
	run_end(r);
	ck_assert_int_eq(run_name(r), 0);
	ck_assert_str_ne(r->report->run, first);
	ck_assert_int_eq(r->report->sequence, 2);
}
END_TEST

START_TEST(phase_without_time_is_given_up_and_the_summary_says_so)
{
	start("48");
	o.set.timeout = 0; /* for the phase; and what is small may be done in no time, or not */
	run_phases(r);
	run_end(r);
	ck_assert_int_eq(outcome(4), OUTCOME_TIMED_OUT);
	ck_assert_int_eq(outcome(8), OUTCOME_OK);
	ck_assert(said("What failed:"));
	ck_assert(has_logs("/boot") || r->report->npivots > 0);
	ck_assert(said("A phase could not be ended") == r->shared->changes_unknown);
}
END_TEST

START_TEST(without_a_journal_no_phase_writes)
{
	start("358");
	r->target.readonly = true;
	run_phases(r);
	ck_assert_int_eq(outcome(3), OUTCOME_SKIPPED);
	ck_assert_str_eq(r->report->phases[3].text,
			 "no journal (diagnosing only), so no change is made");
	/* the proof of the login needs none */
	ck_assert_int_ne(outcome(5), OUTCOME_SKIPPED);
	ck_assert_int_ne(outcome(5), OUTCOME_NOT_RUN);
	ck_assert(holds("/etc/shadow", "root:*:19000::::::\n"));
}
END_TEST

START_TEST(after_its_end_only_the_summary_runs)
{
	start("148");
	supervisor_until(clock_ms() - 1);
	run_phases(r);
	ck_assert_int_eq(outcome(1), OUTCOME_NOT_RUN);
	ck_assert_int_eq(outcome(4), OUTCOME_NOT_RUN);
	ck_assert_int_eq(outcome(8), OUTCOME_OK);
	ck_assert_int_eq(run_status(r), 4);
}
END_TEST

START_TEST(signal_ends_a_run_in_order)
{
	start("18");
	ck_assert_int_eq(raise(SIGTERM), 0);
	run_phases(r);
	run_end(r);
	ck_assert_int_eq(outcome(1), OUTCOME_NOT_RUN);
	ck_assert_int_eq(outcome(8), OUTCOME_OK);
	ck_assert(has_logs("/boot"));
	ck_assert_int_eq(run_status(r), 4);
}
END_TEST

START_TEST(limit_is_what_was_asked_or_what_can_happen)
{
	start("8");
	o.set.deadline = 77;
	run_limit(&o);
	ck_assert_int_le(supervisor_end() - clock_ms(), 77000);
	ck_assert_int_ge(supervisor_end() - clock_ms(), 76000);
	o.set.deadline = 7;
	run_limit(&o); /* said once */
	ck_assert_int_ge(supervisor_end() - clock_ms(), 76000);
	supervisor_until(DEADLINE_NEVER);
	o.set.deadline = 0;
	run_limit(&o);
	ck_assert_int_ge(supervisor_end() - clock_ms(), 4 * 30000 - 1000);
	ck_assert_int_le(supervisor_end() - clock_ms(), 4 * 30000);
}
END_TEST

/* One that is stopped is neither waited for nor overtaken. */
START_TEST(logs_are_copied_while_the_run_goes_on)
{
	start("8");
	logs_begin(r);
	ck_assert_int_ge(r->copying, 0);
	ck_assert_int_eq(kill(child_pid(r->copying), SIGSTOP), 0);
	for (int i = 0; i < 100; i++)
		logs_look(r);
	ck_assert_int_ge(r->copying, 0);
	ck_assert_int_eq(kill(child_pid(r->copying), SIGCONT), 0);
	logs_wait(r);
	ck_assert_int_eq(r->copying, -1);
	ck_assert(has_logs("/boot"));
}
END_TEST

START_TEST(pivot_is_copied_when_the_run_is_looked_at)
{
	char path[200], command[600];

	start("8");
	logs_begin(r);
	logs_wait(r);
	report_pivot(r->report, "this", "why not", "that");
	logs_look(r);
	logs_wait(r);
	snprintf(path, sizeof path, "/boot/tiny-recovery-logs-%s/pivots.log", r->report->run);
	snprintf(command, sizeof command, "grep -q 'tried: this' %s", full(path));
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(place_that_takes_no_copy_is_left_with_a_pivot)
{
	start("8");
	strcpy(r->logs.places[0].path, "/nowhere");
	logs_begin(r);
	logs_wait(r);
	ck_assert(has_logs("/var/log"));
	ck_assert_uint_eq(r->report->npivots, 1);
	ck_assert(said("/nowhere/tiny-recovery-logs-"));
	while (r->logs.at < r->logs.nplaces)
		logdir_leave(&r->logs);
	logs_begin(r); /* no place is left */
	logs_wait(r);
	ck_assert_uint_eq(r->report->npivots, 1);
}
END_TEST

static int end_with(void *status)
{
	return (int)(intptr_t)status;
}

/* Phase 5 has left something pending; its proof ends so while phase 7 runs. */
static void prove(enum canary_answer wrong, intptr_t status)
{
	struct child_spec spec = {.name = "proof",
				  .fn = end_with,
				  .arg = (void *)status,
				  .flags = CHILD_WORKER,
				  .deadline = deadline_in(20)};

	start("8");
	r->shared->canary = (struct canary){
	    .n = 1, .doors = {{.name = "login", .right = CANARY_ACCEPTED, .wrong = wrong}}};
	r->report->phases[5].outcome = OUTCOME_PENDING;
	r->proving = &phases[4];
	log_phase("7 system state snapshot");
	r->proof = child_start(&spec, &r->proved);
	ck_assert_int_ge(r->proof, 0);
	while (r->proof >= 0)
		proof_look(r);
	ck_assert_str_eq(log_phase_now(), "7 system state snapshot");
}

START_TEST(proof_is_said_as_soon_as_it_is_there)
{
	prove(CANARY_REFUSED, 0);
	ck_assert_int_eq(outcome(5), OUTCOME_OK);
	ck_assert_int_eq(r->report->verdict, VERDICT_LOGIN_PROVEN);
	ck_assert(said("[5/8] PAM verification: ok: root can log in: login accepted"));
	proof_end(r);
	ck_assert_int_eq(outcome(5), OUTCOME_OK);
}
END_TEST

/* It is a failure in the report, which the phase that runs writes to. */
START_TEST(what_is_not_proven_is_said_when_no_phase_runs)
{
	prove(CANARY_ACCEPTED, 1);
	ck_assert_int_eq(outcome(5), OUTCOME_PENDING);
	ck_assert_uint_eq(r->report->nfailures, 0);
	proof_end(r);
	ck_assert_int_eq(outcome(5), OUTCOME_FAILED);
	ck_assert_int_eq(r->report->verdict, VERDICT_LOGIN_REFUSED);
	ck_assert_str_eq(r->report->failures[0].phase, "5 PAM verification");
}
END_TEST

START_TEST(folder_that_is_no_system_has_no_run)
{
	start("8");
	strcpy(o.root, "/proc");
	ck_assert_int_eq(run_name(r), -1);
	ck_assert(said("/proc is no usable target: "));
}
END_TEST

Suite *run_suite(void)
{
	Suite *s = suite_create("run");
	TCase *k = tcase_create("run");

	tcase_add_checked_fixture(k, NULL, end);
	tcase_add_test(k, run_has_a_number_a_name_and_its_logs);
	tcase_add_test(k, name_that_is_taken_gets_a_number);
	tcase_add_test(k, phase_without_time_is_given_up_and_the_summary_says_so);
	tcase_add_test(k, without_a_journal_no_phase_writes);
	tcase_add_test(k, after_its_end_only_the_summary_runs);
	tcase_add_test(k, signal_ends_a_run_in_order);
	tcase_add_test(k, limit_is_what_was_asked_or_what_can_happen);
	tcase_add_test(k, logs_are_copied_while_the_run_goes_on);
	tcase_add_test(k, pivot_is_copied_when_the_run_is_looked_at);
	tcase_add_test(k, place_that_takes_no_copy_is_left_with_a_pivot);
	tcase_add_test(k, proof_is_said_as_soon_as_it_is_there);
	tcase_add_test(k, what_is_not_proven_is_said_when_no_phase_runs);
	tcase_add_test(k, folder_that_is_no_system_has_no_run);
	suite_add_tcase(s, k);
	return s;
}
