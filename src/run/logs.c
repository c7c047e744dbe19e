#include "run/logs.h"

#include "run/supervisor.h"

#include <errno.h>

static int copy(void *arg)
{
	struct run *r = arg;

	return logdir_copy(&r->logs) ? errno : 0;
}

static void leave_place(struct run *r, const char *why)
{
	char was[400], next[400];

	logdir_where(&r->logs, was, sizeof was);
	logdir_leave(&r->logs);
	logdir_where(&r->logs, next, sizeof next);
	report_pivot(r->report, was, why, *next ? next : "no logs on disk");
}

static void start(struct run *r)
{
	struct operation op = {"copy the logs", copy, r, run_left(r, COPY_SECONDS)};

	while (r->copying < 0 && r->logs.at < r->logs.nplaces) {
		r->pivots = r->report->npivots;
		r->copying = supervisor_start(&op, &r->copied);
		if (r->copying < 0)
			leave_place(r, r->copied.reason);
	}
}

static void finish(struct run *r)
{
	char why[320] = "";
	int handle = r->copying;

	r->copying = -1;
	if (supervisor_finish(handle, &r->copied, why, sizeof why)) {
		leave_place(r, why);
		start(r);
	}
}

void logs_begin(struct run *r)
{
	logs_wait(r);
	start(r);
}

void logs_look(struct run *r)
{
	if (r->copying < 0 && r->pivots != r->report->npivots)
		start(r);
	else if (r->copying >= 0 && !child_step(r->copying, 0))
		finish(r);
}

void logs_wait(struct run *r)
{
	while (r->copying >= 0)
		if (!child_step(r->copying, 1000))
			finish(r);
}
