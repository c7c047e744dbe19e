#include "target/ldso_own.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <string.h>

struct search {
	struct ldso *l;
	const struct ldso_object *for_whom; /* its class and machine */
	const char *name;
};

/* --- one file */

/* Of another class or machine it is passed over, as the loader does; what is no ELF file ends the
 * search there. */
static enum ldso_found try_file(const struct search *s, const char *path, uint32_t *object)
{
	uint32_t i = ldso_object_at(s->l, path);
	int error = errno;
	const struct ldso_object *o = ldso_at(s->l, i);

	if (!i)
		return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EINVAL
			   ? LDSO_ABSENT
			   : LDSO_UNKNOWN;
	if (o->bits && (o->bits != s->for_whom->bits || o->machine != s->for_whom->machine))
		return LDSO_ABSENT;
	*object = i;
	return LDSO_FOUND;
}

/* --- an object's own path */

/* $ORIGIN replaced; of other words that begin with $ nothing is known. */
static bool expand(const struct ldso *l, const struct ldso_object *o, const char *dir, size_t n,
		   struct buf *b)
{
	static const char *const words[] = {"$ORIGIN", "${ORIGIN}"};

	for (size_t i = 0; i < n;) {
		size_t len = 0;

		for (unsigned k = 0; k < 2 && !len; k++)
			if (str_starts(dir + i, words[k]))
				len = strlen(words[k]);
		if (len)
			buf_adds(b, ldso_string(l, o->folder));
		else if (dir[i] == '$')
			return false;
		else
			buf_add(b, dir + i, len = 1);
		i += len;
	}
	return !b->cut;
}

static enum ldso_found search_list(const struct search *s, uint32_t owner, uint32_t list,
				   uint32_t *object)
{
	enum ldso_found best = LDSO_ABSENT, one;
	size_t at = 0, n;

	/* what is read in the meantime moves the texts */
	for (; ldso_string(s->l, list)[at]; at += n + (ldso_string(s->l, list)[at + n] == ':')) {
		const char *dir = ldso_string(s->l, list) + at;
		char path[PATH_CAP];
		struct buf b = BUF_OF(path);

		n = strcspn(dir, ":");
		if (!n)
			continue;
		if (!expand(s->l, ldso_at(s->l, owner), dir, n, &b)) {
			best = LDSO_UNKNOWN;
			continue;
		}
		buf_addf(&b, "/%s", s->name);
		one = b.cut ? LDSO_ABSENT : try_file(s, path, object);
		if (one == LDSO_FOUND)
			return one;
		best = one == LDSO_UNKNOWN ? one : best;
	}
	return best;
}

/* --- the system's folders */

/* In it every library stands with its whole path. */
static bool is_cached(const struct search *s)
{
	char tail[PATH_CAP];
	struct buf b = BUF_OF(tail);

	buf_addf(&b, "/%s", s->name);
	return s->l->cache && memmem(s->l->cache, s->l->cache_len, tail, b.len + 1);
}

static enum ldso_found search_folders(const struct search *s, const char *below, uint32_t *object)
{
	enum ldso_found best = LDSO_ABSENT, one;
	const struct libdirs *d = &s->l->dirs;
	char path[PATH_CAP];
	uint32_t found = 0;

	for (unsigned i = 0; i < d->n; i++) {
		struct buf b = BUF_OF(path);

		buf_addf(&b, "%s%s/%s", d->dir[i], below, s->name);
		one = b.cut ? LDSO_ABSENT : try_file(s, path, &found);
		if (one == LDSO_ABSENT || (one == LDSO_UNKNOWN && best != LDSO_ABSENT))
			continue;
		if (one == LDSO_UNKNOWN || best == LDSO_ABSENT)
			*object = found;
		if (one == LDSO_FOUND && (d->builtin[i] || is_cached(s))) {
			*object = found;
			return one;
		}
		best = one == LDSO_UNKNOWN ? one : LDSO_UNCACHED;
	}
	return best;
}

/* What is only there for some processors is believed to be for this one. */
static enum ldso_found search_system(const struct search *s, uint32_t *object)
{
	static const char *const hwcaps[] = {"/glibc-hwcaps/x86-64-v2", "/glibc-hwcaps/x86-64-v3",
					     "/glibc-hwcaps/x86-64-v4"};
	enum ldso_found found = search_folders(s, "", object);

	for (unsigned i = 0; i < 3 && found == LDSO_ABSENT; i++)
		found = search_folders(s, hwcaps[i], object);
	/* it may lie on what could not be mounted */
	return found == LDSO_ABSENT && s->l->t.nunknown && is_cached(s) ? LDSO_UNKNOWN : found;
}

/* --- each asked once */

static enum ldso_found ask(const struct search *s, uint32_t by, uint32_t *object)
{
	const struct ldso_object *o = ldso_at(s->l, by);

	if (!by)
		return search_system(s, object);
	return search_list(s, by, o->runpath ? o->runpath : o->rpath, object);
}

static enum ldso_found ask_once(struct ldso *l, struct ldso_place q, uint32_t *object)
{
	const struct ldso_object whom = *ldso_at(l, q.kind);
	char name[PATH_CAP];
	const struct search s = {l, &whom, name};
	uint32_t *head, hash;
	struct ldso_place *p;

	q.kind = (uint32_t)whom.bits << 16 | whom.machine;
	hash = (q.by * 2654435761u) ^ (q.name * 40503u) ^ q.kind;
	head = &l->places.bucket[(hash ^ hash >> 16) % LDSO_BUCKETS];
	for (uint32_t i = *head; i; i = p->next) {
		p = (struct ldso_place *)l->places.p + i;
		if (p->by == q.by && p->name == q.name && p->kind == q.kind) {
			*object = p->object;
			return p->found;
		}
	}
	q.object = 0;
	q.found = str_copy(name, sizeof name, ldso_string(l, q.name)) ? ask(&s, q.by, &q.object)
								      : LDSO_UNKNOWN;
	q.next = *head;
	if ((p = ldso_more(l, &l->places, 1))) {
		*p = q;
		*head = l->places.n - 1;
	}
	*object = q.object;
	return q.found;
}

static struct ldso_loaded *loaded(const struct ldso *l, uint32_t nth)
{
	return (struct ldso_loaded *)l->loaded.p + nth;
}

/* Its own path; DT_RPATH is that of all who have loaded it, too, unless it has a DT_RUNPATH. */
static enum ldso_found by_paths(struct ldso *l, uint32_t nth, uint32_t name, uint32_t *object)
{
	uint32_t whom = loaded(l, nth)->object;
	enum ldso_found best = LDSO_ABSENT, one;

	if (ldso_at(l, whom)->runpath)
		return ask_once(l, (struct ldso_place){.by = whom, .kind = whom, .name = name},
				object);
	for (;; nth = loaded(l, nth)->by) {
		uint32_t by = loaded(l, nth)->object;

		if (ldso_at(l, by)->rpath) {
			one = ask_once(l, (struct ldso_place){.by = by, .kind = whom, .name = name},
				       object);
			if (one == LDSO_FOUND)
				return one;
			best = one == LDSO_UNKNOWN ? one : best;
		}
		if (!nth)
			return best;
	}
}

enum ldso_found ldso_find(struct ldso *l, uint32_t nth, uint32_t name, uint32_t *object)
{
	uint32_t whom = loaded(l, nth)->object;
	enum ldso_found own, found;
	const char *text = ldso_string(l, name);

	if (strchr(text, '/')) {
		char path[PATH_CAP];
		const struct ldso_object o = *ldso_at(l, whom);

		return *text == '/' && str_copy(path, sizeof path, text)
			   ? try_file(&(struct search){l, &o, path}, path, object)
			   : LDSO_UNKNOWN;
	}
	own = by_paths(l, nth, name, object);
	if (own == LDSO_FOUND)
		return own;
	found = ask_once(l, (struct ldso_place){.kind = whom, .name = name}, object);
	return found == LDSO_ABSENT ? own : found;
}
