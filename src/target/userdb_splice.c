#include "target/userdb_own.h"

#include "base/file.h"
#include "target/shadow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

unsigned userdb_line_number(const struct userdb *db, enum userdb_kind kind, unsigned line)
{
	const struct userdb_was *w = &db->was[kind];

	return line && line <= w->n ? w->lines[line - 1].number : line;
}

struct changes {
	struct splice *list;
	unsigned n;
	off_t end; /* of the file, as far as its lines are known */
};

static void change(struct changes *c, off_t at, size_t drop, const char *data, size_t len)
{
	struct splice *last = c->n ? &c->list[c->n - 1] : NULL;

	if (!drop && !len)
		return;
	if (last)
		last->next = &c->list[c->n];
	c->list[c->n++] = (struct splice){.at = at, .drop = drop, .data = data, .len = len};
}

/* Is the mended text's next line the one that a line which was read became? It bears its name, as
 * long as no sound line of this name comes further down: that one stays, and this one went. */
static bool became(const struct userdb_text *before, const char *line, size_t n, const char *to,
		   size_t to_len)
{
	size_t name = userdb_name_length(line, n), len;
	const char *sound;

	if (n == to_len && !memcmp(line, to, n))
		return true;
	if (!name || !userdb_is_entry(line, n) || userdb_name_length(to, to_len) != name ||
	    memcmp(line, to, name) != 0)
		return false;
	sound = userdb_find_n(before, line, name, &len);
	return !sound || sound <= line;
}

/* The mended text is what became of each line, in their order, and behind that what was missing. */
static void list_changes(const struct userdb_was *w, const struct userdb_text *before,
			 const struct userdb_text *x, struct changes *c)
{
	const char *p = w->data, *to = x->data, *end = to + x->len, *line, *next, *now;
	size_t n, len;
	bool same = true;

	for (unsigned i = 0; i < w->n && line_next(&p, w->data + w->len, &line, &n); i++) {
		next = to;
		same = false;
		c->end = w->lines[i].at + w->lines[i].len;
		if (!line_next(&next, end, &now, &len) || !became(before, line, n, now, len)) {
			change(c, w->lines[i].at, w->lines[i].len, NULL, 0);
			continue;
		}
		same = n == len && !memcmp(line, now, n);
		if (!same)
			change(c, w->lines[i].at, w->lines[i].len, to, (size_t)(next - to));
		to = next;
	}
	/* the file's last line is among those that were read */
	if (same && w->n && w->data[w->len - 1] != '\n')
		change(c, c->end, 0, "\n", 1);
	change(c, c->end, 0, to, (size_t)(end - to));
}

struct splice *userdb_splices(const struct userdb *db, enum userdb_kind kind)
{
	const struct userdb_was *w = &db->was[kind];
	struct userdb_text before = {.data = w->data, .len = w->len};
	struct changes c = {.list = calloc((size_t)w->n + 2, sizeof *c.list)};

	if (!c.list || userdb_index(&before, kind)) {
		free(c.list);
		errno = ENOMEM;
		return NULL;
	}
	list_changes(w, &before, &db->now[kind], &c);
	shadow_memory_release((char *)before.slots, before.nslots * sizeof *before.slots);
	return c.list;
}
