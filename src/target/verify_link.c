#include "target/verify_own.h"

#include "base/clock.h"
#include "target/ldso_own.h"

#include <stdlib.h>
#include <string.h>

#define ABIS 8

/* Something that an object lacks, and what fails with it. */
struct fault {
	struct ldso_lack k;
	uint32_t next;
	bool own; /* it lacks it by itself, not only when some others load it */
	enum verify_class breaks;
	uint32_t worst, others; /* a program or library that fails with it, of the worst class; how
				   many there are */
	uint32_t culprit; /* whose package repairs it: a path, or the bare name of what is gone */
	uint32_t pkg;
	bool sure; /* pkg is the culprit's, not the object's own */
};

struct abi {
	int bits;
	unsigned machine, n;
	bool usable; /* its loader is there */
};

struct verify_links {
	const struct verify_classes *classes;
	struct ldso *l;
	struct ldso_pool faults;
	struct abi abis[ABIS];
	uint32_t main;
	enum verify_class breaks; /* what main's loss breaks; VERIFY_CLASSES: not asked yet */
};

static struct fault *fault_at(const struct verify_links *k, uint32_t i)
{
	return (struct fault *)k->faults.p + i;
}

static const char *path_of(const struct ldso *l, uint32_t object)
{
	return ldso_string(l, ldso_at(l, object)->path);
}

static const char *name_in(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* --- judging */

static uint32_t culprit_of(const struct ldso *l, const struct ldso_lack *k)
{
	if (k->kind == LDSO_VERSION)
		return ldso_at(l, k->of)->path;
	return k->kind == LDSO_DAMAGED ? ldso_at(l, k->who)->path : k->name;
}

static struct fault *fault_of(struct verify_links *k, const struct ldso_lack *lack)
{
	uint32_t *head = &k->faults.bucket[lack->who % LDSO_BUCKETS];
	struct fault *f;

	for (uint32_t i = *head; i; i = f->next) {
		f = fault_at(k, i);
		if (!memcmp(&f->k, lack, sizeof *lack))
			return f;
	}
	if (!(f = ldso_more(k->l, &k->faults, 1)))
		return NULL;
	*f = (struct fault){
	    .k = *lack, .next = *head, .breaks = VERIFY_CLASSES, .culprit = culprit_of(k->l, lack)};
	*head = k->faults.n - 1;
	return f;
}

static int note(void *arg, const struct ldso_lack *lack)
{
	struct verify_links *k = arg;
	struct fault *f = fault_of(k, lack);

	if (k->breaks == VERIFY_CLASSES)
		k->breaks = verify_class_of(k->classes, path_of(k->l, k->main));
	if (!f)
		return 0;
	if (lack->who == k->main)
		f->own = true;
	else if (!f->others++ || k->breaks < f->breaks)
		f->worst = k->main;
	f->breaks = k->breaks < f->breaks ? k->breaks : f->breaks;
	return 0;
}

static struct abi *abi_of(struct verify_links *k, const struct ldso_object *o)
{
	struct abi *a = k->abis;

	while (a < k->abis + ABIS - 1 && a->n && (a->bits != o->bits || a->machine != o->machine))
		a++;
	a->bits = o->bits;
	a->machine = o->machine;
	return a;
}

/* Those of another machine (a compiler's, an emulator's) are nothing that this one loads: only the
 * most common kind, and those whose loader is there, are judged. */
static void count_abis(struct verify_links *k)
{
	struct abi *most = k->abis;
	uint32_t n = k->l->objects.n;

	for (uint32_t i = 1; i < n; i++) {
		const struct ldso_object o = *ldso_at(k->l, i);
		struct abi *a = abi_of(k, &o);

		a->n++;
		most = a->n > most->n && o.bits ? a : most;
		if (!a->usable && o.interp) {
			char interp[sizeof((struct elf_info *)0)->interp];

			str_copy(interp, sizeof interp, ldso_string(k->l, o.interp));
			a->usable = ldso_object_at(k->l, interp) != 0;
		}
	}
	most->usable = true;
}

static bool judge(struct verify_links *k, int64_t deadline)
{
	uint32_t n = k->l->objects.n;

	count_abis(k);
	for (k->main = 1; k->main < n; k->main++) {
		const struct ldso_object *o = ldso_at(k->l, k->main);

		if (clock_ms() >= deadline)
			return false;
		k->breaks = VERIFY_CLASSES;
		if (!o->bits || abi_of(k, o)->usable)
			ldso_load(k->l, k->main, note, k);
	}
	return !k->l->full;
}

/* --- the packages */

/* What to ask of each path of the database, quickly. */
static void mark(struct ldso *l, uint32_t path)
{
	const char *name = name_in(ldso_string(l, path));
	char copy[256];
	uint32_t text;

	if (str_copy(copy, sizeof copy, name) && (text = ldso_text(l, copy, strlen(copy))))
		ldso_text_at(l, text)->epoch = UINT32_MAX;
}

/* Behind the last slash is the name; a folder below /usr is the one beside it, too. */
static bool in_libdirs(const struct ldso *l, const char *path)
{
	size_t n = (size_t)(name_in(path) - path);

	for (unsigned i = 0; n && i < l->dirs.n; i++)
		if (pkg_same_file(path, n - 1, l->dirs.dir[i]))
			return true;
	return false;
}

void verify_links_own(struct verify_links *k, const char *pkg, const char *path)
{
	uint32_t text = k && k->faults.n > 1 ? ldso_known(k->l, name_in(path)) : 0;

	if (!text || ldso_text_at(k->l, text)->epoch != UINT32_MAX)
		return;
	for (uint32_t i = 1; i < k->faults.n; i++) {
		struct fault *f = fault_at(k, i);
		const char *culprit = ldso_string(k->l, f->culprit);
		bool his = *culprit == '/' ? pkg_same_file(path, strlen(path), culprit)
					   : f->culprit == text && in_libdirs(k->l, path);

		if (f->sure ||
		    (!his && !pkg_same_file(path, strlen(path), path_of(k->l, f->k.who))))
			continue;
		f->pkg = ldso_text(k->l, pkg, strlen(pkg));
		f->sure = his;
	}
}

/* --- what is said */

/* Somewhere else there is such a library: a launcher's, or a program's that loads its plugins. */
static bool is_elsewhere(const struct ldso *l, const struct ldso_lack *lack)
{
	const struct ldso_object *who = ldso_at(l, lack->who);

	for (uint32_t i = 1; i < l->objects.n; i++) {
		const struct ldso_object *o = ldso_at(l, i);
		const char *path = ldso_string(l, o->path);

		if (o->bits == who->bits && o->machine == who->machine &&
		    (o->soname == lack->name ||
		     !strcmp(name_in(path), ldso_string(l, lack->name))) &&
		    !in_libdirs(l, path))
			return true;
	}
	return false;
}

/* What it lacks comes by another way: from what loads it, or from a launcher's path; for the latter
 * there is no proof, and where much depends on it none is believed. */
static bool is_noted(const struct ldso *l, const struct fault *f)
{
	return f->k.kind == LDSO_LIBRARY && is_elsewhere(l, &f->k) &&
	       (f->breaks == VERIFY_REST || ldso_at(l, f->k.who)->loads > f->others);
}

static void say(const struct verify_links *k, const struct fault *f, struct buf *b)
{
	const struct ldso *l = k->l;
	uint32_t others = f->own ? f->others : f->others - 1, named = f->own && others ? 1 : 0;

	if (!f->own)
		buf_addf(b, "%s: ", path_of(l, f->k.who));
	ldso_reason(l, &f->k, b);
	if (named)
		buf_addf(b, "; with it fails %s", path_of(l, f->worst));
	if (others > named)
		buf_addf(b, "%s%u more", named ? " and " : "; with it fail ", others - named);
}

void verify_links_tell(const struct verify_links *k, struct verify *v)
{
	for (uint32_t i = 1; k && i < k->faults.n; i++) {
		const struct fault *f = fault_at(k, i);
		char detail[1024];
		struct buf b = BUF_OF(detail);
		struct verify_note n = {.breaks = f->breaks,
					.fault = VERIFY_LINKAGE,
					.pkg =
					    ldso_string(k->l, f->k.kind == LDSO_CACHE ? 0 : f->pkg),
					.path = path_of(k->l, f->own ? f->k.who : f->worst),
					.detail = detail};

		say(k, f, &b);
		if (is_noted(k->l, f))
			n.breaks = VERIFY_NOTED;
		verify_add(v, &n);
	}
}

/* --- the whole */

/* What was read by its deadline is judged, too. False: not all could be. */
static bool look(struct verify_links *k, int64_t start, int64_t left)
{
	bool all = ldso_walk(k->l, start + left / 4 * 3);

	return judge(k, start + left) && all;
}

struct verify_links *verify_links_open(struct verify_job *j)
{
	int64_t start = clock_ms(), left = (j->v->deadline - start) / 2;
	struct verify_links *k = calloc(1, sizeof *k);

	if (!k || !(k->l = ldso_open(j->t))) {
		free(k);
		return NULL;
	}
	k->classes = j->classes;
	k->faults.each = sizeof(struct fault);
	k->faults.bucket = calloc(LDSO_BUCKETS, sizeof *k->faults.bucket);
	if (!k->faults.bucket || !ldso_more(k->l, &k->faults, 1) || !look(k, start, left))
		j->blind = true;
	for (uint32_t i = 1; i < k->faults.n; i++) {
		mark(k->l, fault_at(k, i)->culprit);
		mark(k->l, ldso_at(k->l, fault_at(k, i)->k.who)->path);
	}
	j->v->objects = k->l->objects.n - 1;
	j->v->linkage_ms = clock_ms() - start;
	return k;
}

void verify_links_close(struct verify_links *k)
{
	if (!k)
		return;
	ldso_close(k->l);
	free(k->faults.p);
	free(k->faults.bucket);
	free(k);
}
