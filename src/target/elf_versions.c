#include "target/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define RECORDS 4096 /* no table is longer: a loop among hostile offsets ends */

struct view {
	const unsigned char *p;
	size_t len;
	const struct elf_tables *t;
	const struct elf_sink *sink;
	unsigned left;
};

/* Copy a record; every offset is checked before it is followed. */
static bool fetch(struct view *v, uint64_t at, void *dst, size_t n)
{
	if (!v->left || at > v->len || n > v->len - at) {
		errno = EINVAL;
		return false;
	}
	v->left--;
	memcpy(dst, v->p + at, n);
	return true;
}

/* The string of the table at offset, NULL when it does not end inside. */
static const char *string(const struct view *v, uint64_t at)
{
	uint64_t end = v->t->strings + v->t->strings_size;

	if (end > v->len)
		end = v->len;
	if (end < v->t->strings || at >= end - v->t->strings ||
	    !memchr(v->p + v->t->strings + at, '\0', end - v->t->strings - at)) {
		errno = EINVAL;
		return NULL;
	}
	return (const char *)v->p + v->t->strings + at;
}

static int say(const struct view *v, const char *file, uint64_t name, bool weak)
{
	struct elf_version one = {.file = file, .name = string(v, name), .weak = weak};

	return one.name ? v->sink->fn(v->sink->arg, &one) : -1;
}

/* The versions wanted of one library. */
static int wanted_of(struct view *v, uint64_t at, const Elf64_Verneed *need)
{
	const char *file = string(v, need->vn_file);
	Elf64_Vernaux aux = {.vna_next = need->vn_aux};

	if (!file)
		return -1;
	for (unsigned i = 0; i < need->vn_cnt; i++) {
		int rc;

		at += aux.vna_next;
		if (!fetch(v, at, &aux, sizeof aux))
			return -1;
		rc = say(v, file, aux.vna_name, aux.vna_flags & VER_FLG_WEAK);
		if (rc)
			return rc;
		if (!aux.vna_next)
			break;
	}
	return 0;
}

static int wanted(struct view *v)
{
	uint64_t at = v->t->wanted;
	Elf64_Verneed need;

	for (uint64_t i = 0; at && i < v->t->nwanted; i++) {
		int rc = fetch(v, at, &need, sizeof need) ? wanted_of(v, at, &need) : -1;

		if (rc)
			return rc;
		if (!need.vn_next)
			break;
		at += need.vn_next;
	}
	return 0;
}

static int defined(struct view *v)
{
	uint64_t at = v->t->defined;
	Elf64_Verdef def;
	Elf64_Verdaux aux;

	for (uint64_t i = 0; at && i < v->t->ndefined; i++) {
		int rc = -1;

		if (fetch(v, at, &def, sizeof def) && fetch(v, at + def.vd_aux, &aux, sizeof aux))
			rc = say(v, NULL, aux.vda_name, false);
		if (rc)
			return rc;
		if (!def.vd_next)
			break;
		at += def.vd_next;
	}
	return 0;
}

int elf_versions(const void *data, size_t len, const struct elf_info *e,
		 const struct elf_sink *sink)
{
	struct view v = {.p = data, .len = len, .t = &e->versions, .sink = sink, .left = RECORDS};
	int rc = defined(&v);

	return rc ? rc : wanted(&v);
}
