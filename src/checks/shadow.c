#include "checks/families.h"

#include "base/path.h"
#include "target/accounts_text.h"
#include "target/shadow.h"
#include "target/userdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct userdb *load(const struct check_context *c)
{
	struct userdb *db = calloc(1, sizeof *db);

	if (!db)
		return NULL;
	db->user = c->user ? c->user : "";
	db->named = c->named;
	if (!userdb_load(db, c->t))
		return db;
	userdb_release(db);
	free(db);
	return NULL;
}

static void report(struct check_context *c, const struct userdb *db, enum userdb_kind kind,
		   const struct userdb_damage *d)
{
	struct cause cause = {"shadow-damaged", SEVERITY_WARNING, BLOCKS_NOBODY,
			      "phase 3 mends it by what is left, then from the same file with a -"};
	char line[24] = "", more[40] = "";

	if (d->fault == USERDB_TAIL) {
		cause.severity = SEVERITY_NOTE;
		cause.action = "it harms nobody";
	} else if (kind <= USERDB_SHADOW && d->own) {
		cause.severity = SEVERITY_ERROR;
		cause.blocks = d->fault == USERDB_EMPTY ? BLOCKS_EVERYONE : BLOCKS_USER;
	}
	if (d->line)
		snprintf(line, sizeof line, " line %u", userdb_line_number(db, kind, d->line));
	if (d->n > 1)
		snprintf(more, sizeof more, ", and %u more%s", d->n - 1,
			 db->more ? " at least" : "");
	if (db->more)
		cause.action = "too many to mend here: not touched";
	check_found(c, &cause, "%s%s: %s%s%s%s", userdb_paths[kind], line,
		    userdb_fault_name(d->fault), *d->name ? ": " : "", d->name, more);
}

/* Too large, or on a disk that fails: that no fault was seen in it says nothing. */
static void report_unknown(struct check_context *c, enum userdb_kind kind, int error)
{
	static const struct cause cause = {"shadow-damaged", SEVERITY_WARNING, BLOCKS_NOBODY,
					   "not touched: look at it yourself"};

	check_found(c, &cause, "%s: %s: what it says is not known", userdb_paths[kind],
		    strerror(error));
}

/* A group of thousands may well have one. */
static void report_cut(struct check_context *c, enum userdb_kind kind, unsigned line)
{
	static const struct cause cause = {"shadow-damaged", SEVERITY_NOTE, BLOCKS_NOBODY,
					   "not touched: look at it yourself"};

	check_found(c, &cause, "%s line %u: too long to be looked at", userdb_paths[kind], line);
}

void detect_damaged(struct check_context *c)
{
	struct userdb *db = load(c);
	struct userdb_damage d;

	for (unsigned k = 0; db && k < USERDB_KINDS; k++) {
		if (db->now[k].unknown)
			report_unknown(c, k, db->now[k].unknown);
		else if (db->now[k].cut_line)
			report_cut(c, k, db->now[k].cut_line);
		userdb_judge(db, k, &d);
		if (d.n)
			report(c, db, k, &d);
	}
	if (db)
		userdb_release(db);
	free(db);
}

/* --- lines no older file has */

/* A person's passwd line from the home that bears the name. */
static int rebuild_person(const struct target *t, struct userdb *db, const char *name,
			  const char *shell)
{
	char home[80], line[420];
	struct stat st;

	snprintf(home, sizeof home, "/home/%s", name);
	if (strchr(name, '/') || path_stat(t->fd, home, false, &st) || !S_ISDIR(st.st_mode) ||
	    st.st_uid < ACCOUNT_PEOPLE)
		return 0;
	snprintf(line, sizeof line, "%s:x:%u:%u::%s:%s", name, (unsigned)st.st_uid,
		 (unsigned)st.st_gid, home, shell);
	return userdb_add(db, USERDB_PASSWD, line);
}

struct rebuild {
	const struct target *t;
	struct userdb *db;
	const char *torn; /* passwd as it was found */
	size_t torn_len;
	bool lossy;
	char shell[256];
};

/* Who has a hash in this shadow and a home: where a line was lost, or for the named user. An older
 * shadow may know somebody who was deleted: there a rest of the line must be left. */
static int rebuild_people(struct rebuild *r, const struct userdb_text *shadow, bool old)
{
	const char *p = shadow->data, *line;
	struct account a = {0};
	char name[64];
	size_t n, len, end;
	int rc = 0;

	while (!rc && p && line_next(&p, shadow->data + shadow->len, &line, &n)) {
		if (accounts_copy_field(line, n, 0, name, sizeof name) ||
		    userdb_find(shadow, name, &len) != line ||
		    userdb_find(&r->db->now[USERDB_PASSWD], name, &len) ||
		    (old && accounts_line(r->torn, r->torn_len, name, &len, &end)))
			continue;
		accounts_parse_shadow(line, n, &a);
		if ((r->lossy && a.method != HASH_NONE && !a.locked) ||
		    (r->db->named && !strcmp(name, r->db->user)))
			rc = rebuild_person(r->t, r->db, name, r->shell);
	}
	return rc;
}

/* Root's line and people's, where no older passwd has them. */
static int rebuild_passwd(const struct target *t, struct userdb *db, bool lossy)
{
	struct rebuild r = {.t = t, .db = db, .lossy = lossy};
	char root[300], *torn = NULL;
	size_t len;
	int rc = 0;

	if (!home_shell(t, r.shell, sizeof r.shell))
		str_copy(r.shell, sizeof r.shell, "/bin/sh");
	snprintf(root, sizeof root, "root:x:0:0:root:/root:%s", r.shell);
	if (!userdb_find(&db->now[USERDB_PASSWD], "root", &len))
		rc = userdb_add(db, USERDB_PASSWD, root);
	r.torn = db->was[USERDB_PASSWD].data;
	r.torn_len = db->was[USERDB_PASSWD].len;
	if (!r.torn)
		r.torn = torn =
		    path_slurp(t->fd, userdb_paths[USERDB_PASSWD], USERDB_WHOLE, &r.torn_len);
	rc |= rebuild_people(&r, &db->now[USERDB_SHADOW], false);
	if (r.torn)
		rc |= rebuild_people(&r, &db->old[USERDB_SHADOW], true);
	shadow_release(torn, r.torn_len);
	return rc;
}

/* root's group and the user's own. */
static int rebuild_group(const struct target *t, struct userdb *db)
{
	struct account a;
	const char *bad;
	char line[100];
	size_t len;

	snprintf(line, sizeof line, "root:x:0:");
	if (!userdb_find(&db->now[USERDB_GROUP], "root", &len) &&
	    userdb_add(db, USERDB_GROUP, line))
		return -1;
	if (!*db->user || accounts_get(t, db->user, &a, &bad) ||
	    userdb_find(&db->now[USERDB_GROUP], a.name, &len))
		return 0;
	snprintf(line, sizeof line, "%s:x:%u:", a.name, (unsigned)a.gid);
	return userdb_add(db, USERDB_GROUP, line);
}

/* Attributes: the file's own, or its older one's, no wider than such a file may be. */
static int put(const struct check_context *c, enum userdb_kind kind, const struct userdb_text *x)
{
	bool secret = kind == USERDB_SHADOW || kind == USERDB_GSHADOW;
	struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = secret ? 0600 : 0644};
	const char *path = userdb_paths[kind];
	char old[16];
	struct stat st;

	if (!path_stat(c->t->fd, path, true, &st) && S_ISREG(st.st_mode))
		return file_replace(c->journal, path, x->data, x->len, NULL);
	snprintf(old, sizeof old, "%s-", path);
	if (!path_stat(c->t->fd, old, true, &st)) {
		attr.mode = st.st_mode & (secret ? 0640 : 0644);
		attr.uid = st.st_uid;
		attr.gid = st.st_gid;
	}
	return file_replace(c->journal, path, x->data, x->len, &attr);
}

/* The lines that changed, among all those nobody looked at a second time. */
static int put_lines(const struct check_context *c, const struct userdb *db, enum userdb_kind kind)
{
	const char *path = userdb_paths[kind];
	int fd = path_open_regular(c->t->fd, path);
	struct splice *list = userdb_splices(db, kind);
	int rc = fd >= 0 && list ? file_splice(c->journal, path, fd, list, NULL) : -1;

	free(list);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int mend(const struct check_context *c, struct userdb *db, enum userdb_kind kind)
{
	struct userdb_damage before, after;
	bool lossy, better;

	userdb_judge(db, kind, &before);
	if (!before.n || before.fault == USERDB_TAIL)
		return 0;
	if (db->more)
		return -1;
	lossy = before.fault != USERDB_NO_X && before.fault != USERDB_TWICE &&
		before.fault != USERDB_MISSING;
	if (userdb_mend(db, kind) || (kind == USERDB_PASSWD && rebuild_passwd(c->t, db, lossy)) ||
	    (kind == USERDB_GROUP && lossy && rebuild_group(c->t, db)))
		return -1;
	userdb_judge(db, kind, &after);
	/* whoever is in it can log in: better than a file that nobody is in */
	better =
	    after.n < before.n || (before.fault == USERDB_EMPTY && after.fault != USERDB_EMPTY);
	if (!db->now[kind].len || !better)
		return -1;
	if (db->was[kind].data ? put_lines(c, db, kind) : put(c, kind, &db->now[kind]))
		return -1;
	return after.n ? -1 : 0;
}

int repair_damaged(struct check_context *c)
{
	struct userdb *db = load(c);
	int rc = db ? 0 : -1;

	for (unsigned k = 0; db && k < USERDB_KINDS; k++)
		rc |= mend(c, db, k);
	if (db)
		userdb_release(db);
	free(db);
	return rc;
}
