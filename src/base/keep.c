#include "base/keep.h"

#include "base/change.h"
#include "base/log.h"
#include "base/trial_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST (1u << 20)

struct list {
	char **at;
	size_t n, cap;
};

struct keep {
	struct journal *j;
	bool others;
	struct list paths, watched; /* watched: a pattern in the last component */
	uint64_t *names;	    /* of what the watched folders held, sorted */
	size_t n, cap, sorted;	    /* behind them: what the program made */
	unsigned first;		    /* the first change that is the program's */
};

struct keep *keep_start(struct journal *j, bool others)
{
	struct keep *k = calloc(1, sizeof *k);

	if (k) {
		k->j = j;
		k->others = others;
	}
	return k;
}

static int push(struct list *l, const char *text)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		char **at = cap > MOST ? NULL : realloc(l->at, cap * sizeof *at);

		if (!at)
			return -1;
		l->at = at;
		l->cap = cap;
	}
	l->at[l->n] = strdup(text);
	return l->at[l->n] && ++l->n ? 0 : -1;
}

static void drop(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->at[i]);
	free(l->at);
}

/* What is the payload's own, or no part of the target for a program in a trial. */
static bool is_own(const char *path)
{
	bool own = trial_is_own(path);

	for (int i = 0; i < JOURNAL_PLACES; i++)
		own = own || (str_starts(path, journal_places[i]) &&
			      strchr("/", path[strlen(journal_places[i])]));
	return own;
}

/* --- folders: each entry of one that a pattern matches */

struct folder {
	struct keep *k;
	const char *dir, *pattern;
	int (*fn)(struct keep *k, const char *path);
};

static int each_entry(void *arg, int dirfd, const char *name)
{
	const struct folder *f = arg;
	char path[PATH_CAP];
	struct buf b = BUF_OF(path);

	(void)dirfd;
	if (!str_matches(name, f->pattern))
		return 0;
	buf_addf(&b, "%s/%s", f->dir, name);
	return b.cut || is_own(path) ? 0 : f->fn(f->k, path);
}

static int each_match(struct keep *k, const char *watched,
		      int (*fn)(struct keep *k, const char *path))
{
	char dir[PATH_CAP];
	char *slash;
	struct folder f = {k, dir, NULL, fn};

	str_copy(dir, sizeof dir, watched);
	slash = strrchr(dir, '/');
	*slash = '\0';
	f.pattern = slash + 1;
	if (path_each(k->j->rootfd, *dir ? dir : "/", each_entry, &f) == 0)
		return 0;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

static int add_path(struct keep *k, const char *path)
{
	return push(&k->paths, path);
}

/* Watch path's folder, under its real name, for what the pattern (a slash before it) matches. */
static int watch(struct keep *k, const char *path, const char *pattern)
{
	char dir[PATH_CAP], real[PATH_CAP];
	struct buf b = BUF_OF(real);

	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (path_real(k->j->rootfd, *dir ? dir : "/", real, sizeof real))
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	b.len = strlen(real);
	b.len -= b.len == 1;
	buf_adds(&b, pattern);
	for (size_t i = k->watched.n; i; i--)
		if (b.cut || !strcmp(k->watched.at[i - 1], real))
			return 0;
	return push(&k->watched, real);
}

int keep_add(struct keep *k, const char *path)
{
	const char *slash = strrchr(path, '/');

	errno = EINVAL;
	if (*path != '/' || !slash)
		return -1;
	if (is_own(path) || !slash[1] || !strcmp(slash, "/."))
		return 0;
	if (!strpbrk(slash, "*?"))
		return add_path(k, path);
	return watch(k, path, slash) || each_match(k, path, add_path) ? -1 : 0;
}

/* --- before */

/* FNV-1a: a name that collides with another's stays where it is, no more. */
static uint64_t name_of(const char *path)
{
	uint64_t h = 14695981039346656037u;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 1099511628211u;
	return h;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int note_name(struct keep *k, const char *path)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 1024;
		uint64_t *names = cap > MOST ? NULL : realloc(k->names, cap * sizeof *names);

		if (!names)
			return -1;
		k->names = names;
		k->cap = cap;
	}
	k->names[k->n++] = name_of(path);
	return 0;
}

/* What is below a folder comes before it: undone last to first, the folder is there again when its
 * content comes. */
static int deepest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

int keep_arm(struct keep *k)
{
	struct list *p = &k->paths;

	qsort(p->at, p->n, sizeof *p->at, deepest_first);
	for (size_t i = 0; !k->others && i < p->n; i++)
		if (watch(k, p->at[i], "/*"))
			return -1;
	for (size_t i = 0; i < k->watched.n; i++)
		if (each_match(k, k->watched.at[i], note_name))
			return -1;
	k->sorted = k->n;
	qsort(k->names, k->n, sizeof *k->names, by_number);
	k->first = k->j->next;
	for (size_t i = 0; i < p->n; i++)
		if ((!i || strcmp(p->at[i], p->at[i - 1])) && change_note(k->j, p->at[i], true))
			return -1;
	return (int)(k->j->next - k->first);
}

/* --- after */

/* A new name, and all below it, was made by the program. */
static int note_new(struct keep *k, const char *path)
{
	uint64_t h = name_of(path);
	char pattern[PATH_CAP];
	struct buf b = BUF_OF(pattern);
	struct stat st;

	if (k->sorted && bsearch(&h, k->names, k->sorted, sizeof h, by_number))
		return 0;
	for (size_t i = k->sorted; i < k->n; i++)
		if (k->names[i] == h)
			return 0;
	if (path_stat(k->j->rootfd, path, false, &st))
		return errno == ENOENT ? 0 : -1;
	if (change_note(k->j, path, false) || note_name(k, path))
		return -1;
	buf_addf(&b, "%s/*", path);
	return S_ISDIR(st.st_mode) && !b.cut ? each_match(k, pattern, note_new) : 0;
}

/* One keep line: what became of it? */
static int settle_one(struct keep *k, struct record *r)
{
	struct place p;
	int rc;

	if (place_open(&p, k->j->rootfd, r->path, false)) {
		memset(&r->now, 0, sizeof r->now);
		rc = errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	} else {
		rc = inode_read(p.dirfd, p.name, &r->now);
		place_close(&p);
	}
	if (rc)
		return -1;
	if (inode_same(&r->old, &r->now) && !journal_touched(r, &r->now))
		return journal_note(k->j, r->seq, "undone");
	str_copy(r->op, sizeof r->op, "kept");
	return journal_amend(k->j, r);
}

static int settle_all(struct keep *k)
{
	struct record *r = malloc(sizeof *r);
	const char *p, *line;
	char path[300];
	size_t len, n;
	char *text;
	int rc = 0;

	snprintf(path, sizeof path, "%s/journal", k->j->where);
	text = r ? path_slurp(k->j->rootfd, path, JOURNAL_MOST, &len) : NULL;
	if (!text) {
		free(r);
		return -1;
	}
	p = text;
	while (rc == 0 && line_next(&p, text + len, &line, &n))
		if (record_parse(line, n, r) && r->seq >= k->first && !strcmp(r->op, "keep"))
			rc = settle_one(k, r);
	free(r);
	path_release(text, len);
	return rc;
}

int keep_end(struct keep *k, bool proven)
{
	unsigned last;
	int rc = 0;

	if (!k)
		return 0;
	if (k->first) {
		last = k->j->next;
		rc = settle_all(k);
		for (size_t i = 0; i < k->watched.n; i++)
			rc |= each_match(k, k->watched.at[i], note_new);
		log_line("%u paths are kept, %u new ones were made", last - k->first,
			 k->j->next - last);
		if (!proven || rc) /* what is not recorded could never be undone */
			rc |= journal_undo_since(k->j, k->first);
		if (journal_note(k->j, 0, JOURNAL_SETTLED))
			rc = -1;
	}
	drop(&k->paths);
	drop(&k->watched);
	free(k->names);
	free(k);
	return rc ? -1 : 0;
}
