#include "run/brief.h"

#include "base/buf.h"
#include "run/supervisor.h"

#include <errno.h>

static int write_brief(void *arg)
{
	struct run *r = arg;

	return logdir_brief(&r->logs, r->brief) ? errno : 0;
}

static void say_brief(struct run *r, const struct buf *text)
{
	char why[320];

	if (r->logs.brief && !text->cut &&
	    supervisor_operation(
		&(struct operation){"the short log", write_brief, r, run_left(r, COPY_SECONDS)},
		why, sizeof why))
		report_pivot(r->report, "a short log in /boot", why, "none there");
}

void brief_begin(struct run *r)
{
	struct buf b = BUF_OF(r->brief);

	buf_addf(&b,
		 "rd-recovery " VERSION
		 ": run %s, sequence %ld. Root is encrypted and /boot is not, so "
		 "the details stay on root.\n",
		 r->report->run, r->report->sequence);
	say_brief(r, &b);
}

void brief_end(struct run *r)
{
	struct buf b = BUF_OF(r->brief);

	for (int i = 0; i < 8; i++)
		if (r->report->phases[i + 1].outcome != OUTCOME_NOT_RUN)
			buf_addf(&b, "%d %s: %s\n", i + 1, phases[i].name,
				 outcome_name(r->report->phases[i + 1].outcome));
	buf_addf(&b, "%u pivots, %u changes; %s\n", r->report->npivots, r->shared->changes,
		 verdict_name(r->report->verdict));
	if (r->logs.at < r->logs.nplaces)
		buf_addf(&b, "details: %s/%s\n", r->logs.places[r->logs.at].path, r->logs.name);
	say_brief(r, &b);
}
