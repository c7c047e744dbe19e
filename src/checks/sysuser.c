#include "checks/sysuser.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_MOST 640

int sysuser_parse(const char *line, size_t len, const char *name, struct sysuser *u)
{
	struct {
		char *to;
		size_t cap;
	} words[] = {{(char[4]){0}, 4},		{(char[64]){0}, 64},
		     {u->id, sizeof u->id},	{u->gecos, sizeof u->gecos},
		     {u->home, sizeof u->home}, {u->shell, sizeof u->shell}};
	const char *p = line, *end = line + len;

	*u = (struct sysuser){0};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct buf b = {.p = words[i].to, .cap = words[i].cap};
		char quote = 0;

		while (p < end && strchr(" \t\r", *p))
			p++;
		for (; p < end && (quote || !strchr(" \t\r", *p)); p++)
			if (*p == quote)
				quote = 0;
			else if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else
				buf_add(&b, p, 1);
		if (b.cut || strpbrk(words[i].to, ":\n") != (i == 2 ? strchr(u->id, ':') : NULL))
			return -1;
		if (i > 1 && !strcmp(words[i].to, "-"))
			words[i].to[0] = '\0';
	}
	/* "u!" is a locked one */
	return words[0].to[0] == 'u' && !strcmp(words[1].to, name) ? 0 : -1;
}

bool sysuser_find(struct lines *l, const char *name, off_t *at, bool *ended)
{
	bool nis = false, last = true;

	*ended = true;
	while (lines_next(l)) {
		if (accounts_is_line_of(l->line, l->len, name))
			return true;
		if (!nis && l->len && strchr("+-", *l->line)) {
			nis = true;
			*at = l->at;
		}
		last = l->ended;
	}
	if (!nis) {
		*at = l->read;
		*ended = last;
	}
	return false;
}

/* --- who it was */

struct person {
	const struct target *t;
	const char *name;
	uid_t uid;
	gid_t gid;
	char rest[400]; /* uid:gid:gecos:home:shell */
	bool found;
};

/* Does another name's line of passwd or group have this id? */
static bool is_taken(const struct target *t, const char *file, const char *name, unsigned id)
{
	char text[16], own[64];
	bool taken = false;
	struct lines l;
	long have;

	if (lines_open(&l, t->fd, file))
		return true;
	while (!taken && lines_next(&l))
		taken =
		    accounts_copy_field(l.line, l.len, 2, text, sizeof text) == 0 &&
		    str_number(text, 0, UINT32_MAX, &have) == 0 && have == id &&
		    (accounts_copy_field(l.line, l.len, 0, own, sizeof own) || strcmp(own, name));
	taken |= l.error != 0;
	lines_close(&l);
	return taken;
}

static bool accept(struct person *p, long uid, long gid)
{
	p->uid = (uid_t)uid;
	p->gid = (gid_t)gid;
	return p->found = uid > 0 && gid > 0 && !is_taken(p->t, "/etc/passwd", p->name, p->uid);
}

static void from_backup(struct person *p)
{
	const char *ids;
	struct account a;
	struct lines l;
	size_t n;

	if (lines_open(&l, p->t->fd, "/etc/passwd-"))
		return;
	if (accounts_find(&l, p->name) && l.len < sizeof p->rest &&
	    accounts_parse_passwd(l.line, l.len, &a) == 0 &&
	    accounts_field(l.line, l.len, 2, &ids, &n) == 0) {
		snprintf(p->rest, sizeof p->rest, "%.*s", (int)(l.line + l.len - ids), ids);
		accept(p, a.uid, a.gid);
	}
	lines_close(&l);
}

/* "-" as id: whoever owns its home. */
static void from_line(struct person *p, const struct sysuser *u)
{
	const char *group = strchr(u->id, ':');
	long uid, gid;
	struct stat st;

	if (u->id[0]) {
		if (str_number(group ? "0" : u->id, 1, UINT32_MAX - 1, &uid))
			return;
		gid = uid;
	} else if (u->home[0] && path_stat(p->t->fd, u->home, true, &st) == 0) {
		uid = st.st_uid;
		gid = st.st_gid;
	} else {
		return;
	}
	snprintf(p->rest, sizeof p->rest, "%ld:%ld:%s:%s:%s", uid, gid, u->gecos,
		 u->home[0] ? u->home : "/", u->shell[0] ? u->shell : "/usr/sbin/nologin");
	accept(p, uid, gid);
}

static int each_conf(void *arg, int dirfd, const char *name)
{
	struct person *p = arg;
	char text[65536];
	ssize_t len = path_read(dirfd, name, text, sizeof text);
	const char *q = text, *line;
	struct sysuser u;
	size_t n;

	while (len > 0 && !p->found && line_next(&q, text + len, &line, &n))
		if (sysuser_parse(line, n, p->name, &u) == 0)
			from_line(p, &u);
	return p->found;
}

/* --- its lines */

static int put(struct journal *j, const char *file, const char *name, const char *line)
{
	char text[LINE_MOST + 2];
	struct buf b = BUF_OF(text);
	struct splice s = {.data = text};
	struct lines l;
	bool ended;
	int rc = 0;

	/* a system without gshadow, or one that is damaged: not this repair's */
	if (lines_open(&l, j->rootfd, file))
		return errno == ENOENT ? 0 : -1;
	if (!sysuser_find(&l, name, &s.at, &ended)) {
		buf_addf(&b, "%s%s\n", ended ? "" : "\n", line);
		s.len = b.len;
		errno = l.error;
		rc = l.error || file_splice(j, file, l.fd, &s, NULL) ? -1 : 0;
	}
	lines_close(&l);
	return rc;
}

int sysuser_restore(const struct target *t, struct journal *j, const char *name, char *why,
		    size_t cap)
{
	static const char dirs[][20] = {"/etc/sysusers.d", "/usr/lib/sysusers.d"};
	struct person p = {.t = t, .name = name};
	char line[4][LINE_MOST];

	from_backup(&p);
	for (int i = 0; i < 2 && !p.found; i++)
		path_each(t->fd, dirs[i], each_conf, &p);
	if (!p.found) {
		snprintf(why, cap, "neither passwd- nor sysusers.d says who %s was", name);
		return -1;
	}
	snprintf(line[0], LINE_MOST, "%s:!*:::::::", name);
	snprintf(line[1], LINE_MOST, "%s:!::", name);
	snprintf(line[2], LINE_MOST, "%s:x:%u:", name, p.gid);
	snprintf(line[3], LINE_MOST, "%s:x:%s", name, p.rest);
	if (put(j, "/etc/shadow", name, line[0]) || put(j, "/etc/gshadow", name, line[1]) ||
	    (!is_taken(t, "/etc/group", name, p.gid) && put(j, "/etc/group", name, line[2])) ||
	    put(j, "/etc/passwd", name, line[3])) {
		snprintf(why, cap, "%s: its lines cannot be written: %s", name, strerror(errno));
		return -1;
	}
	return 0;
}
