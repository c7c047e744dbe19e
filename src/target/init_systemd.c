#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM "/etc/systemd/system/"
#define ALIAS "display-manager.service"
#define DEFAULT "default.target"
#define GENERATOR "/lib/systemd/system-generators/systemd-getty-generator"

static const char *const unit_dirs[] = {"/etc/systemd/system", "/usr/lib/systemd/system",
					"/lib/systemd/system", NULL};

static bool present(const struct target *t)
{
	char name[32];

	init_binary(t, name, sizeof(name));
	return !strcmp(name, "systemd");
}

static int level(const struct target *t, char *dst, size_t cap)
{
	char path[160], link[PATH_CAP], *base;

	for (const char *const *d = unit_dirs; *d; d++) {
		snprintf(path, sizeof(path), "%s/" DEFAULT, *d);
		if (init_link(t, path, link, sizeof(link)) == 0) {
			base = strrchr(link, '/');
			str_copy(dst, cap, base ? base + 1 : link);
			return 0;
		}
	}
	return -1;
}

/* A link to /dev/null is a masked unit. */
static bool masked(const struct target *t, const char *unit)
{
	char path[160], link[PATH_CAP];

	snprintf(path, sizeof(path), "/etc/systemd/system/%s", unit);
	return init_link(t, path, link, sizeof(link)) == 0 && !strcmp(link, "/dev/null");
}

static int unmask(const struct target *t, struct journal *j, const char *unit)
{
	char path[160];

	snprintf(path, sizeof(path), "/etc/systemd/system/%s", unit);
	return masked(t, unit) ? file_remove(j, path) : 0;
}

/* Where a unit's own file lies. */
static int find_unit(const struct target *t, const char *unit, char *dst, size_t cap)
{
	struct stat st;

	for (const char *const *d = unit_dirs; *d; d++) {
		snprintf(dst, cap, "%s/%s", *d, unit);
		if (path_stat(t->fd, dst, true, &st) == 0 && S_ISREG(st.st_mode))
			return 0;
	}
	snprintf(dst, cap, "%s/%s", unit_dirs[1], unit);
	errno = ENOENT;
	return -1;
}

static int service(const struct target *t, const char *name, char *dst, size_t cap)
{
	char unit[80];

	snprintf(unit, sizeof(unit), "%s.service", name);
	return find_unit(t, unit, dst, cap);
}

/* The alias is a link to the real unit; some distributions ship a unit of that very name. */
static int enabled(const struct target *t, char *dst, size_t cap)
{
	char path[160], link[PATH_CAP], unit[80], *base;

	if (service(t, "display-manager", path, sizeof(path)) < 0 || masked(t, ALIAS))
		return -1;
	str_copy(unit, sizeof(unit), ALIAS);
	if (init_link(t, path, link, sizeof(link)) == 0) {
		base = strrchr(link, '/');
		str_copy(unit, sizeof(unit), base ? base + 1 : link);
	}
	errno = ENOENT;
	base = strstr(unit, ".service");
	if (!base || masked(t, unit))
		return -1;
	*base = '\0';
	str_copy(dst, cap, unit);
	return 0;
}

static int enable(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	char unit[256], now[64] = "", target[256];

	snprintf(unit, sizeof(unit), "%s.service", dm->name);
	if (unmask(t, j, unit) < 0 || service(t, dm->name, unit, sizeof(unit)) < 0 ||
	    init_debian_default(t, j, dm) < 0 || file_symlink(j, SYSTEM ALIAS, unit) < 0)
		return -1;
	if (level(t, now, sizeof(now)) == 0 && !strcmp(now, "graphical.target"))
		return 0;
	if (find_unit(t, "graphical.target", target, sizeof(target)) < 0)
		return -1;
	return file_symlink(j, SYSTEM DEFAULT, target);
}

/* "getty@tty1.service" -> "getty@.service", and tty its terminal. */
static bool template(const char *unit, char *dst, size_t cap, char tty[32])
{
	const char *at = strchr(unit, '@');

	if (!at)
		return false;
	snprintf(tty, 32, "%.*s", (int)strcspn(at + 1, "."), at + 1);
	snprintf(dst, cap, "%.*s@.service", (int)(at - unit), unit);
	return true;
}

struct look {
	const struct target *t;
	const char *tty;
};

/* A wanted unit starts by its name, whatever its link leads to. */
static int look_getty(void *arg, int dirfd, const char *name)
{
	const struct look *l = arg;
	char unit[80], path[256], tty[32];

	(void)dirfd;
	return template(name, unit, sizeof(unit), tty) && init_tty_is(tty, l->tty) &&
	       !masked(l->t, name) && !masked(l->t, unit) &&
	       find_unit(l->t, unit, path, sizeof(path)) == 0;
}

/* systemd-getty-generator(8) starts one on a serial console, unless it is masked. */
static bool generated(const struct target *t, const char *tty)
{
	struct look l = {t, tty};
	char unit[80];

	snprintf(unit, sizeof(unit), "serial-getty@%s.service", tty);
	return (path_exists(t->fd, "/usr" GENERATOR) || path_exists(t->fd, GENERATOR)) &&
	       look_getty(&l, -1, unit);
}

static bool getty(const struct target *t, const char *tty)
{
	struct look l = {t, tty};
	char dir[256];

	if (masked(t, "getty.target"))
		return false;
	if (*tty && !init_tty_is(tty, "") && generated(t, tty))
		return true;
	for (const char *const *d = unit_dirs; *d; d++)
		for (int i = 0; i < 2; i++) {
			snprintf(dir, sizeof(dir), "%s/%s.target.wants", *d,
				 i ? "multi-user" : "getty");
			if (path_each(t->fd, dir, look_getty, &l) == 1)
				return true;
		}
	return false;
}

static int getty_enable(const struct target *t, struct journal *j, const char *tty)
{
	const char *kind = init_tty_is(tty, "") ? "getty" : "serial-getty";
	char unit[80], plain[80], path[256], link[256];

	snprintf(unit, sizeof(unit), "%s@%s.service", kind, tty);
	snprintf(plain, sizeof(plain), "%s@.service", kind);
	if (unmask(t, j, "getty.target") < 0 || unmask(t, j, plain) < 0 || unmask(t, j, unit) < 0)
		return -1;
	if (getty(t, tty))
		return 0;
	snprintf(link, sizeof(link), SYSTEM "getty.target.wants/%s", unit);
	return find_unit(t, plain, path, sizeof(path)) < 0 ? -1 : init_place_link(j, link, path);
}

const struct init_system init_systemd = {"systemd", present, level, enabled,
					 enable,    service, getty, getty_enable};
