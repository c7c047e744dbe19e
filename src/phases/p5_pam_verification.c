#include "base/buf.h"
#include "base/child.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "phases/phase.h"
#include "target/accounts.h"
#include "target/canary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- the canary */

static void set_verdict(struct context *c, enum verdict v, const char *text)
{
	c->report->verdict = v;
	str_copy(c->report->verdict_text, sizeof(c->report->verdict_text), text);
}

static enum verdict judge(const struct canary *cn)
{
	const struct canary_door *d;

	if (cn->proven)
		return VERDICT_LOGIN_PROVEN;
	canary_judge(cn, &d);
	return d && (d->right == CANARY_REFUSED || d->wrong == CANARY_ACCEPTED)
		   ? VERDICT_LOGIN_REFUSED
		   : VERDICT_UNKNOWN;
}

static void say_proven(struct context *c, const struct canary *cn, bool known)
{
	char text[240];
	struct buf b = BUF_OF(text);
	const char *comma = "";

	buf_addf(&b, "%s can log in: ", c->report->user);
	for (unsigned i = 0; i < cn->n; i++) {
		if (cn->doors[i].right != CANARY_ACCEPTED || cn->doors[i].wrong != CANARY_REFUSED)
			continue;
		buf_addf(&b, "%s%s", comma, cn->doors[i].name);
		comma = ", ";
	}
	buf_adds(&b,
		 known ? " accepted the password and refused a wrong one"
		       : " accepted a password hashed like the stored one and refused a wrong one");
	if (c->report->weakened[0])
		buf_adds(&b, "; WEAKENED");
	if (c->report->selinux)
		buf_adds(&b, "; not proven under SELinux");
	set_verdict(c, VERDICT_LOGIN_PROVEN, text);
}

static enum outcome ask(struct context *c, const struct account *a, struct canary *cn)
{
	const char *password = c->shared->password[0] ? c->shared->password : NULL;
	struct trial trial;
	struct canary_question q = {.t = c->t,
				    .trial = &trial,
				    .a = a,
				    .password = password,
				    .method = a->method,
				    .deadline = context_deadline(c, c->set->timeout)};
	enum verdict v;

	if (trial_open(&trial, c->t->root, 0) < 0) {
		report_failure(c->report, "canary: no trial of the target", strerror(errno), NULL);
		set_verdict(c, VERDICT_UNKNOWN,
			    "the login could not be tried: no trial of the target");
		return OUTCOME_UNKNOWN;
	}
	if (trial.kind == TRIAL_PATCHED)
		report_pivot(c->report, "an overlay of the target", trial.weaker,
			     "a read-only view of it with copies of the files a login writes");
	canary_run(&q, cn);
	trial_close(&trial);
	v = judge(cn);
	if (v == VERDICT_LOGIN_PROVEN) {
		say_proven(c, cn, password != NULL);
		return OUTCOME_OK;
	}
	set_verdict(c, v, cn->why);
	report_failure(c->report, "canary: login not proven", cn->why, NULL);
	return v == VERDICT_LOGIN_REFUSED ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

static unsigned open_faults(const struct report *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->nfindings; i++)
		n += str_starts(r->findings[i].id, "pam-") &&
		     r->findings[i].severity == SEVERITY_ERROR &&
		     r->findings[i].state != FINDING_REPAIRED;
	return n;
}

enum outcome p5_pam_verification(struct context *c)
{
	unsigned repaired = context_repair(c, 5), faults = open_faults(c->report);
	const char *bad = "/etc/passwd";
	char name[64], reason[160], text[160];
	struct account a;
	struct canary cn = {0};
	enum outcome o;

	str_copy(name, sizeof(name), c->shared->user);
	if ((!name[0] && accounts_choose(c->t, c->set->user, name, reason) < 0) ||
	    accounts_get(c->t, name, &a, &bad) < 0) {
		snprintf(text, sizeof(text), "no account to try: %s: %s", bad, strerror(errno));
		set_verdict(c, VERDICT_UNKNOWN, text);
		phase_text(c, 5, "%s", text);
		return OUTCOME_FAILED;
	}
	o = ask(c, &a, &cn);
	for (unsigned i = 0; i < cn.n; i++)
		log_line("door %s%s: right %s, wrong %s", cn.doors[i].name,
			 cn.doors[i].witness ? " (witness)" : "",
			 canary_answer_name(cn.doors[i].right),
			 canary_answer_name(cn.doors[i].wrong));
	if (faults)
		phase_text(c, 5, "%s; %u faults in PAM's files", c->report->verdict_text, faults);
	else
		phase_text(c, 5, "%s", c->report->verdict_text);
	return o == OUTCOME_OK && repaired ? OUTCOME_REPAIRED : o;
}
