#include "phases/collect.h"
#include "phases/phase.h"
#include "phases/tell.h"

enum outcome p1_diagnostics(struct context *c)
{
	struct check_context checks_of = context_checks(c);
	unsigned failed = collect_all(c, LOG_DIAGNOSTICS), notes = 0, faults;

	if (c->t->fd >= 0)
		check_detect_all(&checks_of);
	log_put(LOG_DIAGNOSTICS, "== findings");
	for (unsigned i = 0; i < c->report->nfindings; i++) {
		const struct finding *f = &c->report->findings[i];

		notes += f->severity == SEVERITY_NOTE;
		log_put(LOG_DIAGNOSTICS, "finding: %s: %s: %s", severity_name(f->severity), f->id,
			f->evidence);
	}
	faults = c->report->nfindings - notes;
	tell_found(c->report);
	phase_text(c, 1, "%u fault%s, %u note%s%s", faults, faults == 1 ? "" : "s", notes,
		   notes == 1 ? "" : "s", failed ? "; some collectors did not finish" : "");
	return OUTCOME_OK;
}
