#include "phases/collect.h"
#include "phases/compare.h"
#include "phases/phase.h"

#include <stdlib.h>
#include <string.h>

static bool is_checked(const char *id)
{
	for (const struct check *k = checks; k->id; k++)
		if (!strcmp(k->id, id))
			return true;
	return false;
}

enum outcome p7_system_state(struct context *c)
{
	unsigned failed = collect_all(c, LOG_STATE), changed;
	struct comparison n = {0};
	struct check_context checks_of = context_checks(c);
	struct report *now = check_look(&checks_of);

	changed = collect_compare(LOG_DIAGNOSTICS, LOG_STATE, LOG_STATE);
	log_put(LOG_STATE, "== findings compared with before the run");
	if (now)
		compare_findings(c->report, now, is_checked, &n);
	free(now);
	phase_text(
	    c, 7,
	    "%u repaired, %u still there, %u new, %u worse; %u sections of the state differ%s",
	    n.repaired, n.unchanged, n.fresh, n.worse, changed,
	    failed ? "; some collectors did not finish" : "");
	return n.fresh || n.worse ? OUTCOME_FAILED : OUTCOME_OK;
}
