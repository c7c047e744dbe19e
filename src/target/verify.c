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
#define LARGE (4 << 20)
#define MOST_LARGE 1024
#define LARGE_TEXT (128u << 10)

static const char *keep(struct buf *text, const char *s)
{
	const char *at = text->p + text->len;

	if (!s)
		return NULL;
	buf_add(text, s, strlen(s) + 1);
	return at;
}

/* --- many at once */

struct verify_item *verify_take(struct verify_round *r, struct verify_hand *h)
{
	struct verify_job *j = r->j;

	if (h->at == h->end) {
		h->at = atomic_fetch_add(&r->next, HANDFUL);
		h->end = h->at + HANDFUL;
	}
	if (h->at >= r->n)
		return NULL;
	if (clock_ms() >= j->v->deadline) {
		j->late = true;
		return NULL;
	}
	return r->items[h->at++];
}

static void *look(void *arg)
{
	struct verify_round *r = arg;
	struct verify_hand h = {0};
	struct verify_folder d = {.known = false};
	struct verify_item *i;

	while ((i = verify_take(r, &h)))
		verify_look(r->j, i, &d);
	verify_folder_close(&d);
	return NULL;
}

/* Of the order's first n. */
static void crew(struct verify_job *j, void *(*fn)(void *arg), unsigned n)
{
	struct verify_round r = {.j = j, .items = j->order, .n = n};

	if (!j->late)
		crew_work(fn, &r);
}

static int by_inode(const void *a, const void *b)
{
	const struct verify_item *x = *(struct verify_item *const *)a,
				 *y = *(struct verify_item *const *)b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int by_size(const void *a, const void *b)
{
	const struct verify_item *x = *(struct verify_item *const *)a,
				 *y = *(struct verify_item *const *)b;

	return x->size > y->size ? -1 : x->size < y->size;
}

static void read_in_order(struct verify_job *j, int (*compare)(const void *a, const void *b))
{
	qsort(j->order, j->norder, sizeof *j->order, compare);
	crew(j, verify_read, j->norder);
}

/* The largest files, the very largest first: alone at a batch's end each would be waited for. */
static void read_large(struct verify_job *j)
{
	j->norder = 0;
	for (unsigned k = 0; k < j->nlarge; k++)
		j->order[j->norder++] = &j->large[k];
	read_in_order(j, by_size);
	j->nlarge = 0;
	j->large_text.len = 0;
}

static bool put_aside(struct verify_job *j, const struct verify_item *i)
{
	struct buf *text = &j->large_text;
	struct verify_item *to = &j->large[j->nlarge];

	if (i->size < LARGE || j->nlarge == MOST_LARGE || text->cap - text->len < 4 * PATH_CAP)
		return false;
	*to = *i;
	to->pkg = keep(text, i->pkg);
	to->path = keep(text, i->path);
	j->nlarge++;
	return true;
}

/* Look at the batch, then read what is wanted of it in the disk's order. */
static int empty(struct verify_job *j)
{
	for (unsigned k = 0; k < j->n; k++)
		j->order[k] = &j->items[k];
	crew(j, look, j->n);
	j->norder = 0;
	for (unsigned k = 0; k < j->n; k++)
		if (j->items[k].wanted && !put_aside(j, &j->items[k]))
			j->order[j->norder++] = &j->items[k];
	read_in_order(j, by_inode);
	j->n = 0;
	j->text.len = 0;
	j->text.cut = false;
	return j->late;
}

/* --- filling it */

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

	return (i->e.kind == PKG_ANY || i->e.kind == PKG_FOLDER) && !i->e.bits &&
	       !i->e.privileged && !strncmp(i->path, path, n) && path[n] == '/';
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
	i->pkg = j->n && !strcmp(i[-1].pkg, e->pkg) ? i[-1].pkg : keep(&j->text, e->pkg);
	i->path = keep(&j->text, e->path);
	i->link = keep(&j->text, e->link);
	i->owned[0] = verify_names_uid(j->names, e->own.user, &i->uid);
	i->owned[1] = verify_names_gid(j->names, e->own.group, &i->gid);
	j->n++;
	return j->n == BATCH || j->text.cap - j->text.len < 4 * PATH_CAP ? empty(j) : 0;
}

static struct verify_job *open_job(struct verify *v, const struct target *t)
{
	struct verify_job *j = calloc(1, sizeof *j + BATCH_TEXT + LARGE_TEXT);

	if (!j)
		return NULL;
	j->v = v;
	j->t = t;
	j->text = (struct buf){.p = (char *)(j + 1), .cap = BATCH_TEXT};
	j->large_text = (struct buf){.p = j->text.p + BATCH_TEXT, .cap = LARGE_TEXT};
	j->items = calloc(BATCH, sizeof *j->items);
	j->large = calloc(MOST_LARGE, sizeof *j->large);
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
	free(j->large);
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
	if (rc == 0) {
		read_large(j);
		rc = j->late;
	}
	return rc;
}

static int run(struct verify_job *j, const struct pkg_manager *m)
{
	int rc = 0;

	errno = ENOMEM;
	if (!j || !j->items || !j->large || !j->order || !j->classes || !j->names)
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
