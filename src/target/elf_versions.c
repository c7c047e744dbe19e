#include "target/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define RECORDS 4096 /* no table is longer: a loop among hostile offsets ends */

struct view {
	const struct elf_file *f;
	const struct elf_tables *t;
	const struct elf_sink *sink;
	unsigned left;
};

/* Copy a record; every offset is checked before it is followed. */
static bool fetch(struct view *v, uint64_t at, void *dst, size_t n)
{
	if (!v->left || !elf_want(v->f, at, n)) {
		errno = EINVAL;
		return false;
	}
	v->left--;
	memcpy(dst, v->f->p + at, n);
	return true;
}

/* The string of the table at offset, NULL when it does not end inside. */
static const char *string(const struct view *v, uint64_t at)
{
	uint64_t end = v->t->strings + v->t->strings_size;
	const char *s = NULL;

	if (end >= v->t->strings && at < v->t->strings_size)
		s = elf_string(v->f, v->t->strings + at, end);
	if (!s)
		errno = EINVAL;
	return s;
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

int elf_file_versions(const struct elf_file *f, const struct elf_info *e,
		      const struct elf_sink *sink)
{
	struct view v = {.f = f, .t = &e->tables, .sink = sink, .left = RECORDS};
	int rc = defined(&v);

	return rc ? rc : wanted(&v);
}

int elf_versions(const void *data, size_t len, const struct elf_info *e,
		 const struct elf_sink *sink)
{
	return elf_file_versions(&(struct elf_file){.p = (unsigned char *)data, .len = len}, e,
				 sink);
}
