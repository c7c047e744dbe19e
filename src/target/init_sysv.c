#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool present(const struct target *t)
{
	return path_exists(t->fd, "/etc/inittab") || path_exists(t->fd, "/etc/rc2.d");
}

/* inittab(5): id:N:initdefault: */
static int level(const struct target *t, char *dst, size_t cap)
{
	char text[32768];
	ssize_t n = path_read(t->fd, "/etc/inittab", text, sizeof(text));
	const char *p = text, *line;
	size_t len;

	str_copy(dst, cap, "2");
	while (n > 0 && line_next(&p, text + n, &line, &len)) {
		const char *colon = memchr(line, ':', len);

		if (*line != '#' && colon && line + len - colon >= 14 &&
		    !memcmp(colon + 2, ":initdefault:", 13))
			snprintf(dst, cap, "%c", colon[1]);
	}
	return 0;
}

struct look {
	char found[64];
	const char *only; /* look for this name's links */
	char link[64];
	char letter;
};

static int look_entry(void *arg, int dirfd, const char *name)
{
	struct look *l = arg;

	(void)dirfd;
	if (name[0] != l->letter || strlen(name) < 4)
		return 0;
	for (const struct display_manager *dm = display_managers; dm->name; dm++)
		if (!strcmp(name + 3, dm->name) && (!l->only || !strcmp(l->only, dm->name))) {
			str_copy(l->found, sizeof(l->found), dm->name);
			str_copy(l->link, sizeof(l->link), name);
			return 1;
		}
	return 0;
}

static bool look(const struct target *t, struct look *l, char *dir, size_t cap)
{
	char n[8];

	level(t, n, sizeof(n));
	snprintf(dir, cap, "/etc/rc%s.d", n);
	return path_each(t->fd, dir, look_entry, l) == 1;
}

static int enabled(const struct target *t, char *dst, size_t cap)
{
	struct look l = {.letter = 'S'};
	char dir[32], script[96];

	if (look(t, &l, dir, sizeof(dir))) {
		snprintf(script, sizeof(script), "/etc/init.d/%s", l.found);
		if (path_exists(t->fd, script)) {
			str_copy(dst, cap, l.found);
			return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

static int enable(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	struct look stopped = {.letter = 'K', .only = dm->name}, other = {.letter = 'S'};
	char dir[32], path[160], to[96];

	snprintf(path, sizeof(path), "/etc/init.d/%s", dm->name);
	if (!path_exists(t->fd, path)) {
		errno = ENOENT;
		return -1;
	}
	if (look(t, &stopped, dir, sizeof(dir))) {
		snprintf(path, sizeof(path), "%s/%s", dir, stopped.link);
		if (file_remove(j, path) < 0)
			return -1;
	}
	if (look(t, &other, dir, sizeof(dir)) && strcmp(other.found, dm->name)) {
		snprintf(path, sizeof(path), "%s/%s", dir, other.link);
		if (file_remove(j, path) < 0)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/S20%s", dir, dm->name);
	snprintf(to, sizeof(to), "../init.d/%s", dm->name);
	return init_debian_default(t, j, dm) < 0 ? -1 : file_symlink(j, path, to);
}

const struct init_system init_sysv = {"sysvinit", present, level, enabled, enable};
