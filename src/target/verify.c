#include "target/verify.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/path.h"
#include "target/pkg.h"
#include "target/verify_own.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many files at a time: enough to sort them as they lie on the disk. */
#define BATCH 8192
#define BATCH_TEXT (1u << 20)
#define HANDFUL 16

/* --- many at once */

struct round {
	struct verify_job *j;
	void (*fn)(struct verify_job *j, struct verify_item *i, struct verify_folder *d);
	bool ordered;
	unsigned n;
	atomic_uint next;
};

/* The next handful, neighbours for one worker; false: there is none, or no time. */
static bool work_some(struct round *c, struct verify_folder *d)
{
	struct verify_job *j = c->j;
	unsigned k = atomic_fetch_add(&c->next, HANDFUL), end = k + HANDFUL;

	for (end = end < c->n ? end : c->n; k < end; k++) {
		if (clock_ms() >= j->v->deadline) {
			j->late = true;
			return false;
		}
		c->fn(j, &j->items[c->ordered ? j->order[k].item : k], d);
	}
	return end < c->n;
}

static void *work(void *arg)
{
	struct verify_folder d = {.known = false};

	while (work_some(arg, &d))
		;
	verify_folder_close(&d);
	return NULL;
}

static int by_inode(const void *a, const void *b)
{
	const struct verify_place *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* Look at the batch, then read what is wanted of it in the disk's order. */
static int empty(struct verify_job *j)
{
	struct round looks = {.j = j, .fn = verify_look, .n = j->n};
	struct round reads = {.j = j, .fn = verify_compare, .ordered = true};

	crew_work(work, &looks);
	j->norder = 0;
	for (unsigned k = 0; k < j->n; k++)
		if (j->items[k].wanted)
			j->order[j->norder++] = (struct verify_place){j->items[k].inode, k};
	qsort(j->order, j->norder, sizeof *j->order, by_inode);
	reads.n = j->norder;
	if (!j->late)
		crew_work(work, &reads);
	j->n = 0;
	j->text.len = 0;
	j->text.cut = false;
	return j->late;
}

/* --- filling it */

static const char *keep(struct verify_job *j, const char *s)
{
	const char *at = j->text.p + j->text.len;

	if (!s)
		return NULL;
	buf_add(&j->text, s, strlen(s) + 1);
	return at;
}

/* A damaged database may say anything. */
static bool is_path(const char *path)
{
	size_t n = strlen(path);

	return n > 1 && n < PATH_CAP && *path == '/' && path[n - 1] != '/' &&
	       strcmp(strrchr(path, '/'), "/..") != 0;
}

static bool is_around(const struct verify_item *i, const char *path)
{
	size_t n = strlen(i->path);

	return i->e.kind == PKG_ANY && !i->e.bits && !i->e.privileged &&
	       !strncmp(i->path, path, n) && path[n] == '/';
}

static int fill(void *arg, const struct pkg_entry *e)
{
	struct verify_job *j = arg;
	struct verify_item *i = &j->items[j->n];

	if (!is_path(e->path) || target_is_unknown(j->t, e->path))
		return 0;
	verify_links_own(j->links, e->pkg, e->path);
	*i = (struct verify_item){.e = *e};
	if (j->n && is_around(i - 1, e->path))
		i[-1].around = true;
	/* the package is mostly the one before */
	i->pkg = j->n && !strcmp(i[-1].pkg, e->pkg) ? i[-1].pkg : keep(j, e->pkg);
	i->path = keep(j, e->path);
	i->link = keep(j, e->link);
	i->owned[0] = verify_names_uid(j->names, e->own.user, &i->uid);
	i->owned[1] = verify_names_gid(j->names, e->own.group, &i->gid);
	j->n++;
	return j->n == BATCH || j->text.cap - j->text.len < 4 * PATH_CAP ? empty(j) : 0;
}

static struct verify_job *open_job(struct verify *v, const struct target *t)
{
	struct verify_job *j = calloc(1, sizeof *j + BATCH_TEXT);

	if (!j)
		return NULL;
	j->v = v;
	j->t = t;
	j->text = (struct buf){.p = (char *)(j + 1), .cap = BATCH_TEXT};
	j->items = calloc(BATCH, sizeof *j->items);
	j->order = calloc(BATCH, sizeof *j->order);
	j->classes = verify_classes_open(t);
	j->names = verify_names_open(t);
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

static void close_job(struct verify_job *j)
{
	if (!j)
		return;
	verify_links_close(j->links);
	verify_names_close(j->names);
	verify_classes_close(j->classes);
	free(j->items);
	free(j->order);
	free(j);
}

static int compare(struct verify_job *j, const struct pkg_manager *m)
{
	int rc = -1;

	errno = ENOENT;
	if (m && m->entries)
		rc = m->entries(j->t, fill, j);
	if (rc == 0)
		rc = empty(j);
	return rc;
}

static int run(struct verify_job *j, const struct pkg_manager *m)
{
	int rc = 0;

	errno = ENOMEM;
	if (!j || !j->items || !j->order || !j->classes || !j->names)
		return -1;
	if (!target_is_unknown(j->t, "/usr/lib") && !(j->links = verify_links_open(j)))
		return -1;
	if (!j->v->alone)
		rc = compare(j, m);
	verify_links_tell(j->links, j->v);
	j->v->whole = !rc && !j->late && !j->blind;
	return rc < 0 ? -1 : 0;
}

int verify_run(struct verify *v, const struct target *t)
{
	const struct pkg_manager *m = pkg_in_use(t);
	struct verify_job *j = open_job(v, t);
	int rc, error;

	snprintf(v->manager, sizeof v->manager, "%s", m ? m->name : "");
	snprintf(v->unread, sizeof v->unread, "%s", m && m->silent ? m->silent : "");
	rc = run(j, m);
	error = errno;
	close_job(j);
	errno = error;
	return rc;
}
