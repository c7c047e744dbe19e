#include "run/proof.h"

#include "base/clock.h"
#include "run/logs.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LOOK_MS 50
#define SPARE_MS 5000 /* in which the proof's own children are given up, and it says so */

static const struct phase *pending(const struct run *r)
{
	for (int i = 0; i < 8; i++)
		if (r->report->phases[i + 1].outcome == OUTCOME_PENDING)
			return &phases[i];
	return NULL;
}

static void name_phase(const struct phase *p, char title[60])
{
	snprintf(title, 60, "%d %s", p->number, p->name);
}

static int prove(void *arg)
{
	struct run *r = arg;
	struct target t = r->target;
	struct context c = run_context(r, &t);
	char title[60];
	int rc;

	name_phase(r->proving, title);
	log_phase_here(title);
	c.deadline = r->proof_until;
	t.fd = open(t.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.fd < 0)
		return errno;
	rc = r->proving->prove(&c);
	close(t.fd);
	return rc;
}

void proof_begin(struct run *r, int64_t end)
{
	struct child_spec spec = {.fn = prove, .arg = r, .flags = CHILD_WORKER};
	const struct phase *p = pending(r);

	if (!p || r->proving || r->late || supervisor_signalled())
		return;
	r->proving = p;
	r->proof_until = deadline_first(end, deadline_in(r->o->set.timeout));
	log_line("nothing is written from here on: what phase %d left pending is tried", p->number);
	spec.name = p->name;
	spec.deadline = r->proof_until + SPARE_MS;
	r->proof = child_start(&spec, &r->proved);
	if (r->proof < 0)
		log_say("%s: what is pending cannot be tried: %s", p->name, r->proved.reason);
}

/* Say what has come of it, whatever phase runs. */
static void settle(struct run *r, const struct phase *p)
{
	struct target t = r->target;
	struct context c = run_context(r, &t);
	char title[60];

	name_phase(p, title);
	log_phase_here(title);
	p->settle(&c);
	screen_end(p, &r->report->phases[p->number]);
	log_phase_here("");
}

static void finish(struct run *r)
{
	bool proven = child_end_now(r->proof) == 0;

	r->proof = -1;
	if (!proven && r->proved.end != CHILD_EXITED)
		log_say("%s: what was pending was not finished: %s", r->proving->name,
			r->proved.reason);
	r->stuck = r->stuck || r->proved.end == CHILD_ABANDONED;
	r->report->phases[r->proving->number].ms += r->proved.ms;
	if (proven)
		settle(r, r->proving);
}

void proof_look(struct run *r)
{
	if (r->proof >= 0 && !child_step(r->proof, 0))
		finish(r);
}

void proof_end(struct run *r)
{
	if (r->proof >= 0)
		screen_wait(&r->screen, r->proving, r->proof_until);
	while (r->proof >= 0 && child_step(r->proof, LOOK_MS) && !supervisor_signalled()) {
		logs_look(r);
		screen_tick(&r->screen, "a wrong password has to be refused");
	}
	if (r->proof >= 0)
		finish(r);
	if (pending(r))
		settle(r, pending(r));
}
