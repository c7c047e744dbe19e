#include "target/init.h"
#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"
#include "target/ldso.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF_MAX 65536

const struct display_manager display_managers[] = {
    {"sddm", "/usr/bin/sddm", "sddm"},
    {"gdm3", "/usr/sbin/gdm3", "gdm-password"},
    {"gdm", "/usr/bin/gdm", "gdm-password"},
    {"gdm", "/usr/sbin/gdm", "gdm-password"},
    {"lightdm", "/usr/sbin/lightdm", "lightdm"},
    {"lightdm", "/usr/bin/lightdm", "lightdm"},
    {"lxdm", "/usr/sbin/lxdm", "lxdm"},
    {"lxdm", "/usr/bin/lxdm", "lxdm"},
    {"xdm", "/usr/bin/xdm", "xdm"},
    {"xdm", "/usr/sbin/xdm", "xdm"},
    {"greetd", "/usr/bin/greetd", "greetd"},
    {"greetd", "/usr/sbin/greetd", "greetd"},
    {NULL, NULL, NULL},
};

const struct init_system *const init_systems[] = {&init_systemd, &init_runit, &init_openrc,
						  &init_sysv, NULL};

const struct display_manager *display_manager_named(const struct target *t, const char *name)
{
	const struct display_manager *first = NULL;

	for (const struct display_manager *dm = display_managers; dm->name; dm++)
		if (!strcmp(dm->name, name)) {
			if (path_exists(t->fd, dm->binary))
				return dm;
			first = first ? first : dm;
		}
	return first;
}

const struct init_system *init_in_use(const struct target *t)
{
	for (const struct init_system *const *i = init_systems; *i; i++)
		if ((*i)->present(t))
			return *i;
	return NULL;
}

int init_resolves(const struct target *t, const char *binary, char *why, size_t cap)
{
	return ldso_resolves(t->fd, binary, why, cap);
}

int init_link(const struct target *t, const char *path, char *dst, size_t cap)
{
	char name[256];
	int dir = path_parent(t->fd, path, false, name);
	ssize_t n = dir < 0 ? -1 : readlinkat(dir, name, dst, cap - 1);
	int saved = errno;

	if (dir >= 0)
		close(dir);
	errno = saved;
	if (n < 0)
		return -1;
	dst[n] = '\0';
	return 0;
}

int init_place_link(struct journal *j, const char *path, const char *to)
{
	struct file_attr attr = {.set_mode = true, .mode = 0755};
	char dir[PATH_CAP];

	if (!path_exists(j->rootfd, path) && str_copy(dir, sizeof(dir), path)) {
		*strrchr(dir, '/') = '\0';
		if (!path_exists(j->rootfd, dir) && file_mkdir(j, dir, &attr) < 0)
			return -1;
	}
	return file_symlink(j, path, to);
}

void init_binary(const struct target *t, char *dst, size_t cap)
{
	char real[PATH_CAP], *base = NULL;

	if (path_real(t->fd, "/sbin/init", real, sizeof(real)) == 0)
		base = strrchr(real, '/');
	str_copy(dst, cap, base ? base + 1 : "");
}

bool init_tty_is(const char *name, const char *tty)
{
	if (*tty)
		return !strcmp(name, tty);
	return str_starts(name, "tty") && name[3] >= '1' && name[3] <= '9';
}

/* Is this line KEY=...? Returns where the value starts. */
static const char *value_of(const char *line, size_t len, const char *key)
{
	const char *end = line + len;
	size_t n = strlen(key);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if ((size_t)(end - line) <= n || memcmp(line, key, n) != 0 || line[n] != '=')
		return NULL;
	return line + n + 1;
}

int init_conf_get(const char *data, size_t len, const char *key, char *dst, size_t cap)
{
	const char *p = data, *line, *v, *found = NULL;
	size_t n, room = 0;
	char quote = 0;
	struct buf b = {.p = dst, .cap = cap};

	while (line_next(&p, data + len, &line, &n))
		if ((v = value_of(line, n, key))) {
			found = v;
			room = (size_t)(line + n - v);
		}
	dst[0] = '\0';
	if (!found) {
		errno = ENOENT;
		return -1;
	}
	if (room && (*found == '"' || *found == '\''))
		quote = *found++, room--;
	for (; room; found++, room--) {
		if (quote ? *found == quote : !!strchr(" \t\r#;", *found))
			break;
		buf_add(&b, found, 1);
	}
	return 0;
}

int init_conf_set(const char *data, size_t len, const struct init_conf *c, struct buf *dst)
{
	const char *p = data, *end = data + len, *line, *at = NULL, *after = end;
	size_t n;

	while (line_next(&p, end, &line, &n))
		if (value_of(line, n, c->key)) {
			at = line;
			after = line + n;
		}
	buf_add(dst, data, at ? (size_t)(at - data) : len);
	if (!at && len && data[len - 1] != '\n')
		buf_adds(dst, "\n");
	buf_addf(dst, "%s=\"%s\"%s", c->key, c->value, at ? "" : "\n");
	buf_add(dst, after, (size_t)(end - after));
	if (!dst->cut)
		return 0;
	errno = ENOSPC;
	return -1;
}

int init_conf_write(const struct target *t, struct journal *j, const char *path,
		    const struct init_conf *c)
{
	size_t len = 0, cap;
	char *data = path_slurp(t->fd, path, CONF_MAX, &len);
	struct buf b = {0};
	int rc = -1;

	if (!data && errno != ENOENT)
		return -1;
	cap = len + 256;
	b.p = malloc(cap);
	b.cap = cap;
	if (b.p && init_conf_set(data ? data : "", len, c, &b) == 0)
		rc = file_replace(j, path, b.p, b.len, NULL);
	free(b.p);
	if (data)
		path_release(data, len);
	return rc;
}

int init_debian_default(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	char line[160];
	struct buf b = BUF_OF(line);

	if (!path_exists(t->fd, "/var/lib/dpkg/status") || !path_exists(t->fd, "/etc/X11"))
		return 0;
	buf_addf(&b, "%s\n", dm->binary);
	return file_replace(j, "/etc/X11/default-display-manager", line, b.len, NULL);
}
