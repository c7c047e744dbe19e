#include "target/userdb_own.h"

#include "base/hash.h"
#include "target/accounts_text.h"
#include "target/shadow.h"

#include <string.h>

struct mend {
	struct userdb *db;
	enum userdb_kind kind;
	struct buf out;
	bool lossy; /* lines may be gone from it altogether */
};

static void add_line(struct mend *m, const char *line, size_t n)
{
	buf_add(&m->out, line, n);
	buf_adds(&m->out, "\n");
}

/* --- a damaged line, from what is left of it */

/* Do the files beside this one know the name? One that nobody knows is damaged itself. */
static bool is_known(const struct mend *m, const char *line, size_t name)
{
	static const enum userdb_kind peers[] = {USERDB_SHADOW, USERDB_PASSWD, USERDB_GSHADOW};
	const struct userdb *db = m->db;
	size_t len;

	return userdb_find_n(&db->now[peers[m->kind]], line, name, &len) ||
	       userdb_find_n(&db->old[peers[m->kind]], line, name, &len) ||
	       userdb_find_n(&db->old[m->kind], line, name, &len);
}

/* shadow's: the hash, when it is whole, and what numbers are; the usual for the others. */
static bool salvage_shadow(struct mend *m, const char *line, size_t n)
{
	static const char usual[][6] = {"", "0", "99999", "7", "", ""};
	unsigned fields = accounts_fields(line, n);
	char hash[HASH_CAP];
	const char *field;
	size_t len, marks;
	bool whole;

	/* one that is not ended may be cut; an empty one would open the account */
	if (fields < 3 || accounts_copy_field(line, n, 1, hash, sizeof hash) || !*hash)
		return false;
	marks = strspn(hash, "!*");
	whole = hash_identify(hash + marks) != HASH_NONE || (marks && !hash[marks]);
	if (whole)
		buf_addf(&m->out, "%.*s:%s", (int)userdb_name_length(line, n), line, hash);
	explicit_bzero(hash, sizeof hash);
	for (unsigned f = 2; whole && f <= 7; f++) {
		buf_adds(&m->out, ":");
		if (f + 1 < fields && !accounts_field(line, n, f, &field, &len) &&
		    userdb_is_number(field, len, true))
			buf_add(&m->out, field, len);
		else
			buf_adds(&m->out, usual[f - 2]);
	}
	if (whole)
		buf_adds(&m->out, ":\n");
	return whole;
}

/* passwd's and group's: the x, where it went or where its colon went with it. */
static bool salvage_x(struct mend *m, enum userdb_fault fault, const char *line, size_t n)
{
	size_t start = m->out.len, name = userdb_name_length(line, n), len;
	const char *field;

	if (accounts_field(line, n, 1, &field, &len) ||
	    (fault != USERDB_NO_X && !userdb_is_number(field, len, false)))
		return false;
	buf_add(&m->out, line, name);
	buf_adds(&m->out, ":x");
	if (fault == USERDB_NO_X)
		add_line(m, field + len, n - (size_t)(field + len - line));
	else
		add_line(m, line + name, n - name);
	if (!userdb_line_fault(m->kind, m->out.p + start, m->out.len - start - 1))
		return true;
	m->out.len = start;
	return false;
}

/* passwd's last line, cut short behind uid and gid: the usual for the rest. */
static bool salvage_cut(struct mend *m, const char *line, size_t n)
{
	const struct userdb_text *x = &m->db->now[USERDB_PASSWD];
	size_t name = userdb_name_length(line, n), start = m->out.len, len;
	const char *gecos, *password;

	/* whole again, an empty password field would let anybody in */
	if (accounts_field(line, n, 1, &password, &len) || !len)
		return false;
	if (line + n != x->data + x->len || accounts_fields(line, n) < 5 ||
	    !is_known(m, line, name) || accounts_field(line, n, 4, &gecos, &len))
		return false;
	buf_add(&m->out, line, (size_t)(gecos - line));
	buf_addf(&m->out, ":/home/%.*s:/bin/sh", (int)name, line);
	if (userdb_line_fault(USERDB_PASSWD, m->out.p + start, m->out.len - start)) {
		m->out.len = start;
		return false;
	}
	buf_adds(&m->out, "\n");
	return true;
}

static bool salvage(struct mend *m, enum userdb_fault fault, const char *line, size_t n)
{
	if (fault == USERDB_BYTES || fault == USERDB_CUT || m->kind == USERDB_GSHADOW ||
	    !is_known(m, line, userdb_name_length(line, n)))
		return false;
	return m->kind == USERDB_SHADOW ? salvage_shadow(m, line, n) : salvage_x(m, fault, line, n);
}

static void mend_line(struct mend *m, const char *line, size_t n)
{
	enum userdb_fault fault = userdb_fault_of(m->db, m->kind, line, n);
	size_t name = userdb_name_length(line, n), len;
	const char *other = userdb_find_n(&m->db->now[m->kind], line, name, &len);

	if (!fault) {
		add_line(m, line, n);
		return;
	}
	m->lossy |= fault != USERDB_TWICE && fault != USERDB_NO_X;
	if (fault == USERDB_TWICE || (other && other != line))
		return;
	if (salvage(m, fault, line, n))
		return;
	other = userdb_find_n(&m->db->old[m->kind], line, name, &len);
	if (other)
		add_line(m, other, len);
	else if (m->kind == USERDB_PASSWD && fault == USERDB_FIELDS)
		salvage_cut(m, line, n);
}

/* --- lines that are gone: from the older file, those that the files beside it still know */

/* One that was deleted on purpose is gone from both. */
static bool is_wanted(const struct mend *m, const char *line, size_t n)
{
	const struct userdb *db = m->db;
	size_t name = userdb_name_length(line, n), len;
	const struct userdb_text *gshadow = &db->now[USERDB_GSHADOW];
	const char *peer, *field;

	switch (m->kind) {
	case USERDB_SHADOW:
		peer = userdb_find_n(&db->now[USERDB_PASSWD], line, name, &len);
		return peer && !accounts_field(peer, len, 1, &field, &len) && len == 1 &&
		       *field == 'x';
	case USERDB_PASSWD:
		return (userdb_is_own(db, line, name) && (db->named || name == 4)) ||
		       (m->lossy && (userdb_find_n(&db->now[USERDB_SHADOW], line, name, &len) ||
				     (!db->now[USERDB_SHADOW].len &&
				      userdb_find_n(&db->old[USERDB_SHADOW], line, name, &len))));
	case USERDB_GROUP:
		return m->lossy && (!gshadow->len || userdb_find_n(gshadow, line, name, &len));
	default:
		return m->lossy && userdb_find_n(&db->now[USERDB_GROUP], line, name, &len);
	}
}

static void add_missing(struct mend *m)
{
	const struct userdb_text *old = &m->db->old[m->kind];
	const char *p = old->data, *line;
	size_t n, len;

	while (p && line_next(&p, old->data + old->len, &line, &n)) {
		size_t name = userdb_name_length(line, n);

		if (userdb_is_entry(line, n) && userdb_find_n(old, line, name, &len) == line &&
		    !userdb_find_n(&m->db->now[m->kind], line, name, &len) && is_wanted(m, line, n))
			add_line(m, line, n);
	}
}

/* The text so far is now the file's. */
static int take(struct mend *m, char *old, size_t cap)
{
	struct userdb_text *x = &m->db->now[m->kind];

	x->data = m->out.p;
	x->len = m->out.len;
	x->cap = m->out.cap;
	shadow_memory_release(old, cap);
	return userdb_index(x, m->kind);
}

/* Line by line into new memory, which becomes the file's. */
static int mend_lines(struct mend *m)
{
	struct userdb_text *x = &m->db->now[m->kind];
	const char *p = x->data, *line;
	size_t n;

	/* a line grows by few bytes; its shortest form is a letter */
	m->out = (struct buf){.cap = 12 * x->len + m->db->old[m->kind].len + 4096};
	m->out.p = shadow_memory(m->out.cap);
	if (!m->out.p)
		return -1;
	while (p && line_next(&p, x->data + x->len, &line, &n))
		mend_line(m, line, n);
	if (m->out.cut) {
		shadow_memory_release(m->out.p, m->out.cap);
		return -1;
	}
	return take(m, x->data, x->cap);
}

int userdb_mend(struct userdb *db, enum userdb_kind kind)
{
	struct mend m = {.db = db, .kind = kind, .lossy = !db->now[kind].len};

	/* the second time without what the first made twice */
	if (mend_lines(&m) || mend_lines(&m))
		return -1;
	add_missing(&m);
	if (m.out.cut || take(&m, NULL, 0))
		return -1;
	/* an older line may lack the x that shadow has a lock or hash for by now */
	return mend_lines(&m);
}

int userdb_add(struct userdb *db, enum userdb_kind kind, const char *line)
{
	struct userdb_text *x = &db->now[kind];
	struct mend m = {db, kind, {.p = x->data, .len = x->len, .cap = x->cap}, false};

	add_line(&m, line, strlen(line));
	return m.out.cut ? -1 : take(&m, NULL, 0);
}
