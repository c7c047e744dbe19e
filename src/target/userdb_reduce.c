#include "target/userdb_own.h"

#include "base/digest.h"
#include "base/lines.h"
#include "base/path.h"
#include "target/accounts_text.h"
#include "target/shadow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHOSEN (1u << 16) /* slots of a table, half of which may be used */
#define PAIRS (1u << 18)
#define PARTS 64u
#define SEEN (1u << 25) /* bits */
#define PLACES 4

struct table {
	uint64_t *slot; /* 0: free */
	unsigned slots, n;
};
struct reduce {
	struct userdb *db;
	const struct target *t;
	uint64_t key[2];
	struct table chosen, pairs;
	unsigned char *seen;
};

/* --- names, as numbers that nobody can foresee */

/* Even, and never 0: the lowest bit is for the side it stands on. */
static uint64_t number_of(const struct reduce *r, const char *name, size_t n)
{
	uint64_t h = r->key[0] ^ n, part;

	for (size_t i = 0; i < n; i += sizeof part) {
		part = 0;
		memcpy(&part, name + i, n - i < sizeof part ? n - i : sizeof part);
		h = (h ^ part) * (r->key[1] | 1);
		h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
		h ^= h >> 32;
	}
	return (h | 2) & ~(uint64_t)1;
}

static unsigned home_of(const struct table *t, uint64_t x)
{
	return (unsigned)(x >> 1) % t->slots;
}

/* Where x is, or else the free slot it would take. */
static unsigned slot_of(const struct table *t, uint64_t x)
{
	unsigned i = home_of(t, x);

	while (t->slot[i] && t->slot[i] != x)
		i = (i + 1) % t->slots;
	return i;
}

static bool add(struct table *t, uint64_t x)
{
	unsigned i = slot_of(t, x);

	if (t->slot[i])
		return true;
	if (t->n == t->slots / 2)
		return false;
	t->slot[i] = x;
	t->n++;
	return true;
}

/* Those behind it move up, so that each is still found from its home. */
static void take(struct table *t, unsigned i)
{
	unsigned hole = i, home;

	t->n--;
	for (;;) {
		i = (i + 1) % t->slots;
		if (!t->slot[i])
			break;
		home = home_of(t, t->slot[i]);
		if ((i - home) % t->slots < (i - hole) % t->slots)
			continue;
		t->slot[hole] = t->slot[i];
		hole = i;
	}
	t->slot[hole] = 0;
}

static void choose(struct reduce *r, uint64_t x)
{
	if (!add(&r->chosen, x))
		r->db->more = true;
}

/* Was it there before? Sometimes yes where no is true: then a sound line is looked at, no more. */
static bool was_seen(struct reduce *r, uint64_t x)
{
	uint32_t at = (uint32_t)x, step = (uint32_t)(x >> 32) | 1;
	bool all = true;

	for (int i = 0; i < PLACES; i++, at += step) {
		unsigned bit = (at >> 1) % SEEN;

		all = all && r->seen[bit / 8] & 1u << bit % 8;
		r->seen[bit / 8] |= (unsigned char)(1u << bit % 8);
	}
	return all;
}

/* --- which lines it takes to judge and mend them all */

static const char *path_of(char path[16], enum userdb_kind kind, bool old)
{
	snprintf(path, 16, "%s%s", userdb_paths[kind], old ? "-" : "");
	return path;
}

static uint64_t line_number_of(const struct reduce *r, const struct lines *l)
{
	return number_of(r, l->line, userdb_name_length(l->line, l->len));
}

/* Of one file: the lines that are faulty or may be, and its last one. */
static void choose_faulty(struct reduce *r, enum userdb_kind kind)
{
	struct userdb_text *x = &r->db->now[kind];
	uint64_t name = 0;
	const char *field;
	struct lines l;
	size_t n;

	if (x->unknown || lines_open(&l, r->t->fd, userdb_paths[kind]))
		return;
	memset(r->seen, 0, SEEN / 8);
	while (lines_next(&l)) {
		if (l.cut) {
			x->cut_line = x->cut_line ? x->cut_line : l.number;
			continue;
		}
		name = line_number_of(r, &l);
		if (!userdb_is_entry(l.line, l.len))
			continue;
		if (was_seen(r, name) || userdb_line_fault(kind, l.line, l.len) ||
		    (kind == USERDB_PASSWD && !accounts_field(l.line, l.len, 1, &field, &n) && !n))
			choose(r, name);
	}
	if (name)
		choose(r, name);
	x->unknown = l.error;
	lines_close(&l);
}

/* Names of one file and of another cancel each other out; in files of the same order few wait for
 * their other half at any time. False: too many do. */
static bool pair(struct reduce *r, uint64_t name, unsigned side)
{
	unsigned i = slot_of(&r->pairs, name | !side);

	if (!r->pairs.slot[i])
		return add(&r->pairs, name | side);
	take(&r->pairs, i);
	return true;
}

struct side {
	enum userdb_kind kind;
	bool old;
};

/* The names of this part of parts that one of the two files has and the other has not. */
static bool compare_part(struct reduce *r, const struct side of[2], unsigned part, unsigned parts)
{
	struct lines *l = calloc(2, sizeof *l);
	bool fits = l, more[2] = {false, false};
	char path[16];

	memset(r->pairs.slot, 0, PAIRS * sizeof *r->pairs.slot);
	r->pairs.n = 0;
	for (unsigned i = 0; l && i < 2; i++)
		more[i] = !lines_open(&l[i], r->t->fd, path_of(path, of[i].kind, of[i].old));
	while (fits && (more[0] || more[1]))
		for (unsigned i = 0; fits && i < 2; i++) {
			uint64_t name;

			more[i] = more[i] && lines_next(&l[i]);
			if (!more[i] || l[i].cut || !userdb_is_entry(l[i].line, l[i].len))
				continue;
			name = line_number_of(r, &l[i]);
			if ((name >> 40) % parts == part)
				fits = pair(r, name, i);
		}
	for (unsigned i = 0; l && i < 2; i++)
		lines_close(&l[i]);
	free(l);
	return fits;
}

static void compare(struct reduce *r, struct side a, struct side b)
{
	const struct side of[2] = {a, b};
	unsigned parts = 1;

	for (unsigned part = 0; part < parts && !r->db->more; part++) {
		if (!compare_part(r, of, part, parts)) {
			parts *= 2; /* from the first one again: what was chosen stays chosen */
			part = UINT32_MAX;
			r->db->more = parts > PARTS;
			continue;
		}
		for (unsigned i = 0; i < PAIRS; i++)
			if (r->pairs.slot[i])
				choose(r, r->pairs.slot[i] & ~(uint64_t)1);
	}
}

/* --- those lines */

static bool append(struct userdb_text *x, const struct lines *l)
{
	if (x->cap - x->len <= l->len)
		return false;
	memcpy(x->data + x->len, l->line, l->len);
	x->len += l->len;
	if (l->ended)
		x->data[x->len++] = '\n';
	return true;
}

static int note_origin(struct userdb_was *w, const struct lines *l)
{
	if (w->n % 1024 == 0) {
		struct userdb_origin *more = realloc(w->lines, (w->n + 1024) * sizeof *more);

		if (!more)
			return -1;
		w->lines = more;
	}
	w->lines[w->n++] = (struct userdb_origin){l->at, (unsigned)(l->len + l->ended), l->number};
	return 0;
}

static void shrink(struct userdb_text *x)
{
	char *p = mremap(x->data, x->cap, x->len + 1, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return;
	x->data = p;
	x->cap = x->len + 1;
}

/* was: NULL of an older file. */
static int collect(struct reduce *r, const struct side *of, struct userdb_text *x,
		   struct userdb_was *was)
{
	struct lines l;
	char path[16];
	int rc = 0;

	if (x->unknown || lines_open(&l, r->t->fd, path_of(path, of->kind, of->old)))
		return 0;
	x->cap = USERDB_WHOLE;
	x->data = shadow_memory(x->cap);
	rc = x->data ? 0 : -1;
	while (!rc && lines_next(&l)) {
		uint64_t name = line_number_of(r, &l);

		if (l.cut || !r->chosen.slot[slot_of(&r->chosen, name)])
			continue;
		if (!append(x, &l))
			r->db->more = true;
		else if (was)
			rc = note_origin(was, &l);
	}
	x->unknown = l.error ? l.error : x->cut_line && !x->len ? EMSGSIZE : 0;
	lines_close(&l);
	if (x->data) /* what was never touched need not be wiped */
		shrink(x);
	if (!rc && was && x->len) {
		was->len = x->len;
		was->data = shadow_memory(was->len);
		rc = was->data ? 0 : -1;
		if (!rc)
			memcpy(was->data, x->data, x->len);
	}
	return rc;
}

static void find_unknown(struct reduce *r)
{
	struct lines l;
	char path[16];

	for (unsigned k = 0; k < USERDB_KINDS; k++)
		for (unsigned old = 0; old < 2; old++) {
			struct userdb_text *x = old ? &r->db->old[k] : &r->db->now[k];

			if (lines_open(&l, r->t->fd, path_of(path, k, old)))
				x->unknown = userdb_unknown(errno);
			lines_close(&l);
		}
}

static int reduce(struct reduce *r)
{
	struct side a, b;

	choose(r, number_of(r, "root", 4));
	choose(r, number_of(r, r->db->user, strlen(r->db->user)));
	find_unknown(r);
	for (unsigned k = 0; k < USERDB_KINDS; k++)
		choose_faulty(r, k);
	compare(r, (struct side){USERDB_PASSWD, false}, (struct side){USERDB_SHADOW, false});
	for (unsigned k = 0; k < USERDB_KINDS; k++)
		if (path_exists(r->t->fd, path_of((char[16]){""}, k, true)))
			compare(r, (struct side){k, true}, (struct side){k, false});
	for (unsigned k = 0; k < USERDB_KINDS; k++) {
		a = (struct side){k, false};
		b = (struct side){k, true};
		if (collect(r, &a, &r->db->now[k], &r->db->was[k]) ||
		    collect(r, &b, &r->db->old[k], NULL) || userdb_index(&r->db->now[k], k) ||
		    userdb_index(&r->db->old[k], k))
			return -1;
	}
	return 0;
}

int userdb_load_reduced(struct userdb *db, const struct target *t)
{
	struct reduce *r = calloc(1, sizeof *r);
	int rc = -1;

	if (!r)
		return -1;
	r->db = db;
	r->t = t;
	random_bytes(r->key, sizeof r->key);
	r->seen = calloc(1, SEEN / 8);
	r->chosen.slots = CHOSEN;
	r->chosen.slot = calloc(CHOSEN, sizeof *r->chosen.slot);
	r->pairs.slots = PAIRS;
	r->pairs.slot = calloc(PAIRS, sizeof *r->pairs.slot);
	if (r->seen && r->chosen.slot && r->pairs.slot)
		rc = reduce(r);
	free(r->pairs.slot);
	free(r->chosen.slot);
	free(r->seen);
	free(r);
	return rc;
}
