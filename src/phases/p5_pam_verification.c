#include "base/buf.h"
#include "base/log.h"
#include "phases/phase.h"
#include "target/accounts.h"
#include "target/canary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- what is said */

static void set_verdict(struct context *c, enum verdict v, const char *text)
{
	c->report->verdict = v;
	str_copy(c->report->verdict_text, sizeof(c->report->verdict_text), text);
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

static void say_verdict(struct context *c)
{
	unsigned faults = open_faults(c->report);

	if (faults)
		phase_text(c, 5, "%s; %u faults in PAM's files", c->report->verdict_text, faults);
	else
		phase_text(c, 5, "%s", c->report->verdict_text);
}

static bool is_proven(const struct canary_door *d)
{
	return d->right == CANARY_ACCEPTED && d->wrong == CANARY_REFUSED;
}

static bool is_accepted(const struct canary_door *d)
{
	return d->right == CANARY_ACCEPTED;
}

/* "argo can log in: login, su" */
static void name_doors(const struct context *c, struct buf *b, const char *can,
		       bool (*is)(const struct canary_door *d))
{
	const struct canary *cn = &c->shared->canary;
	const char *comma = ": ";

	buf_addf(b, "%s %s", c->report->user, can);
	for (unsigned i = 0; i < cn->n; i++)
		if (is(&cn->doors[i])) {
			buf_addf(b, "%s%s", comma, cn->doors[i].name);
			comma = ", ";
		}
	buf_adds(b, c->shared->password[0] ? " accepted the password"
					   : " accepted a password hashed like the stored one");
}

/* --- the canary */

static enum outcome say_proven(struct context *c)
{
	char text[240];
	struct buf b = BUF_OF(text);

	name_doors(c, &b, "can log in", is_proven);
	buf_adds(&b, " and refused a wrong one");
	if (c->report->weakened[0])
		buf_adds(&b, "; WEAKENED");
	if (c->report->selinux)
		buf_adds(&b, "; not proven under SELinux");
	set_verdict(c, VERDICT_LOGIN_PROVEN, text);
	return c->shared->pam_repaired ? OUTCOME_REPAIRED : OUTCOME_OK;
}

static enum outcome say_refused(struct context *c)
{
	const struct canary *cn = &c->shared->canary;
	const struct canary_door *d;
	bool refused;

	canary_judge(cn, &d);
	refused = d && (d->right == CANARY_REFUSED || d->wrong == CANARY_ACCEPTED);
	set_verdict(c, refused ? VERDICT_LOGIN_REFUSED : VERDICT_UNKNOWN, cn->why);
	report_failure(c->report, "canary: login not proven", cn->why, NULL);
	return refused ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

/* Until it is known whether a wrong one is refused nothing is proven. */
static enum outcome say_pending(struct context *c)
{
	char text[240];
	struct buf b = BUF_OF(text);

	name_doors(c, &b, "gets in", is_accepted);
	buf_adds(&b, "; not known yet: whether a wrong one is refused");
	set_verdict(c, VERDICT_UNKNOWN, text);
	return OUTCOME_PENDING;
}

/* 0; -1, errno and the file at fault. */
static int get_account(const struct context *c, struct account *a, const char **bad)
{
	char name[64], reason[160];

	*bad = "/etc/passwd";
	str_copy(name, sizeof(name), c->shared->user);
	if (!name[0] && accounts_choose(c->t, c->set->user, name, reason) < 0)
		return -1;
	return accounts_get(c->t, name, a, bad);
}

static enum outcome say_no_account(struct context *c, const char *bad)
{
	char text[160];

	snprintf(text, sizeof(text), "no account to try: %s: %s", bad, strerror(errno));
	set_verdict(c, VERDICT_UNKNOWN, text);
	phase_text(c, 5, "%s", text);
	return OUTCOME_FAILED;
}

static struct canary_question question(const struct context *c, const struct account *a)
{
	return (struct canary_question){.t = c->t,
					.a = a,
					.password =
					    c->shared->password[0] ? c->shared->password : NULL,
					.method = a->method,
					.deadline = context_deadline(c, c->set->timeout)};
}

static void log_doors(const struct canary *cn)
{
	for (unsigned i = 0; i < cn->n; i++)
		log_line("door %s%s: right %s, wrong %s", cn->doors[i].name,
			 cn->doors[i].witness ? " (witness)" : "",
			 canary_answer_name(cn->doors[i].right),
			 canary_answer_name(cn->doors[i].wrong));
}

/* Where the right password is refused the verdict is known, and the phase takes the time for the
 * rest. */
static enum outcome ask(struct context *c, const struct account *a)
{
	struct canary *cn = &c->shared->canary;
	struct canary_question q = question(c, a);
	int rc = canary_right(&q, cn);

	if (cn->weaker[0])
		report_pivot(c->report, "an overlay of the target", cn->weaker,
			     "a read-only view of it with copies of the files a login writes");
	if (rc == 0)
		return say_pending(c);
	q = question(c, a);
	canary_wrong(&q, cn);
	canary_conclude(cn);
	log_doors(cn);
	return say_refused(c);
}

enum outcome p5_pam_verification(struct context *c)
{
	struct account a;
	const char *bad;
	enum outcome o;

	c->shared->pam_repaired = context_repair(c, 5);
	if (get_account(c, &a, &bad))
		return say_no_account(c, bad);
	o = ask(c, &a);
	say_verdict(c);
	return o;
}

int p5_prove(struct context *c)
{
	struct canary_question q;
	struct account a;
	const char *bad;

	if (get_account(c, &a, &bad))
		return errno;
	q = question(c, &a);
	canary_wrong(&q, &c->shared->canary);
	canary_conclude(&c->shared->canary);
	return c->shared->canary.proven ? 0 : EACCES;
}

void p5_settle(struct context *c)
{
	struct canary *cn = &c->shared->canary;
	enum outcome o;

	canary_conclude(cn);
	log_doors(cn);
	o = cn->proven ? say_proven(c) : say_refused(c);
	say_verdict(c);
	c->report->phases[5].outcome = o;
}
