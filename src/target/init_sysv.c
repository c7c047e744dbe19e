#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"
#include "target/inittab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INITTAB "/etc/inittab"
#define INITTAB_MAX 32768

static bool present(const struct target *t)
{
	return path_exists(t->fd, INITTAB) || path_exists(t->fd, "/etc/rc2.d");
}

static int level(const struct target *t, char *dst, size_t cap)
{
	char text[INITTAB_MAX], n;
	ssize_t len = path_read(t->fd, INITTAB, text, sizeof(text));

	n = len > 0 ? inittab_level(text, (size_t)len) : 0;
	snprintf(dst, cap, "%c", n ? n : '2');
	return 0;
}

struct look {
	const struct target *t;
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
			/* a package that is gone may leave its link */
			return path_exists(l->t->fd, dm->binary);
		}
	return 0;
}

static bool look(const struct target *t, struct look *l, char *dir, size_t cap)
{
	char n[8];

	l->t = t;
	level(t, n, sizeof(n));
	snprintf(dir, cap, "/etc/rc%s.d", n);
	return path_each(t->fd, dir, look_entry, l) >= 0 && l->found[0];
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

static int service(const struct target *t, const char *name, char *dst, size_t cap)
{
	snprintf(dst, cap, "/etc/init.d/%s", name);
	errno = ENOENT;
	return path_exists(t->fd, dst) ? 0 : -1;
}

static bool getty(const struct target *t, const char *tty)
{
	char text[INITTAB_MAX];
	ssize_t len = path_read(t->fd, INITTAB, text, sizeof(text));

	return len > 0 && inittab_getty(text, (size_t)len, tty);
}

static int getty_enable(const struct target *t, struct journal *j, const char *tty)
{
	char text[INITTAB_MAX], now[INITTAB_MAX + 128], init[32];
	struct inittab_new new = {.tty = tty, .program = "/sbin/agetty"};
	struct buf b = BUF_OF(now);
	ssize_t len = path_read(t->fd, INITTAB, text, sizeof(text));

	init_binary(t, init, sizeof(init));
	new.busybox = !strcmp(init, "busybox");
	if (!path_exists(t->fd, new.program))
		new.program = "/sbin/getty";
	if (len < 0 || !path_exists(t->fd, new.program) ||
	    inittab_add(text, (size_t)len, &new, &b) < 0)
		return -1;
	return file_replace(j, INITTAB, now, b.len, NULL);
}

const struct init_system init_sysv = {"sysvinit", present, level, enabled,
				      enable,	  service, getty, getty_enable};
