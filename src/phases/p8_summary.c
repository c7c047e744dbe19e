#include "phases/phase.h"

#include "base/buf.h"
#include "base/log.h"
#include "phases/tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_BYTES (512 * 1024)

/* A line for main.log and the error bundle, */
__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	char line[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	log_line("%s", line);
	log_put(LOG_ERRORS, "%s", line);
}

/* and for the console. */
__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	char line[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	put("%s", line);
	log_show(TONE_PLAIN, "", "%s", line);
}

static bool is_any_fault(const struct report *r)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (r->findings[i].severity != SEVERITY_NOTE)
			return true;
	return r->findings_lost > 0;
}

static void say_findings(const struct report *r)
{
	if (!is_any_fault(r))
		return;
	put("Found:");
	log_show(TONE_STRONG, "", "Found:");
	tell_settled(r);
	for (unsigned i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->severity == SEVERITY_NOTE)
			continue;
		put("  %s: %s - %s", f->id, f->evidence, finding_state_name(f->state));
		if (f->state != FINDING_REPAIRED && f->action[0])
			put("    %s", f->action);
	}
	if (r->findings_lost)
		put("  and %u more, see diagnostics.log", r->findings_lost);
}

static void say_changes(const struct context *c)
{
	const struct report *r = c->report;

	if (r->deleted)
		say("%u files were deleted to make room: that cannot be undone; main.log lists "
		    "them",
		    r->deleted);
	if (c->shared->changes_unknown)
		say("A phase could not be ended: what it changed stands in its journal alone; to "
		    "undo: "
		    "rd-recovery rollback %s",
		    r->run);
	else if (!c->shared->changes)
		say("Nothing %son the system was changed.", r->deleted ? "else " : "");
	else
		say("%u change%s made; to undo: rd-recovery rollback %s", c->shared->changes,
		    c->shared->changes == 1 ? " was" : "s were", r->run);
	if (r->rung[0])
		say("libcrypt was repaired by %s", r->rung);
	if (r->password_set)
		say("%s has a new password hash (%s)", r->user, r->method);
}

static void say_failures(const struct report *r)
{
	for (unsigned i = 0; i < r->nfailures; i++)
		say("  [%s] %s: %s", r->failures[i].phase, r->failures[i].what, r->failures[i].why);
}

static int write_json(const struct report *r)
{
	struct buf b = {.p = malloc(REPORT_BYTES), .cap = REPORT_BYTES};
	const char *p = b.p, *line;
	size_t len;

	if (!b.p)
		return -1;
	report_json(r, &b);
	while (line_next(&p, b.p + b.len, &line, &len))
		log_put(LOG_REPORT, "%.*s", (int)len, line);
	free(b.p);
	return 0;
}

enum outcome p8_summary(struct context *c)
{
	struct report *r = c->report;

	put("==== %s", r->verdict_text[0]		    ? r->verdict_text
		       : r->verdict == VERDICT_LOGIN_PROVEN ? "Login proven."
							    : "Login was not proven in this run.");
	if (r->selinux)
		put("SELinux enforces on this system: not proven under SELinux.");
	if (r->weakened[0])
		put("WEAKENED: %s; to undo: rd-recovery rollback %s", r->weakened, r->run);
	say_findings(r);
	say_changes(c);
	if (r->nfailures)
		say("What failed:");
	say_failures(r);
	if (r->nexts)
		say("What to do next:");
	for (unsigned i = 0; i < r->nexts; i++)
		say("  %s", r->next[i]);
	if (!r->npivots)
		log_put(LOG_PIVOTS, "No rung had to be left.");
	/* its own line must be in the report it writes */
	r->phases[8].outcome = OUTCOME_OK;
	phase_text(c, 8, "%s", verdict_name(r->verdict));
	return write_json(r) ? OUTCOME_FAILED : OUTCOME_OK;
}
