#include "base/report.h"

#include "base/clock.h"

static void member(struct buf *b, const char *lead, const char *key, const char *value)
{
	buf_addf(b, "%s\"%s\": ", lead, key);
	buf_add_json(b, value);
}

static void findings(struct buf *b, const struct report *r)
{
	buf_adds(b, ",\n \"findings\": [");
	for (unsigned i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		member(b, i ? ",\n  {" : "\n  {", "id", f->id);
		member(b, ", ", "severity", severity_name(f->severity));
		member(b, ", ", "blocks", blocks_name(f->blocks));
		member(b, ", ", "state", finding_state_name(f->state));
		buf_addf(b, ", \"repairable\": %s", f->repairable ? "true" : "false");
		member(b, ", ", "evidence", f->evidence);
		member(b, ", ", "action", f->action);
		buf_adds(b, "}");
	}
	buf_addf(b, "],\n \"findings_lost\": %u", r->findings_lost);
}

static void pivots(struct buf *b, const struct report *r)
{
	char utc[32];

	buf_adds(b, ",\n \"pivots\": [");
	for (unsigned i = 0; i < r->npivots; i++) {
		const struct pivot *p = &r->pivots[i];

		member(b, i ? ",\n  {" : "\n  {", "time", clock_utc(p->when, utc, sizeof utc));
		member(b, ", ", "phase", p->phase);
		member(b, ", ", "tried", p->tried);
		member(b, ", ", "failed", p->failed);
		member(b, ", ", "next", p->next);
		buf_adds(b, "}");
	}
	buf_adds(b, "]");
}

static void failures(struct buf *b, const struct report *r)
{
	buf_adds(b, ",\n \"failures\": [");
	for (unsigned i = 0; i < r->nfailures; i++) {
		member(b, i ? ",\n  {" : "\n  {", "phase", r->failures[i].phase);
		member(b, ", ", "what", r->failures[i].what);
		member(b, ", ", "why", r->failures[i].why);
		buf_adds(b, "}");
	}
	buf_adds(b, "],\n \"next\": [");
	for (unsigned i = 0; i < r->nexts; i++) {
		buf_adds(b, i ? ", " : "");
		buf_add_json(b, r->next[i]);
	}
	buf_adds(b, "]");
}

static void phases(struct buf *b, const struct report *r)
{
	buf_adds(b, ",\n \"phases\": [");
	for (int i = 1; i <= 8; i++) {
		buf_addf(b, "%s{\"number\": %d", i > 1 ? ",\n  " : "\n  ", i);
		member(b, ", ", "outcome", outcome_name(r->phases[i].outcome));
		buf_addf(b, ", \"ms\": %lld", (long long)r->phases[i].ms);
		member(b, ", ", "text", r->phases[i].text);
		buf_adds(b, "}");
	}
	buf_adds(b, "]");
}

void report_json(const struct report *r, struct buf *b)
{
	buf_adds(b, "{\"schema\": 1");
	member(b, ",\n ", "run", r->run);
	buf_addf(b, ",\n \"sequence\": %ld", r->sequence);
	member(b, ",\n ", "host", r->host);
	member(b, ",\n ", "os_id", r->os_id);
	member(b, ",\n ", "os_name", r->os_name);
	member(b, ",\n ", "user", r->user);
	member(b, ",\n ", "user_reason", r->user_reason);
	member(b, ",\n ", "verdict", verdict_name(r->verdict));
	member(b, ",\n ", "verdict_text", r->verdict_text);
	member(b, ",\n ", "weakened", r->weakened);
	member(b, ",\n ", "rung", r->rung);
	member(b, ",\n ", "method", r->method);
	buf_addf(b, ",\n \"changes\": %u,\n \"deleted\": %u", r->changes, r->deleted);
	buf_addf(b, ",\n \"password_set\": %s", r->password_set ? "true" : "false");
	buf_addf(b, ",\n \"selinux\": %s", r->selinux ? "true" : "false");
	phases(b, r);
	findings(b, r);
	pivots(b, r);
	failures(b, r);
	buf_adds(b, "}\n");
}
