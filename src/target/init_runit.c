#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LEVEL "/etc/runit/runsvdir/default"

static const char sv_dirs[][16] = {"/etc/sv", "/etc/runit/sv"};
static const char getty_names[][8] = {"getty", "agetty"};

static bool present(const struct target *t)
{
	char name[32];

	init_binary(t, name, sizeof(name));
	return str_starts(name, "runit");
}

static int level(const struct target *t, char *dst, size_t cap)
{
	(void)t;
	str_copy(dst, cap, "default");
	return 0;
}

/* runsv(8): a file "down" keeps a service from being started. */
static bool runs(const struct target *t, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), LEVEL "/%s/down", name);
	if (path_exists(t->fd, path))
		return false;
	snprintf(path, sizeof(path), LEVEL "/%s/run", name);
	return path_exists(t->fd, path);
}

static int service(const struct target *t, const char *name, char *dst, size_t cap)
{
	for (unsigned i = 0; i < sizeof(sv_dirs) / sizeof(*sv_dirs); i++) {
		snprintf(dst, cap, "%s/%s/run", sv_dirs[i], name);
		if (path_exists(t->fd, dst))
			return 0;
	}
	snprintf(dst, cap, "/etc/sv/%s/run", name);
	errno = ENOENT;
	return -1;
}

/* Debian's runit starts System V scripts too. */
static int dm_service(const struct target *t, const char *name, char *dst, size_t cap)
{
	if (service(t, name, dst, cap) == 0 || init_sysv.service(t, name, dst, cap) == 0)
		return 0;
	return service(t, name, dst, cap);
}

static int enabled(const struct target *t, char *dst, size_t cap)
{
	for (const struct display_manager *dm = display_managers; dm->name; dm++)
		if (runs(t, dm->name)) {
			str_copy(dst, cap, dm->name);
			return 0;
		}
	return init_sysv.enabled(t, dst, cap);
}

static int start(const struct target *t, struct journal *j, const char *name)
{
	char run[160], link[160];

	if (service(t, name, run, sizeof(run)) < 0)
		return -1;
	*strrchr(run, '/') = '\0';
	snprintf(link, sizeof(link), "%s/down", run);
	if (file_remove(j, link) < 0)
		return -1;
	snprintf(link, sizeof(link), LEVEL "/%s", name);
	return init_place_link(j, link, run);
}

static int enable(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	char path[160];

	if (service(t, dm->name, path, sizeof(path)) < 0)
		return init_sysv.enable(t, j, dm);
	for (const struct display_manager *o = display_managers; o->name; o++) {
		snprintf(path, sizeof(path), LEVEL "/%s", o->name);
		if (strcmp(o->name, dm->name) && file_remove(j, path) < 0)
			return -1;
	}
	return start(t, j, dm->name);
}

struct look {
	const struct target *t;
	const char *tty;
};

static int look_getty(void *arg, int dirfd, const char *name)
{
	const struct look *l = arg;
	const char *tty = strstr(name, "getty-");

	(void)dirfd;
	return tty && init_tty_is(tty + 6, l->tty) && runs(l->t, name);
}

static bool getty(const struct target *t, const char *tty)
{
	struct look l = {t, tty};

	return path_each(t->fd, LEVEL, look_getty, &l) == 1;
}

static int getty_enable(const struct target *t, struct journal *j, const char *tty)
{
	char name[48];

	for (unsigned i = 0; i < sizeof(getty_names) / sizeof(*getty_names); i++) {
		snprintf(name, sizeof(name), "%s-%s", getty_names[i], tty);
		if (start(t, j, name) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	return -1;
}

const struct init_system init_runit = {"runit", present,    level, enabled,
				       enable,	dm_service, getty, getty_enable};
