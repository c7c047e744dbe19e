#include "checks/sysuser.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST (4u << 20)
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

int sysuser_insert(const char *data, size_t len, const char *line, struct buf *dst)
{
	const char *p = data, *at = data + len, *next;
	size_t n;

	while (line_next(&p, data + len, &next, &n))
		if (n && strchr("+-", *next)) {
			at = next;
			break;
		}
	buf_add(dst, data, (size_t)(at - data));
	if (at > data && at[-1] != '\n')
		buf_adds(dst, "\n");
	buf_addf(dst, "%s\n", line);
	buf_add(dst, at, (size_t)(data + len - at));
	if (!dst->cut)
		return 0;
	errno = ENOSPC;
	return -1;
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
	size_t len, n;
	char *data = path_slurp(t->fd, file, FILE_MOST, &len), text[16], own[64];
	const char *p = data, *line;
	bool taken = !data;
	long have;

	while (data && line_next(&p, data + len, &line, &n))
		taken |= accounts_copy_field(line, n, 2, text, sizeof text) == 0 &&
			 str_number(text, 0, UINT32_MAX, &have) == 0 && have == id &&
			 (accounts_copy_field(line, n, 0, own, sizeof own) || strcmp(own, name));
	if (data)
		path_release(data, len);
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
	size_t len, at, end, n;
	char *data = path_slurp(p->t->fd, "/etc/passwd-", FILE_MOST, &len);
	const char *ids;
	struct account a;

	if (!data)
		return;
	if (accounts_line(data, len, p->name, &at, &end) == 0 && end - at < sizeof p->rest &&
	    accounts_parse_passwd(data + at, end - at, &a) == 0 &&
	    accounts_field(data + at, end - at, 2, &ids, &n) == 0) {
		snprintf(p->rest, sizeof p->rest, "%.*s", (int)(data + end - ids), ids);
		accept(p, a.uid, a.gid);
	}
	path_release(data, len);
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
	size_t len = 0, at, end;
	char *data = path_slurp(j->rootfd, file, FILE_MOST, &len);
	struct buf b = {.cap = len + LINE_MOST};
	int rc = -1;

	if (!data) /* a system without gshadow, or one that is damaged: not this repair's */
		return errno == ENOENT ? 0 : -1;
	if (accounts_line(data, len, name, &at, &end) == 0)
		rc = 0;
	else if ((b.p = malloc(b.cap)) && sysuser_insert(data, len, line, &b) == 0)
		rc = file_replace(j, file, b.p, b.len, NULL);
	if (b.p)
		explicit_bzero(b.p, b.cap);
	free(b.p);
	explicit_bzero(data, len);
	path_release(data, len);
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
