#include "run/run.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/console.h"
#include "base/journal.h"
#include "base/trial.h"
#include "checks/space.h"
#include "run/brief.h"
#include "run/logs.h"
#include "run/proof.h"
#include "run/send.h"
#include "run/supervisor.h"
#include "target/accounts.h"
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUMMARY_SECONDS 30
#define ENDS 3	       /* time-outs for what comes before and after the phases, */
#define END_SECONDS 60 /* of which so much is kept for what comes after; */
#define SHARE 2	       /* at most this share */

int run_left(const struct run *r, long most)
{
	return (int)(r->o->set.timeout < most ? r->o->set.timeout : most);
}

struct run *run_start(struct options *o, bool console)
{
	struct run *r = supervisor_shared(sizeof *r);

	if (r) {
		r->o = o;
		r->shared = supervisor_shared(sizeof *r->shared);
		r->report = report_start();
		r->copying = r->proof = -1;
	}
	if (supervisor_begin(r && r->shared && r->report ? r : NULL))
		return NULL;
	r->target.pkg_hung = &r->shared->pkg_hung;
	madvise(r->shared, sizeof *r->shared, MADV_DONTDUMP);
	console_to(console ? CONSOLE_DEVICES : o->json ? CONSOLE_ERROR : CONSOLE_OUTPUT);
	supervisor_signals();
	log_secret(o->mistaken); /* the kernel's own log repeats its command line */
	for (unsigned i = 0; i < o->nproblems; i++)
		log_say("rd-recovery: %s", o->problems[i]);
	return r;
}

/* --- the target and the run's name */

static bool name_taken(const struct run *r, int root, const char *name)
{
	char path[256];
	bool taken;
	int boot;

	snprintf(path, sizeof path, JOURNAL_DIR "/%s", name);
	taken = path_exists(root, path);
	boot = r->target.boot[0] ? open(r->target.boot, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (boot >= 0) {
		snprintf(path, sizeof path, "%s-recovery-logs-%s", r->target.os_id, name);
		taken = taken || faccessat(boot, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		close(boot);
	}
	return taken;
}

static void choose_name(struct run *r, int root)
{
	char stamp[24];

	clock_stamp(time(NULL), stamp, sizeof stamp);
	snprintf(r->report->run, sizeof r->report->run, "%s", stamp);
	for (int i = 2; i < 100 && name_taken(r, root, r->report->run); i++)
		snprintf(r->report->run, sizeof r->report->run, "%s-%d", stamp, i);
}

/* Opening fills a target from nothing: what was known before stays. */
static int open_keeping(struct target *t, const char *root)
{
	struct target given = *t;

	if (target_open(t, root))
		return -1;
	t->readonly = given.readonly;
	memcpy(t->capture, given.capture, sizeof t->capture);
	memcpy(t->sources, given.sources, sizeof t->sources);
	memcpy(t->unknown, given.unknown, sizeof t->unknown);
	t->nunknown = given.nunknown;
	t->pkg_hung = given.pkg_hung;
	return 0;
}

static int open_target(void *arg)
{
	struct run *r = arg;
	struct target *t = &r->target;
	const char *places = r->o->log_path[0] ? r->o->log_path : r->o->boot;

	if (r->mounts.asleep[0]) /* not a byte to a system that believes it knows its disks */
		places = "/run";
	if (open_keeping(t, r->o->root))
		return errno ? errno : EINVAL;
	capture_choose(t);
	r->report->selinux = target_selinux(t);
	choose_name(r, t->fd);
	if (!t->readonly)
		r->report->sequence = journal_sequence(t->fd);
	logdir_places(&r->logs, t, places, r->report->run);
	target_host(t, r->report->host, sizeof r->report->host);
	accounts_choose(t, r->o->set.user, r->shared->user, r->report->user_reason);
	target_close(t);
	return 0;
}

int run_name(struct run *r)
{
	struct report *p = r->report;
	char why[320];

	str_copy(r->target.capture, sizeof r->target.capture, r->o->set.capture);
	if (supervisor_operation(
		&(struct operation){"open the target", open_target, r, run_left(r, COPY_SECONDS)},
		why, sizeof why)) {
		log_say("rd-recovery: %s is no usable target: %s%s", r->o->root, why,
			target_needs(why));
		return -1;
	}
	str_copy(p->os_id, sizeof p->os_id, r->target.os_id);
	str_copy(p->os_name, sizeof p->os_name, r->target.os_name);
	str_copy(p->user, sizeof p->user, r->shared->user);
	log_say("rd-recovery " VERSION ": run %s, sequence %ld, on %s", p->run, p->sequence,
		p->os_name);
	log_say("user: %s (%s)", p->user[0] ? p->user : "none", p->user_reason);
	return 0;
}

/* --- phases */

static long worst_case(const struct options *o, const struct phase *p)
{
	return (long)p->operations * o->set.timeout + (long)p->builds * o->set.build_timeout;
}

struct context run_context(struct run *r, struct target *t)
{
	return (struct context){.t = t,
				.set = &r->o->set,
				.shared = r->shared,
				.report = r->report,
				.deadline = r->until};
}

static enum outcome run_one(struct run *r, struct target *t, struct journal *j)
{
	struct context c = run_context(r, t);
	enum outcome outcome;

	if (r->phase->flags & PHASE_WRITES) {
		struct check_context room = context_checks(&c);

		if (!t->readonly)
			space_make_room(&room);
		if (t->readonly || journal_open(j, t->fd, r->report->run, 0)) {
			char why[160];

			snprintf(why, sizeof why, "no journal (%s), so no change is made",
				 t->readonly ? "diagnosing only" : strerror(errno));
			report_failure(r->report, r->phase->name, why, NULL);
			phase_text(&c, r->phase->number, "%s", why);
			if (!(r->phase->flags & PHASE_ANYHOW))
				return OUTCOME_SKIPPED;
		} else {
			c.journal = j;
			j->usr_is_image = target_ostree(t);
		}
	}
	outcome = r->phase->run(&c);
	if (c.journal) {
		r->shared->changes = r->report->changes = journal_count(j);
		journal_close(j);
	}
	return outcome;
}

static int worker(void *arg)
{
	struct run *r = arg;
	struct target t = r->target;
	struct journal j;

	child_tell(r->doing, sizeof r->doing);
	/* without a root there is still a machine to look at */
	t.fd = t.root[0] ? open(t.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (t.fd < 0 && t.root[0])
		return errno;
	r->report->phases[r->phase->number].outcome = run_one(r, &t, &j);
	if (t.fd >= 0)
		close(t.fd);
	return 0;
}

/* The logs follow every pivot, and what is proven is said; a signal ends any phase but the summary.
 */
static bool watch(void *arg, pid_t pid)
{
	struct run *r = arg;

	(void)pid;
	logs_look(r);
	proof_look(r);
	screen_tick(&r->screen, r->doing);
	return supervisor_signalled() && r->phase != &phases[7];
}

/* The journal knows, also of a worker that was killed before it could say. */
static int count_changes(void *arg)
{
	struct run *r = arg;
	int root = open(r->target.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct journal j;

	if (root < 0)
		return errno;
	rc = journal_open(&j, root, r->report->run, 0) ? errno : 0;
	if (rc == 0) {
		r->shared->changes = r->report->changes = journal_count(&j);
		journal_close(&j);
	}
	close(root);
	return rc;
}

static void recount(struct run *r, const struct child_result *res)
{
	char why[320];

	if (!(r->phase->flags & PHASE_WRITES) || r->target.readonly)
		return;
	/* the journal of one that cannot be killed is still its own */
	if (res->end == CHILD_ABANDONED ||
	    supervisor_operation(&(struct operation){"count the changes", count_changes, r,
						     run_left(r, COPY_SECONDS)},
				 why, sizeof why))
		r->shared->changes_unknown = true;
}

static void not_finished(struct run *r, const struct child_result *res)
{
	struct phase_result *pr = &r->report->phases[r->phase->number];
	bool late = res->end == CHILD_TIMED_OUT || res->end == CHILD_ABANDONED;
	char why[420] = "";
	struct buf b = BUF_OF(why);

	if (res->watched)
		pr->outcome = OUTCOME_FAILED;
	else
		pr->outcome = late ? OUTCOME_TIMED_OUT : OUTCOME_CRASHED;
	if (late && r->doing[0])
		buf_addf(&b, "it waited for %s: ", r->doing);
	buf_adds(&b, res->reason);
	snprintf(pr->text, sizeof pr->text, "%.190s", why);
	report_failure(r->report, r->phase->name, why, NULL);
	recount(r, res);
}

/* Said once: it is the same for all that follows. */
static void tell_footing(struct run *r, const struct child_result *res)
{
	if (res->no_pidns && !r->weaker)
		report_pivot(r->report, "a PID namespace for each operation",
			     "this kernel has none",
			     res->in_cgroup ? "a subreaper and a cgroup of its own"
					    : "a subreaper alone: no cgroup can be made");
	r->weaker = r->weaker || res->no_pidns;
}

/* On a full disk the logs would go another way for good; the next phase makes room first. */
static bool waits_for_room(const struct run *r)
{
	return r->phase->number == 1 && r->o->set.phases[2] && !r->target.readonly &&
	       report_find(r->report, SPACE_ID);
}

static void run_phase(struct run *r)
{
	const struct phase *p = r->phase;
	struct phase_result *pr = &r->report->phases[p->number];
	struct child_spec spec = {.name = p->name,
				  .fn = worker,
				  .arg = r,
				  .flags = CHILD_WORKER,
				  .deadline = r->until,
				  .watch = watch,
				  .watch_arg = r};
	struct child_result res = {0};
	char title[60];

	r->doing[0] = '\0';
	snprintf(title, sizeof title, "%d %s", p->number, p->name);
	log_phase(title);
	screen_begin(&r->screen, p, r->until);
	if (p->flags & PHASE_HOST_PID)
		spec.flags |= CHILD_HOST_PID;
	if (child_run(&spec, &res) || res.watched)
		not_finished(r, &res);
	r->stuck = r->stuck || res.end == CHILD_ABANDONED;
	tell_footing(r, &res);
	pr->ms = res.ms;
	screen_end(p, pr);
	if (!waits_for_room(r))
		logs_begin(r);
}

void run_limit(const struct options *o)
{
	long seconds = ENDS * o->set.timeout;

	if (supervisor_end() != DEADLINE_NEVER)
		return;
	for (int i = 0; i < 8; i++)
		if (o->set.phases[i + 1] && (o->mode != BOOT_DIAGNOSE || i == 0 || i == 7))
			seconds += worst_case(o, &phases[i]);
	if (o->set.deadline)
		seconds = o->set.deadline;
	supervisor_until(deadline_in(seconds));
	screen_run(seconds);
}

/* What comes after the phases has its time, too. */
static int64_t phases_end(void)
{
	int64_t end = supervisor_end(), kept = (end - clock_ms()) / SHARE;

	return end - (kept < END_SECONDS * 1000 ? kept : END_SECONDS * 1000);
}

/* Where one could not be killed the next ones will wait for the same thing. */
static int64_t phase_end(const struct run *r, const struct phase *p)
{
	return deadline_in(r->stuck ? r->o->set.timeout : worst_case(r->o, p));
}

static bool is_written(const struct run *r, int from)
{
	for (int i = from; i < 8; i++)
		if (r->o->set.phases[i + 1] && phases[i].flags & PHASE_WRITES)
			return true;
	return false;
}

/* Which of the two it is depends on who saw first that the time was over. */
static bool was_cut_off(const struct run *r)
{
	enum outcome is = r->report->phases[r->phase->number].outcome;

	return is == OUTCOME_TIMED_OUT || is == OUTCOME_FAILED;
}

void run_phases(struct run *r)
{
	int64_t end = phases_end();
	char where[400];

	if (*logdir_where(&r->logs, where, sizeof where))
		log_say("logs: %s", where);
	r->logs_said = r->logs.at;
	brief_begin(r);
	for (int i = 0; i < 8; i++) {
		r->phase = &phases[i];
		if (!is_written(r, i))
			proof_begin(r, end);
		if (i == 7)
			proof_end(r);
		if (!r->o->set.phases[i + 1])
			continue;
		r->late = r->late || clock_ms() >= end;
		if ((r->late || supervisor_signalled()) && i < 7)
			continue;
		/* the summary is written whatever the time */
		r->until = i == 7 ? supervisor_deadline(SUMMARY_SECONDS)
				  : deadline_first(end, phase_end(r, r->phase));
		run_phase(r);
		/* it may have been the last that was asked for */
		r->late = r->late || (clock_ms() >= end && was_cut_off(r));
	}
	log_phase("");
}

/* --- end */

static int tidy(void *arg)
{
	struct run *r = arg;
	int root = open(r->target.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root >= 0) {
		/* a run that changed nothing leaves nothing to roll back */
		if (!r->target.readonly && !r->shared->changes && !r->shared->changes_unknown)
			journal_forget(root, r->report->run);
		close(root);
	}
	if (!r->target.readonly)
		trial_sweep(r->target.root);
	if (!r->target.readonly)
		logdir_prune(&r->logs);
	return 0;
}

void run_end(struct run *r)
{
	char why[320], where[400];

	logs_wait(r);
	if (r->stuck)
		log_say("tidying up is left out: what a phase waits for does not answer");
	else if (supervisor_operation(
		     &(struct operation){"tidy up", tidy, r, run_left(r, COPY_SECONDS)}, why,
		     sizeof why))
		log_say("tidying up was given up: %s", why);
	if (r->logs.at != r->logs_said && *logdir_where(&r->logs, where, sizeof where))
		log_say("logs: %s", where);
	brief_end(r);
	logs_begin(r);
	logs_wait(r);
	if (r->phase && /* it was no rollback */
	    !screen_verdict(r->report, r->shared, &r->logs, supervisor_signalled() || r->late)) {
		logs_begin(r);
		logs_wait(r);
	}
	explicit_bzero(r->shared->password, sizeof r->shared->password);
	explicit_bzero(r->o->set.password_hash, sizeof r->o->set.password_hash);
	send_report(r); /* the child that reads what a network says knows neither any more */
	log_secrets_wipe();
}

int run_status(const struct run *r)
{
	if (supervisor_signalled() || r->late)
		return 4;
	return r->report->verdict == VERDICT_LOGIN_PROVEN ? 0 : 1;
}
