#include "base/report.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define NAMES(fn, type, ...)                                                                       \
	const char *fn(type v)                                                                     \
	{                                                                                          \
		static const char names[][16] = {__VA_ARGS__};                                     \
		return (size_t)v < sizeof names / sizeof *names ? names[v] : "unknown";            \
	}

NAMES(severity_name, enum severity, "note", "warning", "error")
NAMES(blocks_name, enum blocks, "nobody", "this user", "every user", "the display")
NAMES(finding_state_name, enum finding_state, "open", "repaired", "failed", "unknown")
NAMES(outcome_name, enum outcome, "not run", "ok", "nothing to do", "repaired", "skipped", "failed",
      "timed out", "crashed", "unknown", "pending")
NAMES(verdict_name, enum verdict, "none", "login proven", "login refused", "unknown")

struct report *report_start(void)
{
	void *p = mmap(NULL, sizeof(struct report), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int report_finding(struct report *r, const struct finding *f)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (!strcmp(r->findings[i].id, f->id) &&
		    !strcmp(r->findings[i].evidence, f->evidence))
			return (int)i;
	if (r->nfindings == REPORT_FINDINGS) {
		r->findings_lost++;
		return -1;
	}
	r->findings[r->nfindings] = *f;
	if (!r->scratch)
		log_line("finding: %s: %s: %s", severity_name(f->severity), f->id, f->evidence);
	return (int)r->nfindings++;
}

void report_settle(struct report *r, const char *id, enum finding_state state)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (!strcmp(r->findings[i].id, id))
			r->findings[i].state = state;
}

struct finding *report_find(struct report *r, const char *id)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (!strcmp(r->findings[i].id, id) && r->findings[i].state == FINDING_OPEN)
			return &r->findings[i];
	return NULL;
}

void report_pivot(struct report *r, const char *tried, const char *failed, const char *next)
{
	struct pivot p = {.when = time(NULL)};
	char utc[32];

	str_copy(p.phase, sizeof p.phase, log_phase_now());
	str_copy(p.tried, sizeof p.tried, tried);
	str_copy(p.failed, sizeof p.failed, failed);
	str_copy(p.next, sizeof p.next, next);
	clock_utc(p.when, utc, sizeof utc);
	log_put(LOG_PIVOTS, "%s [%s] tried: %s | failed: %s | next: %s", utc, p.phase, p.tried,
		p.failed, p.next);
	log_line("  tried: %s | failed: %s | next: %s", p.tried, p.failed, p.next);
	log_show(TONE_WARN, NULL, "%s did not work (%s). Next: %s", p.tried, p.failed, p.next);
	if (r->npivots < REPORT_PIVOTS) {
		r->pivots[r->npivots] = p;
		r->npivots++;
	}
}

static void put_output(const char *output)
{
	const char *p = output, *end = output + strlen(output), *line;
	size_t len;

	while (line_next(&p, end, &line, &len))
		log_put(LOG_ERRORS, "  | %.*s", (int)(len < 3000 ? len : 3000), line);
}

void report_failure(struct report *r, const char *what, const char *why, const char *output)
{
	struct failure f = {0};
	char utc[32];

	str_copy(f.phase, sizeof f.phase, log_phase_now());
	str_copy(f.what, sizeof f.what, what);
	str_copy(f.why, sizeof f.why, why);
	clock_utc(time(NULL), utc, sizeof utc);
	log_put(LOG_ERRORS, "%s [%s] %s: %s", utc, f.phase, f.what, f.why);
	if (output)
		put_output(output);
	log_line("failed: %s: %s", f.what, f.why);
	if (r->nfailures < REPORT_FAILURES)
		r->failures[r->nfailures++] = f;
}

void report_next(struct report *r, const char *fmt, ...)
{
	char text[sizeof r->next[0]];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < r->nexts; i++)
		if (!strcmp(r->next[i], text))
			return;
	if (r->nexts < sizeof r->next / sizeof *r->next)
		str_copy(r->next[r->nexts++], sizeof text, text);
}
