#include "target/capture.h"

#include "base/buf.h"
#include "base/inode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOPS 8

struct manifest {
	int fd; /* the folder */
	char *data;
	size_t len;
};

static int load(const struct target *t, struct manifest *m)
{
	m->data = NULL;
	errno = ENOENT;
	m->fd = t->capture[0] ? open(t->capture, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (m->fd < 0)
		return -1;
	m->data = path_slurp(m->fd, "/manifest", 1u << 20, &m->len);
	if (m->data)
		return 0;
	close(m->fd);
	return -1;
}

static void unload(struct manifest *m)
{
	int error = errno;

	path_release(m->data, m->len);
	close(m->fd);
	errno = error;
}

struct entry {
	const char *line;
	size_t len;
	char path[300];
};

/* The next line that says kind, with its key's value as path. */
static bool next(const struct manifest *m, const char **at, const char *key, struct entry *e)
{
	struct buf b = BUF_OF(e->path);

	while (line_next(at, m->data + m->len, &e->line, &e->len))
		if (field_get(e->line, e->len, key, &b))
			return true;
	return false;
}

static int lookup(const struct manifest *m, const char *path, struct entry *e)
{
	const char *at = m->data;

	while (next(m, &at, "path", e))
		if (!strcmp(e->path, path))
			return 0;
	errno = ENOENT;
	return -1;
}

/* Under the name given, under that of its resolved directory, with and without /usr in front. */
static int lookup_any(const struct target *t, const struct manifest *m, const char *given,
		      struct entry *e)
{
	char path[300], name[PATH_CAP + 300];
	char *slash;

	if (!str_copy(path, sizeof path, given) || !(slash = strrchr(path, '/'))) {
		errno = ENOENT;
		return -1;
	}
	if (!lookup(m, path, e))
		return 0;
	*slash = '\0';
	if (!path_real(t->fd, *path ? path : "/", name, PATH_CAP)) {
		snprintf(name + strlen(name), 300, "/%s", slash + 1);
		if (!lookup(m, name, e))
			return 0;
	}
	*slash = '/';
	if (str_starts(path, "/usr/"))
		return lookup(m, path + 4, e);
	snprintf(name, sizeof name, "/usr%s", path);
	return lookup(m, name, e);
}

static bool parse_file(const struct entry *e, struct capture_copy *c, char sum[DIGEST_HEX])
{
	char mode[12] = "", *end;
	struct buf m = BUF_OF(mode), s = {.p = sum, .cap = DIGEST_HEX};
	unsigned long long uid, gid;

	if (!field_get(e->line, e->len, "mode", &m) || !field_get(e->line, e->len, "sha256", &s) ||
	    !field_number(e->line, e->len, "uid", &uid) ||
	    !field_number(e->line, e->len, "gid", &gid))
		return false;
	c->mode = (mode_t)strtoul(mode, &end, 8);
	c->uid = (uid_t)uid;
	c->gid = (gid_t)gid;
	return m.len && !*end && !(c->mode & ~07777u);
}

/* Is the file in the folder the one the manifest speaks of? */
static bool is_intact(const struct manifest *m, const char *path, const char *sum)
{
	int fd = path_open(m->fd, path, O_RDONLY | O_NOFOLLOW, 0);
	char now[DIGEST_HEX];
	struct stat st;
	bool ok = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && !digest_fd(fd, now) &&
		  !strcmp(now, sum);

	if (fd >= 0)
		close(fd);
	return ok;
}

static int describe(const struct target *t, const struct manifest *m, const struct entry *e,
		    struct capture_copy *c)
{
	struct buf to = BUF_OF(c->to);
	char sum[DIGEST_HEX] = "";

	memset(c, 0, sizeof *c);
	c->link = field_get(e->line, e->len, "to", &to);
	if (c->link)
		return 0;
	snprintf(c->file, sizeof c->file, "%.200s%s", t->capture, e->path);
	if (parse_file(e, c, sum) && is_intact(m, e->path, sum))
		return 0;
	errno = EBADMSG;
	return -1;
}

void capture_choose(struct target *t)
{
	static const char own[] = JOURNAL_DIR "/capture";
	char real[PATH_CAP], manifest[300];

	snprintf(manifest, sizeof manifest, "%s/manifest", t->capture);
	if (t->capture[0] && !access(manifest, F_OK))
		return;
	/* no symlink may lead it elsewhere: the folder is opened from outside */
	if (!path_real(t->fd, own, real, sizeof real) && !strcmp(real, own))
		snprintf(t->capture, sizeof t->capture, "%s%s", strcmp(t->root, "/") ? t->root : "",
			 own);
}

int capture_find(const struct target *t, const char *path, struct capture_copy *c)
{
	struct manifest m;
	struct entry e;
	int rc;

	if (load(t, &m))
		return -1;
	rc = lookup_any(t, &m, path, &e) ? -1 : describe(t, &m, &e, c);
	unload(&m);
	return rc;
}

bool capture_hop(char path[300], const char *to)
{
	char *slash = strrchr(path, '/');

	if (*to == '/')
		return str_copy(path, 300, to);
	while (slash && str_starts(to, "../")) {
		*slash = '\0';
		slash = strrchr(path, '/');
		to += 3;
	}
	return slash && str_copy(slash + 1, 300 - (size_t)(slash + 1 - path), to);
}

int capture_follow(const struct target *t, const char *path, struct capture_copy *c)
{
	struct manifest m;
	struct entry e;
	int rc = -1, hops = HOPS;

	if (load(t, &m))
		return -1;
	str_copy(e.path, sizeof e.path, path);
	while (hops-- && !(rc = lookup_any(t, &m, e.path, &e) ? -1 : describe(t, &m, &e, c)) &&
	       c->link)
		if (!capture_hop(e.path, c->to))
			hops = 0;
	unload(&m);
	if (rc || !c->link)
		return rc;
	errno = ELOOP;
	return -1;
}

char *capture_slurp(const struct target *t, const char *path, size_t max, size_t *len)
{
	struct capture_copy c;
	char *data = NULL;
	int fd, error;

	if (capture_follow(t, path, &c))
		return NULL;
	fd = open(t->capture, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	data = path_slurp(fd, c.file + strlen(t->capture), max, len);
	error = errno;
	close(fd);
	errno = error;
	return data;
}

/* The folders above path, where they are gone too. */
static int make_parents(const struct target *t, struct journal *j, const char *path)
{
	static const struct file_attr attr = {.set_mode = true, .mode = 0755};
	char dir[300];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(p - path), path);
		if (!path_exists(t->fd, dir) && file_mkdir(j, dir, &attr))
			return -1;
	}
	return 0;
}

static int put_file(struct journal *j, const struct capture_copy *c, const char *path)
{
	struct file_attr attr = {true, true, c->mode, c->uid, c->gid};
	int fd = open(c->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -1 : file_install(j, path, fd, &attr), error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return rc;
}

int capture_adopt(const struct target *t, struct journal *j, const char *path)
{
	struct capture_copy c = {.link = true};
	struct manifest m;
	struct entry e;
	int rc = load(t, &m), hops = HOPS;

	if (rc)
		return -1;
	str_copy(e.path, sizeof e.path, path);
	do {
		rc = lookup_any(t, &m, e.path, &e) || describe(t, &m, &e, &c) ||
			     make_parents(t, j, e.path)
			 ? -1
			 : 0;
		if (!rc)
			rc = c.link ? file_symlink(j, e.path, c.to) : put_file(j, &c, e.path);
	} while (!rc && c.link && capture_hop(e.path, c.to) && !path_exists(t->fd, e.path) &&
		 --hops);
	unload(&m);
	return rc;
}

int capture_each(const struct target *t, int (*fn)(void *arg, const char *path), void *arg)
{
	struct manifest m;
	struct entry e;
	const char *at;
	int rc = load(t, &m);

	if (rc)
		return -1;
	at = m.data;
	while (!rc && next(&m, &at, "path", &e))
		rc = fn(arg, e.path);
	unload(&m);
	return rc;
}

int capture_fact(const struct target *t, const char *name, char *dst, size_t cap)
{
	struct buf value = {.p = dst, .cap = cap};
	struct manifest m;
	struct entry e;
	const char *at;
	int rc = -1;

	if (load(t, &m))
		return -1;
	at = m.data;
	while (rc && next(&m, &at, "name", &e))
		if (!strcmp(e.path, name) && field_get(e.line, e.len, "value", &value))
			rc = 0;
	unload(&m);
	if (rc)
		errno = ENOENT;
	return rc;
}
