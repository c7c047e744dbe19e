#include "phases/phase.h"

#include "small.h"

Suite *p5_pam_verification_suite(void);

static void setup(void)
{
	small_open();
	full("/dev/x");
	full("/proc/x");
	full("/sys/x");
	full("/run/x");
	full("/tmp/x");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n");
	put("/etc/shadow", "root:*:19000::::::\nargo:x:19000::::::\n");
	c.report->phases[1].outcome = OUTCOME_OK; /* somebody has looked */
}

static void text_is(const char *text)
{
	ck_assert_msg(strstr(c.report->phases[5].text, text) != NULL, "%s",
		      c.report->phases[5].text);
}

START_TEST(account_that_is_not_there_proves_nothing)
{
	strcpy(shared.user, "nobody");
	ck_assert_int_eq(p5_pam_verification(&c), OUTCOME_FAILED);
	text_is("no account to try: ");
	ck_assert_int_eq(c.report->verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(c.report->verdict_text, c.report->phases[5].text);
}
END_TEST

START_TEST(login_that_cannot_be_tried_is_not_proven)
{
	static const struct finding f = {.id = "pam-module-missing", .severity = SEVERITY_ERROR};

	report_finding(c.report, &f);
	c.report->findings[0].state = FINDING_FAILED;
	strcpy(shared.user, "argo");
	ck_assert_int_ne(p5_pam_verification(&c), OUTCOME_OK);
	ck_assert_int_ne(c.report->verdict, VERDICT_LOGIN_PROVEN);
	text_is("; 1 faults in PAM's files");
	ck_assert_uint_eq(c.report->nfailures, 1);
	ck_assert_str_eq(c.report->failures[0].what, "canary: login not proven");
}
END_TEST

START_TEST(without_a_trial_the_login_is_unknown)
{
	strcpy(shared.user, "argo");
	strcpy(shared.password, "right-horse-1");
	strcat(t.root, "-gone");
	ck_assert_int_eq(p5_pam_verification(&c), OUTCOME_UNKNOWN);
	t.root[strlen(t.root) - strlen("-gone")] = '\0';
	ck_assert_int_eq(c.report->verdict, VERDICT_UNKNOWN);
	text_is("login gave no answer to the right password: ");
}
END_TEST

/* What the doors have said so far: login and su let the right password in. */
static void pending(enum canary_answer login, enum canary_answer su)
{
	shared.canary = (struct canary){
	    .n = 2,
	    .doors = {{.name = "login", .right = CANARY_ACCEPTED, .wrong = login},
		      {.name = "su", .right = CANARY_ACCEPTED, .wrong = su, .witness = true}}};
	strcpy(c.report->user, "argo");
	c.report->verdict = VERDICT_UNKNOWN;
	c.report->phases[5].outcome = OUTCOME_PENDING;
	p5_settle(&c);
}

START_TEST(login_is_proven_when_every_refusal_was_seen)
{
	shared.pam_repaired = true;
	pending(CANARY_REFUSED, CANARY_REFUSED);
	ck_assert_int_eq(c.report->verdict, VERDICT_LOGIN_PROVEN);
	ck_assert_int_eq(c.report->phases[5].outcome, OUTCOME_REPAIRED);
	text_is("argo can log in: login, su accepted a password hashed like the stored one and "
		"refused a wrong one");
}
END_TEST

START_TEST(refusal_that_was_not_seen_leaves_it_unknown)
{
	pending(CANARY_UNKNOWN, CANARY_REFUSED);
	ck_assert_int_eq(c.report->verdict, VERDICT_UNKNOWN);
	ck_assert_int_eq(c.report->phases[5].outcome, OUTCOME_UNKNOWN);
	text_is("login did not say whether it refuses a wrong password");
	ck_assert_uint_eq(c.report->nfailures, 1);
}
END_TEST

START_TEST(witness_that_is_open_to_any_password_undoes_the_proof)
{
	pending(CANARY_REFUSED, CANARY_ACCEPTED);
	ck_assert_int_eq(c.report->verdict, VERDICT_LOGIN_REFUSED);
	ck_assert_int_eq(c.report->phases[5].outcome, OUTCOME_FAILED);
	text_is("su accepted a wrong password");
}
END_TEST

Suite *p5_pam_verification_suite(void)
{
	Suite *s = suite_create("p5_pam_verification");
	TCase *k = tcase_create("p5_pam_verification");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, account_that_is_not_there_proves_nothing);
	tcase_add_test(k, login_that_cannot_be_tried_is_not_proven);
	tcase_add_test(k, without_a_trial_the_login_is_unknown);
	tcase_add_test(k, login_is_proven_when_every_refusal_was_seen);
	tcase_add_test(k, refusal_that_was_not_seen_leaves_it_unknown);
	tcase_add_test(k, witness_that_is_open_to_any_password_undoes_the_proof);
	suite_add_tcase(s, k);
	return s;
}
