#include "target/ldso_own.h"

#include "base/path.h"

#include <string.h>

struct loading {
	struct ldso *l;
	ldso_lack_fn *fn;
	void *arg;
};

static int lacks(const struct loading *g, const struct ldso_lack *k)
{
	return g->fn(g->arg, k);
}

/* From now on the object answers to this name. */
static void answer(const struct ldso *l, uint32_t name, uint32_t object)
{
	struct ldso_text *t = ldso_text_at(l, name);

	if (t->epoch == l->epoch)
		return;
	t->epoch = l->epoch;
	t->object = object;
}

static void join(struct ldso *l, uint32_t object, uint32_t name, uint32_t by)
{
	struct ldso_object *o = ldso_at(l, object);
	struct ldso_loaded *to;

	answer(l, name, object);
	answer(l, o->soname, object);
	if (o->epoch == l->epoch || !(to = ldso_more(l, &l->loaded, 1)))
		return;
	o->epoch = l->epoch;
	o->loads += l->loaded.n > 1;
	*to = (struct ldso_loaded){object, by};
}

static bool is_loaded(const struct ldso *l, uint32_t name)
{
	return ldso_text_at(l, name)->epoch == l->epoch;
}

/* musl's C library is its loader, and knows no versions. */
static bool is_musl(const char *name)
{
	return str_starts(name, "libc.musl-") || !strcmp(name, "libc.so") ||
	       str_starts(name, "/lib/ld-musl-");
}

static int take_interpreter(const struct loading *g, uint32_t whom)
{
	struct ldso *l = g->l;
	uint32_t interp = ldso_at(l, whom)->interp, object;
	char path[sizeof((struct elf_info *)0)->interp];

	str_copy(path, sizeof path, ldso_string(l, interp));
	if (!*path)
		return 0;
	l->musl |= is_musl(path);
	if ((object = ldso_object_at(l, path)))
		join(l, object, interp, 0);
	else if (!path_exists(l->t.fd, path))
		return lacks(g, &(struct ldso_lack){LDSO_LOADER, whom, interp, 0});
	return 0;
}

static int take_needed(const struct loading *g, uint32_t nth, uint32_t whom, uint32_t name)
{
	struct ldso *l = g->l;
	enum ldso_found found;
	uint32_t object;

	l->musl |= is_musl(ldso_string(l, name));
	if (is_loaded(l, name) || !strcmp(ldso_string(l, name), "libc.so"))
		return 0;
	found = ldso_find(l, nth, name, &object);
	if (found == LDSO_FOUND || found == LDSO_UNCACHED)
		join(l, object, name, nth);
	if (found == LDSO_ABSENT || found == LDSO_UNCACHED)
		return lacks(g,
			     &(struct ldso_lack){found == LDSO_ABSENT ? LDSO_LIBRARY : LDSO_CACHE,
						 whom, name, 0});
	return 0;
}

static int take_all(const struct loading *g, uint32_t nth)
{
	struct ldso *l = g->l;
	uint32_t whom = ((struct ldso_loaded *)l->loaded.p)[nth].object, n;
	int rc = 0;

	if (ldso_at(l, whom)->damaged)
		return lacks(g, &(struct ldso_lack){LDSO_DAMAGED, whom, 0, 0});
	n = ldso_at(l, whom)->nneeded;
	for (uint32_t i = 0; !rc && i < n; i++) /* the words move */
		rc = take_needed(g, nth, whom, ldso_words(l, ldso_at(l, whom))[i]);
	return rc;
}

/* One without versions satisfies every want: the loader says so too. */
static bool defines(const struct ldso *l, const struct ldso_object *o, uint32_t version)
{
	const uint32_t *w = ldso_words(l, o) + o->nneeded + 2 * (size_t)o->nwanted;

	for (uint32_t i = 0; i < o->ndefined; i++)
		if (w[i] == version)
			return true;
	return !o->ndefined;
}

static int check_versions(const struct loading *g, uint32_t whom)
{
	const struct ldso *l = g->l;
	const struct ldso_object *o = ldso_at(l, whom);
	const uint32_t *w = ldso_words(l, o) + o->nneeded;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < o->nwanted; i++, w += 2) {
		uint32_t of = ldso_text_at(l, *w)->object;

		if (is_loaded(l, *w) && !defines(l, ldso_at(l, of), w[1]))
			rc = lacks(g, &(struct ldso_lack){LDSO_VERSION, whom, w[1], of});
	}
	return rc;
}

int ldso_load(struct ldso *l, uint32_t main, ldso_lack_fn *fn, void *arg)
{
	const struct loading g = {l, fn, arg};
	int rc;

	l->epoch++;
	l->loaded.n = 0;
	l->musl = false;
	join(l, main, 0, 0);
	rc = take_interpreter(&g, main);
	for (uint32_t i = 0; !rc && i < l->loaded.n; i++)
		rc = take_all(&g, i);
	for (uint32_t i = 0; !rc && !l->musl && i < l->loaded.n; i++)
		rc = check_versions(&g, ((struct ldso_loaded *)l->loaded.p)[i].object);
	return rc;
}

void ldso_reason(const struct ldso *l, const struct ldso_lack *k, struct buf *b)
{
	const char *name = ldso_string(l, k->name);

	switch (k->kind) {
	case LDSO_LOADER:
		buf_addf(b, "its loader %s is missing", name);
		break;
	case LDSO_DAMAGED:
		buf_adds(b, "damaged or unreadable");
		break;
	case LDSO_LIBRARY:
		buf_addf(b, "%s not found", name);
		break;
	case LDSO_CACHE:
		buf_addf(b,
			 "%s lies where only ld.so.cache leads, which does not know it: ldconfig",
			 name);
		break;
	case LDSO_VERSION:
		buf_addf(b, "wants %s, %s has none", name, ldso_string(l, ldso_at(l, k->of)->path));
		break;
	}
}
