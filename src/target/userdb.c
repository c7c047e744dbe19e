#include "target/userdb.h"

#include "base/path.h"
#include "target/accounts_text.h"
#include "target/shadow.h"
#include "target/userdb_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char userdb_paths[USERDB_KINDS][13] = {"/etc/passwd", "/etc/shadow", "/etc/group",
					     "/etc/gshadow"};

static const struct {
	unsigned char least, most, first, last; /* fields; those that are numbers */
	bool may_be_empty;			/* these */
} forms[USERDB_KINDS] = {
    {7, 7, 2, 3, false}, {9, 9, 2, 7, true}, {3, 4, 2, 2, false}, {4, 4, 9, 0, false}};

const char *userdb_fault_name(enum userdb_fault f)
{
	static const char names[][36] = {"sound",
					 "no newline at its end",
					 "nothing in it, or no file",
					 "bytes no such file holds",
					 "a wrong number of fields",
					 "a field that is no number",
					 "no x for the hash in /etc/shadow",
					 "a line that was cut short",
					 "a second line of the same name",
					 "no line"};

	return names[f];
}

/* --- one line */

/* A comment, a NIS line, a blank one: no entry, and no fault. */
bool userdb_is_entry(const char *line, size_t n)
{
	size_t i = 0;

	while (i < n && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
		i++;
	return i < n && !strchr("#+-", line[i] ? line[i] : 'x');
}

size_t userdb_name_length(const char *line, size_t n)
{
	size_t i = 0;

	while (i < n && line[i] != ':' && line[i])
		i++;
	return i;
}

bool userdb_is_number(const char *s, size_t n, bool may_be_empty)
{
	if (n && *s == '-' && may_be_empty) /* -1 for never, as some write it */
		s++, n--, may_be_empty = false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n ? n <= 10 : may_be_empty;
}

enum userdb_fault userdb_line_fault(enum userdb_kind kind, const char *line, size_t n)
{
	const char *field;
	unsigned fields;
	size_t len;

	if (!userdb_is_entry(line, n))
		return USERDB_SOUND;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t' && line[i] != '\r')
			return USERDB_BYTES;
	fields = accounts_fields(line, n);
	if (*line == ':' || fields < forms[kind].least || fields > forms[kind].most)
		return USERDB_FIELDS;
	for (unsigned f = forms[kind].first; f <= forms[kind].last; f++)
		if (accounts_field(line, n, f, &field, &len) ||
		    !userdb_is_number(field, len, forms[kind].may_be_empty))
			return USERDB_VALUE;
	return USERDB_SOUND;
}

/* --- the index: names to lines, whatever their number */

static size_t slot_of(const struct userdb_text *x, const char *name, size_t n)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	for (i = h % x->nslots; x->slots[i]; i = (i + 1) % x->nslots) {
		const char *line = x->data + x->slots[i] - 1;
		size_t left = x->len - (x->slots[i] - 1);

		if (left > n && !memcmp(line, name, n) && line[n] == ':')
			break;
	}
	return i;
}

int userdb_index(struct userdb_text *x, enum userdb_kind kind)
{
	const char *p = x->data, *line;
	size_t n, lines = 1;

	shadow_memory_release((char *)x->slots, x->nslots * sizeof *x->slots);
	while (p && line_next(&p, x->data + x->len, &line, &n))
		lines++;
	x->nslots = 2 * lines;
	x->slots = (uint32_t *)(void *)shadow_memory(x->nslots * sizeof *x->slots);
	if (!x->slots)
		return -1;
	for (p = x->data; p && line_next(&p, x->data + x->len, &line, &n);) {
		size_t i;

		if (!userdb_is_entry(line, n) || userdb_line_fault(kind, line, n))
			continue;
		i = slot_of(x, line, userdb_name_length(line, n));
		if (!x->slots[i])
			x->slots[i] = (uint32_t)(line - x->data) + 1;
	}
	return 0;
}

const char *userdb_find_n(const struct userdb_text *x, const char *name, size_t n, size_t *len)
{
	const char *line, *end;
	size_t i;

	if (!x->slots || !n)
		return NULL;
	i = slot_of(x, name, n);
	if (!x->slots[i])
		return NULL;
	line = x->data + x->slots[i] - 1;
	end = memchr(line, '\n', x->len - (size_t)(line - x->data));
	*len = (size_t)((end ? end : x->data + x->len) - line);
	return line;
}

const char *userdb_find(const struct userdb_text *x, const char *name, size_t *len)
{
	return userdb_find_n(x, name, strlen(name), len);
}

/* --- the eight files */

int userdb_unknown(int error)
{
	return error == ENOENT || error == EINVAL || error == ELOOP ? 0 : error;
}

static int load(struct userdb_text *x, const struct target *t, enum userdb_kind kind, bool old)
{
	static const char masters[][36] = {"/usr/share/base-passwd/group.master",
					   "/usr/share/baselayout/group"};
	char path[16];

	snprintf(path, sizeof path, "%s%s", userdb_paths[kind], old ? "-" : "");
	x->data = path_slurp(t->fd, path, USERDB_WHOLE, &x->len);
	/* what a system is born with holds no secret and no person */
	for (unsigned i = 0; old && kind == USERDB_GROUP && !x->data && i < 2; i++)
		x->data = path_slurp(t->fd, masters[i], USERDB_WHOLE, &x->len);
	x->cap = x->len + 1; /* as mapped */
	/* too large, or a disk that fails: no word about it */
	x->unknown = x->data ? 0 : userdb_unknown(errno);
	if (!x->data)
		x->len = x->cap = 0;
	return userdb_index(x, kind);
}

static bool is_large(const struct target *t)
{
	bool large = false;
	char path[16];
	struct stat st;

	for (unsigned k = 0; k < 2 * USERDB_KINDS; k++) {
		snprintf(path, sizeof path, "%s%s", userdb_paths[k / 2], k % 2 ? "-" : "");
		large |= !path_stat(t->fd, path, true, &st) && S_ISREG(st.st_mode) &&
			 st.st_size > USERDB_WHOLE;
	}
	return large;
}

int userdb_load(struct userdb *db, const struct target *t)
{
	int rc = 0;

	if (is_large(t))
		return userdb_load_reduced(db, t);
	for (unsigned k = 0; k < USERDB_KINDS; k++)
		rc |= load(&db->now[k], t, k, false) | load(&db->old[k], t, k, true);
	return rc;
}

static void release(struct userdb_text *x)
{
	shadow_memory_release(x->data, x->cap);
	shadow_memory_release((char *)x->slots, x->nslots * sizeof *x->slots);
	*x = (struct userdb_text){0};
}

void userdb_release(struct userdb *db)
{
	for (unsigned k = 0; k < USERDB_KINDS; k++) {
		release(&db->now[k]);
		release(&db->old[k]);
		shadow_memory_release(db->was[k].data, db->was[k].len);
		free(db->was[k].lines);
		db->was[k] = (struct userdb_was){0};
	}
}

/* --- a line among the others */

/* The same line goes on in the older file, and here the file ends. */
static bool is_cut(const struct userdb *db, enum userdb_kind kind, const char *line, size_t n)
{
	const struct userdb_text *x = &db->now[kind];
	const char *old;
	size_t len;

	if (line + n != x->data + x->len)
		return false;
	old = userdb_find_n(&db->old[kind], line, userdb_name_length(line, n), &len);
	return old && len > n && !memcmp(old, line, n);
}

/* An empty password field beside a line in shadow that has a hash or a lock. */
static bool lacks_x(const struct userdb *db, const char *line, size_t n)
{
	const char *field, *shadow;
	size_t len;

	if (accounts_field(line, n, 1, &field, &len) || len)
		return false;
	shadow = userdb_find_n(&db->now[USERDB_SHADOW], line, userdb_name_length(line, n), &len);
	return shadow && !accounts_field(shadow, len, 1, &field, &len) && len;
}

enum userdb_fault userdb_fault_of(const struct userdb *db, enum userdb_kind kind, const char *line,
				  size_t n)
{
	enum userdb_fault f = userdb_line_fault(kind, line, n);
	size_t len;

	if (f || !userdb_is_entry(line, n))
		return f;
	if (userdb_find_n(&db->now[kind], line, userdb_name_length(line, n), &len) != line)
		return USERDB_TWICE;
	if (is_cut(db, kind, line, n))
		return USERDB_CUT;
	return kind == USERDB_PASSWD && lacks_x(db, line, n) ? USERDB_NO_X : USERDB_SOUND;
}

/* --- the judgement */

bool userdb_is_own(const struct userdb *db, const char *name, size_t n)
{
	return (n == 4 && !memcmp(name, "root", 4)) ||
	       (n && n == strlen(db->user) && !memcmp(name, db->user, n));
}

static void note(const struct userdb *db, struct userdb_damage *d, const struct userdb_damage *one,
		 const char *name)
{
	size_t n = name ? strlen(name) : 0;

	d->n++;
	if (d->n > 1 && (d->own || !one->own) && d->fault != USERDB_TAIL)
		return;
	d->fault = one->fault;
	d->line = one->line;
	d->own = one->own || userdb_is_own(db, name ? name : "", n);
	str_copy(d->name, sizeof d->name, name ? name : "");
	for (char *p = d->name; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
}

static void judge_line(const struct userdb *db, enum userdb_kind kind, const char *line, size_t n,
		       struct userdb_damage *one, struct userdb_damage *d)
{
	char name[33];
	size_t len = userdb_name_length(line, n);

	one->fault = userdb_fault_of(db, kind, line, n);
	if (!one->fault)
		return;
	one->own = userdb_is_own(db, line, len);
	snprintf(name, sizeof name, "%.*s", (int)(len < 32 ? len : 32), line);
	note(db, d, one, name);
}

/* Lines that ought to be there: shadow's of who may log in; root's and the named user's passwd
 * line. */
static void judge_missing(const struct userdb *db, enum userdb_kind kind, struct userdb_damage *d)
{
	const struct userdb_text *passwd = &db->now[USERDB_PASSWD];
	const char *p = passwd->data, *line;
	struct userdb_damage one = {.fault = USERDB_MISSING};
	struct account a;
	size_t n;

	if (kind == USERDB_PASSWD) {
		one.own = true;
		if (!userdb_find(passwd, "root", &n))
			note(db, d, &one, "root");
		if (db->named && !userdb_find(passwd, db->user, &n) &&
		    (userdb_find(&db->old[kind], db->user, &n) ||
		     userdb_find(&db->now[USERDB_SHADOW], db->user, &n)))
			note(db, d, &one, db->user);
		return;
	}
	while (kind == USERDB_SHADOW && p && line_next(&p, passwd->data + passwd->len, &line, &n)) {
		if (!userdb_is_entry(line, n) || accounts_parse_passwd(line, n, &a) ||
		    !a.in_shadow || !accounts_login_shell(a.shell) ||
		    userdb_find(&db->now[kind], a.name, &n))
			continue;
		one.own = userdb_is_own(db, a.name, strlen(a.name));
		note(db, d, &one, a.name);
	}
}

/* Nothing in it where something has to be. */
static bool is_lost(const struct userdb *db, enum userdb_kind kind)
{
	const struct userdb_text *x = &db->now[kind], *passwd = &db->now[USERDB_PASSWD];
	const char *p = passwd->data, *line;
	struct account a;
	size_t n;

	if (x->len || x->unknown)
		return false;
	if (kind == USERDB_GSHADOW) /* grpunconv takes it away; an empty one it does not make */
		return x->data && db->old[kind].len;
	if (kind != USERDB_SHADOW)
		return true;
	while (p && line_next(&p, passwd->data + passwd->len, &line, &n))
		if (userdb_is_entry(line, n) && !accounts_parse_passwd(line, n, &a) && a.in_shadow)
			return true;
	return false;
}

void userdb_judge(const struct userdb *db, enum userdb_kind kind, struct userdb_damage *d)
{
	const struct userdb_text *x = &db->now[kind];
	const char *p = x->data, *line;
	struct userdb_damage one = {0};
	size_t n;

	*d = (struct userdb_damage){0};
	if (x->unknown)
		return;
	if (is_lost(db, kind)) {
		one = (struct userdb_damage){.fault = USERDB_EMPTY, .own = true};
		note(db, d, &one, NULL);
		return;
	}
	while (p && line_next(&p, x->data + x->len, &line, &n)) {
		one.line++;
		judge_line(db, kind, line, n, &one, d);
	}
	judge_missing(db, kind, d);
	if (!d->n && x->len && x->data[x->len - 1] != '\n') {
		one = (struct userdb_damage){.fault = USERDB_TAIL, .line = one.line};
		note(db, d, &one, NULL);
	}
}
