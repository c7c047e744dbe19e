#include "base/report.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define TEXT(object, name, dst) text(object, name, dst, sizeof(dst))

static void text(struct json object, const char *name, char *dst, size_t cap)
{
	struct json v;

	dst[0] = '\0';
	if (json_member(object, name, &v))
		json_text(v, dst, cap);
}

static long number(struct json object, const char *name)
{
	struct json v;
	long n = 0;

	if (json_member(object, name, &v))
		json_number(v, &n);
	return n;
}

static bool flag(struct json object, const char *name)
{
	struct json v;

	return json_member(object, name, &v) && json_true(v);
}

/* The value of a name; a name that is not known means the last one. */
#define READS(type, last)                                                                          \
	static enum type read_##type(struct json object, const char *member)                       \
	{                                                                                          \
		unsigned v = 0;                                                                    \
		char name[32];                                                                     \
                                                                                                   \
		TEXT(object, member, name);                                                        \
		while (v < (last) && strcmp(type##_name((enum type)v), name))                      \
			v++;                                                                       \
		return (enum type)v;                                                               \
	}

READS(severity, SEVERITY_ERROR)
READS(blocks, BLOCKS_DISPLAY)
READS(finding_state, FINDING_UNKNOWN)
READS(outcome, OUTCOME_UNKNOWN)
READS(verdict, VERDICT_UNKNOWN)

static bool read_phase(struct report *r, struct json o)
{
	long n = number(o, "number");
	struct phase_result *p = n >= 1 && n <= 8 ? &r->phases[n] : NULL;

	if (!p)
		return false;
	p->outcome = read_outcome(o, "outcome");
	p->ms = number(o, "ms");
	TEXT(o, "text", p->text);
	return true;
}

static bool read_finding(struct report *r, struct json o)
{
	struct finding *f = &r->findings[r->nfindings];

	if (r->nfindings == REPORT_FINDINGS)
		return false;
	TEXT(o, "id", f->id);
	f->severity = read_severity(o, "severity");
	f->blocks = read_blocks(o, "blocks");
	f->state = read_finding_state(o, "state");
	f->repairable = flag(o, "repairable");
	TEXT(o, "evidence", f->evidence);
	TEXT(o, "action", f->action);
	r->nfindings++;
	return true;
}

static bool read_pivot(struct report *r, struct json o)
{
	struct pivot *p = &r->pivots[r->npivots];

	if (r->npivots == REPORT_PIVOTS)
		return false;
	TEXT(o, "phase", p->phase);
	TEXT(o, "tried", p->tried);
	TEXT(o, "failed", p->failed);
	TEXT(o, "next", p->next);
	r->npivots++;
	return true;
}

static bool read_failure(struct report *r, struct json o)
{
	struct failure *f = &r->failures[r->nfailures];

	if (r->nfailures == REPORT_FAILURES)
		return false;
	TEXT(o, "phase", f->phase);
	TEXT(o, "what", f->what);
	TEXT(o, "why", f->why);
	r->nfailures++;
	return true;
}

static bool read_next(struct report *r, struct json v)
{
	if (r->nexts == sizeof r->next / sizeof *r->next)
		return false;
	json_text(v, r->next[r->nexts++], sizeof r->next[0]);
	return true;
}

static void each(struct report *r, struct json object, const char *name,
		 bool (*read)(struct report *r, struct json v))
{
	struct json array, v;
	size_t at = 0;

	if (json_member(object, name, &array))
		while (json_element(array, &at, &v) && read(r, v))
			;
}

int report_read(struct report *r, struct json o)
{
	memset(r, 0, sizeof *r);
	if (number(o, "schema") < 1)
		return -1;
	TEXT(o, "run", r->run);
	r->sequence = number(o, "sequence");
	TEXT(o, "host", r->host);
	TEXT(o, "os_id", r->os_id);
	TEXT(o, "os_name", r->os_name);
	TEXT(o, "user", r->user);
	TEXT(o, "user_reason", r->user_reason);
	r->verdict = read_verdict(o, "verdict");
	TEXT(o, "verdict_text", r->verdict_text);
	TEXT(o, "weakened", r->weakened);
	TEXT(o, "rung", r->rung);
	TEXT(o, "method", r->method);
	r->changes = (unsigned)number(o, "changes");
	r->deleted = (unsigned)number(o, "deleted");
	r->findings_lost = (unsigned)number(o, "findings_lost");
	r->password_set = flag(o, "password_set");
	r->selinux = flag(o, "selinux");
	each(r, o, "phases", read_phase);
	each(r, o, "findings", read_finding);
	each(r, o, "pivots", read_pivot);
	each(r, o, "failures", read_failure);
	each(r, o, "next", read_next);
	return 0;
}
