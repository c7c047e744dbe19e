#include "phases/collect.h"
#include "phases/phase.h"

#include <stdlib.h>
#include <string.h>

static bool has(const struct report *r, const char *id)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (!strcmp(r->findings[i].id, id))
			return true;
	return false;
}

static bool is_checked(const char *id)
{
	for (const struct check *k = checks; k->id; k++)
		if (!strcmp(k->id, id))
			return true;
	return false;
}

struct tally {
	unsigned repaired, open, fresh;
};

static void compare_findings(struct report *r, const struct report *now, struct tally *n)
{
	unsigned before = r->nfindings;

	for (unsigned i = 0; i < before; i++) {
		struct finding *f = &r->findings[i];
		bool still = !is_checked(f->id) ? f->state != FINDING_REPAIRED : has(now, f->id);

		f->state = still ? f->state : FINDING_REPAIRED;
		log_put(LOG_STATE, "%s: %s: %s", still ? "unchanged" : "repaired", f->id,
			f->evidence);
		if (f->severity != SEVERITY_NOTE) {
			n->repaired += !still;
			n->open += still;
		}
	}
	for (unsigned i = 0; i < now->nfindings; i++)
		if (!has(r, now->findings[i].id)) {
			log_put(LOG_STATE, "new: %s: %s", now->findings[i].id,
				now->findings[i].evidence);
			report_finding(r, &now->findings[i]);
			n->fresh += now->findings[i].severity != SEVERITY_NOTE;
		}
}

enum outcome p7_system_state(struct context *c)
{
	unsigned failed = collect_all(c, LOG_STATE), changed;
	struct tally n = {0};
	struct check_context checks_of = context_checks(c);
	struct report *now = check_look(&checks_of);

	changed = collect_compare(LOG_DIAGNOSTICS, LOG_STATE, LOG_STATE);
	log_put(LOG_STATE, "== findings compared with before the run");
	if (now)
		compare_findings(c->report, now, &n);
	free(now);
	phase_text(c, 7, "%u repaired, %u unchanged, %u new; %u sections differ%s", n.repaired,
		   n.open, n.fresh, changed, failed ? "; some collectors did not finish" : "");
	return n.fresh ? OUTCOME_FAILED : OUTCOME_OK;
}
