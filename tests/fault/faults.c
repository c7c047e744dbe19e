/* faults [--most N] [--runs N] [--pairs N] [--seconds N] [--seed N] [--jobs N] [--limit N]
 * [--scenario NAME] [--only TEXT] [--control NAME] PROGRAMS FIXTURE WORK: strike the editing paths
 * at each of their system calls; --most: so many faults at each call, --runs: so many of a whole
 * run's, --pairs: so many pairs, --seconds: pairs until then, --limit: a hang. Prints what it
 * finds, the figures, "N passed, N failed".
 */
#include "judge.h"
#include "strike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS 64
#define SHOWN 60 /* findings told one by one */

static struct {
	long most, runs, pairs, seconds, limit, seed, jobs;
	const char *only, *scenario, *control, *work;
} opt = {.limit = 60, .seed = 1, .jobs = 2};

/* The workers' common memory. */
static struct figures {
	size_t next, cases, unreached, failed, shown;
	size_t found[VERDICTS], hangs;
	size_t at[JOBS]; /* what each worker is at */
} * figures;
static unsigned char *reached; /* for each strike: its call was struck */
static struct strikes all;
static time_t end;

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("faults: memory");
		exit(2);
	}
	return p;
}

static void count(size_t *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* --- one case */

static struct judgement look(const struct place *p, const struct tree *want,
			     const struct tree *instead, const char *when)
{
	struct judgement j = {STUCK, "the root cannot be read"};
	struct tree now;

	if (tree_read(&now, p->root) == 0)
		j = judge_exact(want, instead, &now, when);
	tree_free(&now);
	return j;
}

static struct judgement stuck(const struct place *p, const char *what, int status)
{
	struct judgement j = {.verdict = STUCK};
	char said[300];

	place_said(p, said, sizeof said);
	snprintf(j.why, sizeof j.why, "%s ends with %d: %s", what, status, said);
	return j;
}

static struct judgement complete(const struct scenario *s, const struct place *p)
{
	struct inject in = {0};
	int status = place_run(p, s->next, &in);

	if (status != s->done)
		return stuck(p, "the next run", status);
	return look(p, s->kind == UNDO ? &s->before : &s->after, &s->before, "after the next run");
}

static struct judgement undo(const struct scenario *s, const struct place *p)
{
	struct inject in = {0};
	int status = 0;

	for (int i = 0; i < 9 && status == 0; i++)
		status = place_run(p, s->undo, &in);
	if (status != s->undone)
		return stuck(p, "a rollback", status);
	return look(p, &scenario_origin, &scenario_origin, "after the rollback");
}

/* The next run, then rollbacks; or the other way round. */
static struct judgement go_on(const struct scenario *s, const struct place *p, bool undo_first)
{
	struct judgement j = undo_first ? undo(s, p) : complete(s, p);

	if (!j.verdict)
		j = undo_first ? complete(s, p) : undo(s, p);
	return j;
}

static struct judgement judge_now(const struct scenario *s, const struct place *p, int status)
{
	struct judgement j = {STUCK, "the root cannot be read"};
	char said[8000];
	struct tree now;

	place_said(p, said, sizeof said);
	/* half a commit is undone by who opens the journal next */
	if (s->reopen && status < 0) {
		struct inject in = {0};

		status = place_run(p, s->reopen, &in);
		if (status)
			return stuck(p, "the run's journal, opened again,", status);
		status = -1;
	}
	if (tree_read(&now, p->root) == 0)
		j = judge_struck(s, &now, said, status);
	tree_free(&now);
	return j;
}

static struct judgement strike(const struct place *p, const struct strike *const *k, unsigned n,
			       struct inject *in)
{
	const struct scenario *s = k[0]->s;
	struct fault faults[2];
	struct judgement j;
	int status;

	for (unsigned i = 0; i < n; i++)
		faults[i] = strike_fault(k[i]);
	in->faults = faults;
	in->nfaults = n;
	if (place_fresh(p, &s->before)) {
		perror(p->root);
		exit(2);
	}
	status = place_run(p, s->run, in);
	if (in->hung)
		return (struct judgement){STUCK, "it had to be ended"};
	j = judge_now(s, p, status);
	return j.verdict ? j : go_on(s, p, s->prepare ? s->kind == UNDO : (k[0] - all.list) % 2);
}

static void tell(const struct strike *const *k, unsigned n, const struct judgement *j)
{
	char text[2][160] = {"", ""};

	if (opt.control || __atomic_fetch_add(&figures->shown, 1, __ATOMIC_RELAXED) >= SHOWN)
		return;
	for (unsigned i = 0; i < n; i++)
		strike_text(k[i], text[i], sizeof text[i]);
	printf("not ok: %s%s%s: %s: %s\n", text[0], n > 1 ? " + " : "", text[1],
	       judge_name(j->verdict), j->why);
	fflush(stdout);
}

static void one_case(const struct place *p, const struct strike *const *k, unsigned n)
{
	struct inject in = {0};
	struct judgement j = strike(p, k, n, &in);

	count(&figures->cases);
	if (in.fired)
		reached[k[0] - all.list] = 1;
	else
		count(&figures->unreached);
	if (in.hung)
		count(&figures->hangs);
	if (!j.verdict)
		return;
	count(&figures->failed);
	count(&figures->found[j.verdict]);
	tell(k, n, &j);
}

/* --- all of them */

static void one_pair(const struct place *p, size_t n)
{
	unsigned short x[3] = {(unsigned short)n, (unsigned short)(n >> 16),
			       (unsigned short)opt.seed};
	const struct strike *k[2];

	k[0] = &all.list[(size_t)nrand48(x) % all.n];
	do
		k[1] = &all.list[(size_t)nrand48(x) % all.n];
	while (k[1]->s != k[0]->s);
	one_case(p, k, 2);
}

static bool is_wanted(const struct strike *k)
{
	char text[160];

	strike_text(k, text, sizeof text);
	return !opt.only || strstr(text, opt.only);
}

static void work(unsigned number)
{
	struct place p;

	snprintf(p.dir, sizeof p.dir, "%s/%u", opt.work, number);
	snprintf(p.root, sizeof p.root, "%s/root", p.dir);
	snprintf(p.said, sizeof p.said, "%s/said", p.dir);
	mkdir(p.dir, 0700);
	for (;;) {
		size_t i = __atomic_fetch_add(&figures->next, 1, __ATOMIC_RELAXED);
		const struct strike *k = &all.list[i];

		figures->at[number] = i;
		if (i < all.n && is_wanted(k))
			one_case(&p, &k, 1);
		else if (i >= all.n && (i < all.n + (size_t)opt.pairs || time(NULL) < end))
			one_pair(&p, i);
		else if (i >= all.n)
			break;
	}
	tree_remove(p.root);
}

/* A worker that dies judges nothing. */
static void tell_dead(unsigned number, int status)
{
	size_t i = figures->at[number];
	char text[160] = "a pair";

	if (i < all.n)
		strike_text(&all.list[i], text, sizeof text);
	printf("a worker died (wait status %#x) at %s\n", (unsigned)status, text);
}

static int work_all(void)
{
	pid_t workers[JOBS] = {0}, pid;
	int status, rc = 0;

	for (unsigned i = 0; i < (unsigned)opt.jobs; i++) {
		fflush(stdout);
		workers[i] = fork();
		if (workers[i] == 0) {
			work(i);
			_exit(0);
		}
	}
	while ((pid = wait(&status)) > 0)
		for (unsigned i = 0; status && i < (unsigned)opt.jobs; i++)
			if (workers[i] == pid) {
				tell_dead(i, status);
				rc = -1;
			}
	return rc;
}

/* --- the figures */

/* From strike i on, those at the same call: was one of them reached? *next: the first at another
 * call. */
static bool is_reached(size_t i, size_t *next)
{
	const struct strike *k = &all.list[i];
	bool yes = false;

	for (; i < all.n && all.list[i].s == k->s && all.list[i].call == k->call; i++)
		yes = yes || reached[i];
	*next = i;
	return yes;
}

static void print_scenario(const struct scenario *s)
{
	size_t strikes = 0, calls = 0, struck = 0, next;
	char text[160];

	for (size_t i = 0; i < all.n; i = next) {
		bool yes = is_reached(i, &next);

		if (all.list[i].s != s)
			continue;
		strikes += next - i;
		calls++;
		struck += yes;
		strike_text(&all.list[i], text, sizeof text);
		if (!yes && !opt.only)
			printf("not reached: %s\n", text);
	}
	if (strikes)
		printf("%-10s %5zu calls, %5zu to be struck, %5zu of them reached, %6zu cases\n",
		       s->name, s->ncalls, calls, struck, strikes);
}

static int print_all(int rc)
{
	const struct figures *f = figures;

	for (size_t i = 0; i < nscenarios; i++)
		print_scenario(&scenarios[i]);
	printf("seed %ld; %zu cases, %zu not reached; torn %zu, lies %zu, hangs %zu, open doors "
	       "%zu, stuck "
	       "%zu\n",
	       opt.seed, f->cases, f->unreached, f->found[TORN], f->found[LIE], f->hangs,
	       f->found[OPEN_DOOR], f->found[STUCK] - f->hangs);
	printf("%zu passed, %zu failed\n", f->cases - f->failed, f->failed + (rc != 0));
	return f->failed || rc || !f->cases;
}

/* The oracle has to see what --control names; the other figures say nothing. */
static int print_control(int rc)
{
	size_t seen = strcmp(opt.control, "hang") ? 0 : figures->hangs;

	for (int v = TORN; v < VERDICTS; v++)
		if (!strcmp(opt.control, judge_name((enum verdict)v)))
			seen = figures->found[v];
	printf("control: %s: seen in %zu of %zu cases\n", opt.control, seen, figures->cases);
	return rc || !seen;
}

static void parse(int argc, char **argv)
{
	static const struct {
		const char *name;
		long *number;
		const char **text;
	} words[] = {{"--most", &opt.most, NULL},	  {"--runs", &opt.runs, NULL},
		     {"--pairs", &opt.pairs, NULL},	  {"--seconds", &opt.seconds, NULL},
		     {"--limit", &opt.limit, NULL},	  {"--seed", &opt.seed, NULL},
		     {"--jobs", &opt.jobs, NULL},	  {"--only", NULL, &opt.only},
		     {"--scenario", NULL, &opt.scenario}, {"--control", NULL, &opt.control}};
	int i = 1;

	for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2)
		for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
			if (strcmp(argv[i], words[w].name))
				continue;
			if (words[w].number)
				*words[w].number = strtol(argv[i + 1], NULL, 10);
			else
				*words[w].text = argv[i + 1];
		}
	if (opt.jobs > JOBS)
		opt.jobs = JOBS;
	scenario_limit = (int)opt.limit;
	if (argc - i != 3) {
		fputs("faults: PROGRAMS FIXTURE WORK\n", stderr);
		exit(2);
	}
	scenario_programs = argv[i];
	scenario_fixture = argv[i + 1];
	opt.work = argv[i + 2];
}

/* A run of the payload itself takes long: --runs of its strikes, not some at each call. */
static void learn(struct scenario *s, const struct place *p)
{
	bool whole = !strncmp(s->run, "rd-recovery", 11);
	size_t from = all.n;

	if (opt.scenario && strcmp(opt.scenario, s->name))
		return;
	if (scenario_learn(s, p) || strike_list(&all, s, whole ? 0 : (size_t)opt.most))
		exit(2);
	if (whole && opt.runs)
		strike_thin(&all, from, (size_t)opt.runs / (s->rare ? s->rare : 1));
}

int main(int argc, char **argv)
{
	struct place p;
	char root[200];

	parse(argc, argv);
	snprintf(root, sizeof root, "%s/root", scenario_fixture);
	snprintf(p.dir, sizeof p.dir, "%s", opt.work);
	snprintf(p.root, sizeof p.root, "%s/root", p.dir);
	snprintf(p.said, sizeof p.said, "%s/said", p.dir);
	if (tree_read(&scenario_origin, root)) {
		perror(root);
		return 2;
	}
	for (size_t i = 0; i < nscenarios; i++)
		learn(&scenarios[i], &p);
	figures = shared(sizeof *figures);
	reached = shared(all.n);
	end = time(NULL) + opt.seconds;
	if (opt.control)
		return print_control(work_all());
	return print_all(work_all());
}
