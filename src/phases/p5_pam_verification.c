#include "base/buf.h"
#include "base/child.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "phases/phase.h"
#include "target/accounts.h"
#include "target/canary.h"
#include "target/display.h"
#include "target/ldso.h"
#include "target/pam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- statics: what can be seen without asking */

struct statics {
	struct context *c;
	const char *service;
	enum blocks blocks;
	unsigned found;
};

static void add_finding(struct statics *s, const char *id, const char *evidence, bool hard)
{
	struct finding f = {.severity = hard ? SEVERITY_ERROR : SEVERITY_WARNING,
			    .blocks = hard ? s->blocks : BLOCKS_NOBODY,
			    .state = FINDING_OPEN};

	str_copy(f.id, sizeof(f.id), id);
	str_copy(f.evidence, sizeof(f.evidence), evidence);
	str_copy(f.action, sizeof(f.action), "bring back the named file from its package");
	if (report_finding(s->c->report, &f) >= 0)
		s->found += hard;
}

static void look_library(struct statics *s, const struct pam_use *u, bool hard)
{
	char why[200], evidence[320];

	if (ldso_resolves(s->c->t->fd, u->path, why, sizeof(why)) == 0)
		return;
	snprintf(evidence, sizeof(evidence), "%.180s (%s line %u)", why, u->file, u->number);
	add_finding(s, "pam-module-unloadable", evidence, hard);
}

static int look_line(void *arg, const struct pam_use *u)
{
	struct statics *s = arg;
	const struct target *t = s->c->t;
	char evidence[320];
	bool hard = !u->line->soft && strcasecmp(u->line->control, "optional") != 0;

	if (u->state == PAM_FOUND) {
		look_library(s, u, hard);
	} else if (u->state == PAM_NO_MODULE && !u->line->soft &&
		   !target_is_unknown(t, "/usr/lib") && !target_is_unknown(t, "/lib")) {
		snprintf(evidence, sizeof(evidence), "%s line %u: %s is missing", u->file,
			 u->number, u->line->module);
		add_finding(s, "pam-module-missing", evidence, hard);
	} else if (u->state == PAM_NO_FILE) {
		snprintf(evidence, sizeof(evidence), "%s line %u: %s is missing or unreadable",
			 u->file, u->number, u->line->module[0] ? u->line->module : "the file");
		add_finding(s, "pam-file-missing", evidence, true);
	} else if (u->state == PAM_MALFORMED) {
		snprintf(evidence, sizeof(evidence), "%s line %u: not a line PAM understands",
			 u->file, u->number);
		add_finding(s, "pam-file-missing", evidence, true);
	}
	return 0;
}

static void look_service(struct statics *s, const char *service, enum blocks blocks)
{
	char evidence[320];

	s->service = service;
	s->blocks = blocks;
	if (pam_each(&(struct pam_source){.rootfd = s->c->t->fd}, service, look_line, s) >= 0)
		return;
	snprintf(evidence, sizeof(evidence), "/etc/pam.d/%s is missing", service);
	add_finding(s, "pam-file-missing", evidence, true);
}

static unsigned look_services(struct context *c)
{
	struct display d;
	struct statics s = {.c = c};
	int fd = c->t->fd;

	look_service(&s, "login", BLOCKS_EVERYONE);
	if (path_exists(fd, "/bin/su") || path_exists(fd, "/usr/bin/su"))
		look_service(&s, "su", BLOCKS_NOBODY);
	if (path_exists(fd, "/usr/sbin/sshd"))
		look_service(&s, "sshd", BLOCKS_NOBODY);
	display_look(c->t, &d);
	for (unsigned i = 0; i < d.n; i++)
		look_service(&s, d.list[i]->pam, i ? BLOCKS_NOBODY : BLOCKS_DISPLAY);
	return s.found;
}

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

enum outcome p5_pam_verification(struct context *c)
{
	unsigned repaired = context_repair(c, 5), found = look_services(c);
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
	if (found)
		phase_text(c, 5, "%s; %u faults in PAM's files", c->report->verdict_text, found);
	else
		phase_text(c, 5, "%s", c->report->verdict_text);
	return o == OUTCOME_OK && repaired ? OUTCOME_REPAIRED : o;
}
