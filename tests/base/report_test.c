#include "base/report.h"

#include "base/log.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *report_suite(void);

static struct report *r;
static char text[1 << 18];

static void start(void)
{
	/* what is said on the console would hide the results */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	ck_assert_int_eq(log_start(), 0);
	r = report_start();
	ck_assert_ptr_nonnull(r);
}

static const char *held(enum log_stream s)
{
	const char *data;
	size_t len;

	log_view(s, &data, &len);
	ck_assert_uint_lt(len, sizeof text);
	memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

static const char *as_json(void)
{
	static char json[1 << 18];
	struct buf b = BUF_OF(json);

	json[0] = '\0';
	report_json(r, &b);
	ck_assert(!b.cut);
	return json;
}

static int add_finding(const char *id, const char *evidence)
{
	struct finding f = {.severity = SEVERITY_ERROR, .blocks = BLOCKS_USER};

	str_copy(f.id, sizeof f.id, id);
	str_copy(f.evidence, sizeof f.evidence, evidence);
	return report_finding(r, &f);
}

START_TEST(pivot_line_has_the_documented_form)
{
	log_phase("3 libxcrypt rebuild");
	report_pivot(r, "(b) package", "no cache\033[2J", "(c) reinstall");
	held(LOG_PIVOTS);
	ck_assert_str_eq(text + 19, "Z [3 libxcrypt rebuild] tried: (b) package | failed: no "
				    "cache\\x1b[2J | next: (c) reinstall\n");
	ck_assert_uint_eq(r->npivots, 1);
	ck_assert_str_eq(r->pivots[0].phase, "3 libxcrypt rebuild");
}
END_TEST

START_TEST(pivots_past_the_table_are_still_written_down)
{
	const char *p;
	unsigned lines = 0;

	for (int i = 0; i < REPORT_PIVOTS + 3; i++)
		report_pivot(r, "a", "b", "c");
	ck_assert_uint_eq(r->npivots, REPORT_PIVOTS);
	for (p = held(LOG_PIVOTS); (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(lines, REPORT_PIVOTS + 3);
}
END_TEST

START_TEST(finding_is_kept_once)
{
	ck_assert_int_eq(add_finding("pam-missing", "/etc/pam.d/login:3"), 0);
	ck_assert_int_eq(add_finding("pam-missing", "/etc/pam.d/login:4"), 1);
	ck_assert_int_eq(add_finding("pam-missing", "/etc/pam.d/login:3"), 0);
	ck_assert_uint_eq(r->nfindings, 2);
}
END_TEST

START_TEST(findings_that_do_not_fit_are_counted)
{
	char evidence[20];

	for (int i = 0; i < REPORT_FINDINGS + 2; i++) {
		snprintf(evidence, sizeof evidence, "line %d", i);
		ck_assert_int_eq(add_finding("x", evidence), i < REPORT_FINDINGS ? i : -1);
	}
	ck_assert_uint_eq(r->nfindings, REPORT_FINDINGS);
	ck_assert_uint_eq(r->findings_lost, 2);
	ck_assert_ptr_nonnull(strstr(as_json(), "\"findings_lost\": 2"));
}
END_TEST

START_TEST(settled_finding_is_found_no_more)
{
	add_finding("a", "1");
	add_finding("a", "2");
	add_finding("b", "1");
	ck_assert_ptr_eq(report_find(r, "a"), &r->findings[0]);
	report_settle(r, "a", FINDING_REPAIRED);
	ck_assert_ptr_null(report_find(r, "a"));
	ck_assert_ptr_eq(report_find(r, "b"), &r->findings[2]);
	ck_assert_ptr_null(report_find(r, "c"));
	ck_assert_int_eq(r->findings[1].state, FINDING_REPAIRED);
}
END_TEST

START_TEST(failure_goes_to_the_bundle_with_its_last_words)
{
	log_phase("5 PAM verification");
	report_failure(r, "su", "refused", "line one\nsecond \033]0;x\007\nno end");
	held(LOG_ERRORS);
	ck_assert_str_eq(text + 19, "Z [5 PAM verification] su: refused\n  | line one\n  | second "
				    "\\x1b]0;x\\x07\n  | no end\n");
	report_failure(r, "other", "why", NULL);
	ck_assert_uint_eq(r->nfailures, 2);
	ck_assert_str_eq(r->failures[0].why, "refused");
}
END_TEST

START_TEST(next_steps_are_said_once_and_bounded)
{
	report_next(r, "emerge %s", "libxcrypt");
	report_next(r, "emerge libxcrypt");
	ck_assert_uint_eq(r->nexts, 1);
	for (int i = 0; i < 20; i++)
		report_next(r, "step %d", i);
	ck_assert_uint_eq(r->nexts, sizeof r->next / sizeof *r->next);
}
END_TEST

START_TEST(report_of_a_worker_is_the_supervisors)
{
	pid_t pid = fork();

	if (pid == 0) {
		add_finding("from-worker", "x");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_ptr_nonnull(report_find(r, "from-worker"));
}
END_TEST

/* Balanced outside strings, nothing raw inside them: what a reader of JSON would stumble over. */
static bool is_balanced(const char *p)
{
	char open[32];
	unsigned depth = 0;
	bool quoted = false;

	for (; *p; p++) {
		if (quoted && (unsigned char)*p < 0x20)
			return false;
		if (quoted && *p == '\\')
			p += p[1] != '\0';
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && strchr("{[", *p) && depth < sizeof open)
			open[depth++] = *p;
		else if (!quoted && strchr("}]", *p) && (!depth || open[--depth] != *p - 2))
			return false;
	}
	return !depth && !quoted;
}

START_TEST(json_holds_what_hostile_text_there_is)
{
	str_copy(r->user, sizeof r->user, "ar\"go\\");
	str_copy(r->os_name, sizeof r->os_name, "x\n\033\377");
	r->verdict = VERDICT_LOGIN_PROVEN;
	r->phases[3].outcome = OUTCOME_REPAIRED;
	add_finding("a\"b", "c\td");
	report_pivot(r, "a", "b\"", "c");
	report_failure(r, "w", "y", NULL);
	report_next(r, "type \"this\"");
	ck_assert(is_balanced(as_json()));
	ck_assert_ptr_eq(strstr(as_json(), "{\"schema\": 1"), as_json());
	ck_assert_ptr_nonnull(strstr(as_json(), "\"user\": \"ar\\\"go\\\\\""));
	ck_assert_ptr_nonnull(strstr(as_json(), "\"os_name\": \"x\\u000a\\u001b\xEF\xBF\xBD\""));
	ck_assert_ptr_nonnull(strstr(as_json(), "\"verdict\": \"login proven\""));
	ck_assert_ptr_nonnull(strstr(as_json(), "{\"number\": 3, \"outcome\": \"repaired\""));
	ck_assert_ptr_nonnull(strstr(as_json(), "\"next\": [\"type \\\"this\\\"\"]"));
}
END_TEST

/* Written, read and written again it is the same, and what is no report is none. */
START_TEST(report_read_back_is_the_same)
{
	static char first[1 << 18];
	static struct report back;
	struct json v;

	str_copy(r->run, sizeof r->run, "20260101-000000");
	r->sequence = 7;
	str_copy(r->os_name, sizeof r->os_name, "x\n\033 \"y\"");
	str_copy(r->user, sizeof r->user, "argo");
	str_copy(r->host, sizeof r->host, "argo-pc");
	str_copy(r->weakened, sizeof r->weakened, "su: pam_x");
	r->verdict = VERDICT_LOGIN_REFUSED;
	r->changes = 4;
	r->deleted = 2;
	r->findings_lost = 3;
	r->password_set = r->selinux = true;
	for (int i = 1; i <= 8; i++)
		r->phases[i] = (struct phase_result){(enum outcome)i, i * 1000, "text"};
	add_finding("a", "b\tc");
	report_settle(r, "a", FINDING_FAILED);
	report_failure(r, "w", "y", NULL);
	report_next(r, "type this");
	str_copy(first, sizeof first, as_json());
	ck_assert_int_eq(json_check(first, strlen(first), &v), 0);
	ck_assert_int_eq(report_read(&back, v), 0);
	r = &back;
	ck_assert_str_eq(as_json(), first);
	ck_assert_int_eq(json_check("{\"run\": 1}", 10, &v), 0);
	ck_assert_int_eq(report_read(&back, v), -1);
}
END_TEST

/* Other types, too many, too long: nothing is believed, nothing overflows. */
START_TEST(report_of_another_shape_is_read_without_harm)
{
	static const char other[] =
	    "{\"schema\": 2, \"run\": 5, \"verdict\": \"magic\", \"phases\": "
	    "[{\"number\": 9}, {\"number\": -1}, 3, null], \"findings\": {\"a\": 1}, "
	    "\"next\": [1, \"x\", {}], \"changes\": \"many\", \"pivots\": [[]]}";
	static struct report back;
	struct json v;

	ck_assert_int_eq(json_check(other, sizeof other - 1, &v), 0);
	ck_assert_int_eq(report_read(&back, v), 0);
	ck_assert_str_eq(back.run, "");
	ck_assert_int_eq(back.verdict, VERDICT_UNKNOWN);
	ck_assert_uint_eq(back.nfindings, 0);
	ck_assert_uint_eq(back.changes, 0);
	ck_assert_uint_eq(back.nexts, 3);
	ck_assert_str_eq(back.next[1], "x");
}
END_TEST

START_TEST(names_of_values_nobody_knows_are_unknown)
{
	ck_assert_str_eq(outcome_name(OUTCOME_TIMED_OUT), "timed out");
	ck_assert_str_eq(blocks_name(BLOCKS_DISPLAY), "the display");
	ck_assert_str_eq(outcome_name((enum outcome)99), "unknown");
	ck_assert_str_eq(severity_name((enum severity) - 1), "unknown");
}
END_TEST

Suite *report_suite(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, start, NULL);
	tcase_add_test(t, pivot_line_has_the_documented_form);
	tcase_add_test(t, pivots_past_the_table_are_still_written_down);
	tcase_add_test(t, finding_is_kept_once);
	tcase_add_test(t, findings_that_do_not_fit_are_counted);
	tcase_add_test(t, settled_finding_is_found_no_more);
	tcase_add_test(t, failure_goes_to_the_bundle_with_its_last_words);
	tcase_add_test(t, next_steps_are_said_once_and_bounded);
	tcase_add_test(t, report_of_a_worker_is_the_supervisors);
	tcase_add_test(t, json_holds_what_hostile_text_there_is);
	tcase_add_test(t, report_read_back_is_the_same);
	tcase_add_test(t, report_of_another_shape_is_read_without_harm);
	tcase_add_test(t, names_of_values_nobody_knows_are_unknown);
	suite_add_tcase(s, t);
	return s;
}
