#include "checks/pam_mend.h"

#include "base/log.h"
#include "base/path.h"
#include "checks/families.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FAULTS 40 /* mended or given up in one run */

int pam_because(struct pam_mend *m, const char *fmt, ...)
{
	va_list ap;

	m->why.len = 0;
	va_start(ap, fmt);
	buf_vaddf(&m->why, fmt, ap);
	va_end(ap);
	return -1;
}

void pam_weakened(struct pam_mend *m, const char *fmt, ...)
{
	struct report *r = m->c->report;
	struct buf b = {.p = r->weakened, .len = strlen(r->weakened), .cap = sizeof r->weakened};
	va_list ap;

	if (b.len)
		buf_adds(&b, "; ");
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
}

/* --- who includes a file */

struct includer {
	const struct pam_mend *m;
	const char *folder, *name, *path;
	bool found;
};

static bool is_local_service(const struct pam_mend *m, const char *name)
{
	for (unsigned i = 0; i < m->v.n; i++)
		if (m->v.services[i].local && !strcmp(m->v.services[i].name, name))
			return true;
	return false;
}

static int look_for_include(void *arg, int dirfd, const char *name)
{
	struct includer *in = arg;
	char path[300], text[2048];
	struct pam_text t = {0};
	size_t len = 0;
	char *data;

	(void)dirfd;
	if (is_local_service(in->m, name))
		return 0;
	snprintf(path, sizeof path, "%s/%s", in->folder, name);
	data = path_slurp(in->m->v.t->fd, path, PAM_FILE_MOST, &len);
	if (!data)
		return 0;
	t.p = data;
	t.end = data + len;
	while (!in->found && pam_text_next(&t, text, sizeof text)) {
		struct pam_line l;

		in->found = pam_parse_line(text, strlen(text), &l) == 1 && pam_is_include(&l) &&
			    (!strcmp(l.module, in->name) || !strcmp(l.module, in->path));
	}
	path_release(data, len);
	return in->found;
}

bool pam_is_local(const struct pam_mend *m, const char *path)
{
	struct includer in = {.m = m, .name = strrchr(path, '/') + 1, .path = path};

	if (!str_starts(path, "/etc/pam.d/") || !is_local_service(m, path + 11))
		return false;
	for (const char *const *d = pam_folders; *d && !in.found; d++) {
		in.folder = *d;
		path_each(m->v.t->fd, *d, look_for_include, &in);
	}
	return !in.found;
}

/* --- judging */

struct text_of {
	const char *data;
	size_t len;
};

/* The line of the same type and module. */
static bool find_like(const struct text_of *in, const struct pam_line *like, struct pam_line *l)
{
	struct pam_text t = {.p = in->data, .end = in->data + in->len};
	char text[2048];

	while (pam_text_next(&t, text, sizeof text))
		if (pam_parse_line(text, strlen(text), l) == 1 &&
		    !strcasecmp(l->type, like->type) && !strcmp(l->module, like->module))
			return true;
	return false;
}

/* A line that keeps somebody out, by a module that is there. pam_unix and the frame around it are
 * the evaluator's question. */
static bool is_guard(const struct pam_mend *m, const struct pam_line *l)
{
	struct pam_entry e = {0};
	enum pam_kind kind = pam_kind_of(l->module);
	unsigned jump;
	char path[256];

	return (!strcasecmp(l->type, "auth") || !strcasecmp(l->type, "account")) &&
	       !pam_is_include(l) && pam_control(l->control, e.action, &jump) &&
	       pam_is_control(&e) && kind != PAM_IGNORES && kind != PAM_PERMITS &&
	       kind != PAM_DENIES && !strstr(l->module, "pam_unix.") &&
	       pam_module(&m->v.src, l->module, path, sizeof path) == 0;
}

static void find_lost(const struct pam_mend *m, const char *data, size_t len,
		      struct pam_candidate *k)
{
	struct pam_text t = {.p = data, .end = data + len};
	struct text_of now = {k->data, k->len};
	char text[2048];
	struct pam_line l, other;

	while (!k->lost[0] && pam_text_next(&t, text, sizeof text)) {
		if (pam_parse_line(text, strlen(text), &l) != 1)
			continue;
		if (find_like(&now, &l, &other))
			/* an empty password is one that was refused */
			other.module[0] = strstr(other.args, "nullok") && !strstr(l.args, "nullok");
		else
			other.module[0] = (char)is_guard(m, &l);
		if (other.module[0])
			snprintf(k->lost, sizeof k->lost, "%s %s %s (%s line %u)", l.type, l.module,
				 l.args, k->path, t.number);
	}
}

/* What stands there now and would go. */
static void find_lost_file(const struct pam_mend *m, struct pam_candidate *k)
{
	size_t len;
	char *data = path_slurp(m->c->t->fd, k->path, PAM_FILE_MOST, &len);

	if (!data)
		return;
	find_lost(m, data, len, k);
	path_release(data, len);
}

/* Single lines: whoever was refused by the sound stack still is, and the right password can get in.
 */
static int judge_edit(struct pam_mend *m, const struct pam_view *then)
{
	struct pam_stack *before = m->stacks, *now = m->stacks + 1;

	for (unsigned i = 0; i < m->v.n; i++) {
		const char *name = m->v.services[i].name;

		pam_stack_load(before, &m->v.src, name, m->v.ldso);
		pam_stack_load(now, &then->src, name, m->v.ldso);
		if (now->cut || pam_stack_wider(before, now))
			return pam_because(m, "%s would let in who was refused before", name);
		for (int type = PAM_AUTH; type < PAM_PASSWORD; type++)
			if ((pam_stack_usable(before, (enum pam_type)type, true) ||
			     (type == m->entry.type && &m->v.services[i] == m->f.service)) &&
			    !pam_stack_usable(now, (enum pam_type)type, true))
				return pam_because(m, "%s would let nobody in", name);
	}
	return 0;
}

int pam_judge(struct pam_mend *m, struct pam_candidate *k)
{
	struct pam_view then = m->v;
	unsigned bad, open;

	k->lost[0] = '\0';
	then.src.path = k->path;
	then.src.data = k->data;
	then.src.len = k->len;
	bad = pam_badness(&then, &open);
	if (open > m->open)
		return pam_because(m, "with it, any password would be taken");
	if (bad >= m->bad)
		return pam_because(m, "with it, the stack is no better");
	if (k->edit)
		return judge_edit(m, &then);
	find_lost_file(m, k);
	if (k->lost[0] && !pam_is_local(m, k->path))
		return pam_because(m, "it lacks %s, and others than the console use it", k->lost);
	return 0;
}

int pam_adopt(struct pam_mend *m, struct pam_candidate *k)
{
	if (pam_judge(m, k) < 0)
		return -1;
	if (file_replace(m->c->journal, k->path, k->data, k->len, NULL) < 0)
		return pam_because(m, "writing %s: %s", k->path, strerror(errno));
	if (k->lost[0])
		pam_weakened(m, "%s", k->lost);
	return 0;
}

/* --- the ladder */

struct given_up {
	char id[FAULTS][280]; /* service, kind, file and line; "-" for the service: what any met */
	unsigned n;
};

struct wanted {
	struct pam_mend *m;
	const struct given_up *past;
};

static void identify(char id[280], const char *service, const struct pam_fault *f)
{
	snprintf(id, 280, "%s %d %s %u", service, f->kind, f->file, f->number);
}

static bool is_past(const struct given_up *g, const char *service, const struct pam_fault *f)
{
	char id[280];

	identify(id, service, f);
	for (unsigned i = 0; i < g->n; i++)
		if (!strcmp(g->id[i], id))
			return true;
	return false;
}

static int pick(void *arg, const struct pam_fault *f)
{
	struct wanted *w = arg;

	if (is_past(w->past, f->service->name, f))
		return 0;
	w->m->f = *f;
	memset(&w->m->entry, 0, sizeof w->m->entry);
	if (f->entry)
		w->m->entry = *f->entry;
	return 1;
}

static void give_up(struct given_up *g, const struct pam_fault *f)
{
	const char *service[2] = {f->service->name, "-"};

	for (int i = 0; i < 2; i++)
		if (g->n < FAULTS)
			identify(g->id[g->n++], service[i], f);
}

static const struct pam_rung *next_rung(const struct pam_rung *k, const struct pam_mend *m,
					bool again)
{
	while (k->climb && (!(k->kinds & 1u << m->f.kind) || (again && !k->again)))
		k++;
	return k;
}

static int climb(struct pam_mend *m, bool again)
{
	const struct pam_rung *k = next_rung(pam_rungs, m, again), *next;
	char tried[200];

	for (; k->climb; k = next) {
		pam_because(m, "%s", "");
		if (k->climb(m) == 0) {
			log_say("  %s: mended by %s", m->f.file, k->name);
			return 0;
		}
		next = next_rung(k + 1, m, again);
		snprintf(tried, sizeof tried, "%s of %.150s", k->name, m->f.file);
		report_pivot(m->c->report, tried, m->why.p,
			     next->climb ? next->name : "nothing is left to try");
	}
	return -1;
}

static void mend(struct pam_mend *m, struct given_up *past)
{
	bool again = is_past(past, "-", &m->f);

	m->data = path_slurp(m->c->t->fd, m->f.file, PAM_FILE_MOST, &m->len);
	m->bad = pam_badness(&m->v, &m->open);
	climb(m, again);
	/* mended or not: what is found again of it is not tried again */
	give_up(past, &m->f);
	path_release(m->data, m->len);
}

/* Has an earlier row's repair been through them all? */
static bool is_done(const struct report *r)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		for (int k = 0; k < FAULT_KINDS; k++)
			if (!strcmp(r->findings[i].id, pam_fault_ids[k]) &&
			    r->findings[i].severity != SEVERITY_NOTE &&
			    r->findings[i].state != FINDING_OPEN)
				return true;
	return false;
}

/* One fault mended may show another, of another row: the first row to be repaired mends them all.
 */
int repair_pam(struct check_context *c)
{
	char mem[300];
	struct pam_mend m = {.c = c, .stacks = malloc(2 * sizeof *m.stacks), .why = BUF_OF(mem)};
	struct given_up *past = calloc(1, sizeof *past);
	struct wanted w = {&m, past};
	bool more = !is_done(c->report);

	while (more && m.stacks && past && past->n + 2 <= FAULTS &&
	       pam_view_open(&m.v, c->t) == 0) {
		more = pam_faults(&m.v, pick, &w) == 1;
		if (more)
			mend(&m, past);
		pam_view_close(&m.v);
	}
	free(past);
	free(m.stacks);
	return 0; /* what is left is found again by the detection */
}
