#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ALIAS "/etc/systemd/system/display-manager.service"
#define DEFAULT "/etc/systemd/system/default.target"

static const char *const unit_dirs[] = {"/etc/systemd/system", "/usr/lib/systemd/system",
					"/lib/systemd/system", NULL};

static bool present(const struct target *t)
{
	char real[PATH_CAP];
	const char *base;

	if (path_real(t->fd, "/sbin/init", real, sizeof(real)) < 0)
		return false;
	base = strrchr(real, '/');
	return base && !strcmp(base, "/systemd");
}

static int level(const struct target *t, char *dst, size_t cap)
{
	char link[PATH_CAP], *base;

	if (init_link(t, DEFAULT, link, sizeof(link)) < 0 &&
	    init_link(t, "/usr/lib/systemd/system/default.target", link, sizeof(link)) < 0 &&
	    init_link(t, "/lib/systemd/system/default.target", link, sizeof(link)) < 0)
		return -1;
	base = strrchr(link, '/');
	str_copy(dst, cap, base ? base + 1 : link);
	return 0;
}

static int enabled(const struct target *t, char *dst, size_t cap)
{
	char link[PATH_CAP], *base, *dot;

	if (init_link(t, ALIAS, link, sizeof(link)) < 0)
		return -1;
	base = strrchr(link, '/');
	base = base ? base + 1 : link;
	dot = strstr(base, ".service");
	/* a link to /dev/null is a masked unit, a dangling one starts nothing */
	if (!dot || !path_exists(t->fd, ALIAS)) {
		errno = ENOENT;
		return -1;
	}
	*dot = '\0';
	str_copy(dst, cap, base);
	return 0;
}

static int find_unit(const struct target *t, const char *name, char *dst, size_t cap)
{
	for (const char *const *d = unit_dirs; *d; d++) {
		struct stat st;

		snprintf(dst, cap, "%s/%s.service", *d, name);
		if (path_stat(t->fd, dst, true, &st) == 0 && S_ISREG(st.st_mode))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

static int unmask(const struct target *t, struct journal *j, const char *name)
{
	char path[160], link[PATH_CAP];

	snprintf(path, sizeof(path), "/etc/systemd/system/%s.service", name);
	if (init_link(t, path, link, sizeof(link)) == 0 && !strcmp(link, "/dev/null"))
		return file_remove(j, path);
	return 0;
}

static int enable(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	char unit[256], now[64] = "", target[256];

	if (unmask(t, j, dm->name) < 0 || find_unit(t, dm->name, unit, sizeof(unit)) < 0 ||
	    init_debian_default(t, j, dm) < 0 || file_symlink(j, ALIAS, unit) < 0)
		return -1;
	if (level(t, now, sizeof(now)) == 0 && !strcmp(now, "graphical.target"))
		return 0;
	snprintf(target, sizeof(target), "%s/systemd/system/graphical.target",
		 path_exists(t->fd, "/usr/lib/systemd/system/graphical.target") ? "/usr/lib"
										: "/lib");
	if (!path_exists(t->fd, target)) {
		errno = ENOENT;
		return -1;
	}
	return file_symlink(j, DEFAULT, target);
}

const struct init_system init_systemd = {"systemd", present, level, enabled, enable};
