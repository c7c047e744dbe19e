#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "phases/phase.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 32
#define SHOWN 64
#define D_WAIT_MS 2000 /* stuck is who waits in the kernel at every look in that time */
#define D_LOOK_MS 50

static const int patience[2] = {3000, 2000}; /* after TERM, after KILL */

struct look {
	struct context *c;
	pid_t supervisor;
	bool rescue; /* the machine runs a rescue initramfs: what is not its own was started for the
			rescue */
	bool busy;   /* something that runs holds the target */
	unsigned odd, held;
	struct process waits[MOST]; /* in D state */
	size_t nwaits;
	struct process ends[MOST];
	char holds[MOST][200];
	size_t nends;
};

static bool is_family(const struct look *l, pid_t pid)
{
	return pid == 1 || process_descends(pid, l->supervisor) || process_descends(getpid(), pid);
}

/* The supervisor looks after its own: one that copies the logs waits for a disk most of its time.
 */
static bool is_sibling(const struct look *l, pid_t pid)
{
	return process_descends(pid, l->supervisor) && !process_descends(pid, getpid());
}

/* The oldest ancestor that runs this same program: what descends from it is ours. */
static pid_t find_supervisor(void)
{
	pid_t found = getpid(), pid = found;
	struct stat self, exe;
	struct process p;
	char path[40];

	if (stat("/proc/self/exe", &self))
		return getppid();
	for (int i = 0; i < MOST && process_read(pid, &p) == 0 && p.ppid > 1; i++) {
		pid = p.ppid;
		snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
		if (stat(path, &exe) || exe.st_dev != self.st_dev || exe.st_ino != self.st_ino)
			break;
		found = pid;
	}
	return found;
}

static bool is_service(pid_t pid)
{
	char path[40], text[2048];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return process_in_service(text);
}

/* --- what does not run as it should */

static void show_odd(struct look *l, const struct process *p)
{
	char wchan[64], stack[1024];
	const char *what = p->state == 'D'   ? "waits in the kernel"
			   : p->state == 'Z' ? "is a zombie"
					     : "is stopped";

	if (++l->odd > SHOWN)
		return;
	process_wait(p->pid, wchan, sizeof wchan, stack, sizeof stack);
	log_line("process %d (%s) %s, %ld s old, parent %d, wchan %s", (int)p->pid, p->name, what,
		 process_age(p), (int)p->ppid, wchan[0] ? wchan : "unknown");
	if (stack[0])
		log_line("  its kernel stack: %s", stack);
}

static int first_look(void *arg, const struct process *p)
{
	struct look *l = arg;

	if (p->pid == getpid() || !strchr("DZTt", p->state) || is_sibling(l, p->pid))
		return 0;
	show_odd(l, p);
	if (p->state == 'D' && !p->kernel && l->nwaits < MOST)
		l->waits[l->nwaits++] = *p;
	return 0;
}

static bool still_waits(const struct process *was)
{
	struct process p;

	return process_read(was->pid, &p) == 0 && p.start == was->start && p.state == 'D';
}

/* Who is merely busy with a disk comes out of the kernel again. */
static void leave_the_stuck(struct look *l)
{
	int64_t end = deadline_in_ms(D_WAIT_MS);

	while (l->nwaits && deadline_left(end)) {
		size_t n = 0;

		usleep(1000U * D_LOOK_MS);
		for (size_t i = 0; i < l->nwaits; i++)
			if (still_waits(&l->waits[i]))
				l->waits[n++] = l->waits[i];
		l->nwaits = n;
	}
}

static bool is_stuck(const struct look *l, const struct process *p)
{
	for (size_t i = 0; i < l->nwaits; i++)
		if (l->waits[i].pid == p->pid && l->waits[i].start == p->start)
			return p->state == 'D';
	return false;
}

/* --- what holds the target */

static int second_look(void *arg, const struct process *p)
{
	struct look *l = arg;
	const char *kept = NULL;
	char what[200];

	if (p->kernel || p->state == 'Z' || is_family(l, p->pid) ||
	    !process_holds(p->pid, l->c->t->root, what, sizeof what))
		return 0;
	l->held++;
	if (l->c->t->readonly)
		kept = "nothing may be changed";
	else if (is_service(p->pid))
		kept = "a service of the running system";
	else if (!l->rescue && !is_stuck(l, p))
		kept = "not started by the rescue, not stuck";
	else if (l->nends == MOST)
		kept = "one of too many";
	log_line("process %d (%s) holds the target: %s%s%s", (int)p->pid, p->name, what,
		 kept ? ": left alone, " : "", kept ? kept : "");
	if (kept) {
		l->busy = true;
		return 0;
	}
	str_copy(l->holds[l->nends], sizeof l->holds[0], what);
	l->ends[l->nends++] = *p;
	return 0;
}

/* Returns how many survived. */
static unsigned end_holders(struct look *l)
{
	bool alive[MOST];
	char wchan[64], stack[1024], what[160], why[320];
	unsigned survived = 0;

	process_end(l->ends, l->nends, patience, alive);
	for (size_t i = 0; i < l->nends; i++) {
		const struct process *p = &l->ends[i];

		if (!alive[i]) {
			log_line("process %d (%s) ended", (int)p->pid, p->name);
			continue;
		}
		process_wait(p->pid, wchan, sizeof wchan, stack, sizeof stack);
		snprintf(what, sizeof what, "end process %d (%s)", (int)p->pid, p->name);
		snprintf(why, sizeof why, "it survived KILL in %s and holds %s",
			 wchan[0] ? wchan : "an unknown place", l->holds[i]);
		report_failure(l->c->report, what, why, stack);
		l->busy = true;
		survived++;
	}
	return survived;
}

struct end {
	unsigned ended, survived, moved;
};

static void tell(const struct look *l, const struct end *e)
{
	char text[160];
	struct buf b = BUF_OF(text);

	if (l->odd)
		buf_addf(&b, "%u processes are stuck or dead, ", l->odd);
	else
		buf_adds(&b, "no process is stuck, ");
	if (l->held)
		buf_addf(&b, "%u hold the target, %u ended, %u survived", l->held, e->ended,
			 e->survived);
	else
		buf_adds(&b, "none holds the target");
	if (e->moved)
		buf_addf(&b, "; %u leftovers cleared", e->moved);
	phase_text(l->c, 2, "%s%s", text, l->c->t->live ? "; the target runs: only looked" : "");
}

enum outcome p2_process_cleanup(struct context *c)
{
	struct look *l = calloc(1, sizeof *l);
	struct check_context checks_of = context_checks(c);
	unsigned survived = 0, moved = 0, failed = 0, ended;

	if (!l)
		return OUTCOME_FAILED;
	l->c = c;
	l->supervisor = find_supervisor();
	l->rescue = access("/etc/initrd-release", F_OK) == 0;
	process_each(first_look, l);
	if (!c->t->live) {
		leave_the_stuck(l);
		process_each(second_look, l);
		survived = end_holders(l);
		checks_of.busy = l->busy;
		failed = check_repair_phase(&checks_of, 2, &moved);
	}
	ended = (unsigned)l->nends - survived;
	tell(l, &(struct end){ended, survived, moved});
	free(l);
	if (survived || failed)
		return OUTCOME_FAILED;
	return ended || moved ? OUTCOME_REPAIRED : OUTCOME_NOTHING;
}
