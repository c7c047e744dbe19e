#include "phases/context.h"

#include "base/clock.h"

int64_t context_deadline(const struct context *c, long seconds)
{
	return deadline_first(deadline_in(seconds), c->deadline);
}

struct check_context context_checks(const struct context *c)
{
	return (struct check_context){.t = c->t,
				      .report = c->report,
				      .journal = c->journal,
				      .user = c->shared->user,
				      /* the owner of the machine said no: no account is opened */
				      .named = c->set->user[0] && c->set->reset_allowed,
				      .deadline = c->deadline,
				      .build_timeout = c->set->build_timeout,
				      .timeout = c->set->timeout};
}

unsigned context_repair(const struct context *c, int phase)
{
	struct check_context checks_of = context_checks(c);
	unsigned repaired = 0;

	/* only some phases were asked for: nobody has looked yet */
	if (c->report->phases[1].outcome == OUTCOME_NOT_RUN)
		check_detect_all(&checks_of);
	check_repair_phase(&checks_of, phase, &repaired);
	return repaired;
}
