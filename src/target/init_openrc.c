#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY "DISPLAYMANAGER"
#define NEW_SCRIPT "/etc/init.d/display-manager"
#define NEW_CONF "/etc/conf.d/display-manager"
#define OLD_SCRIPT "/etc/init.d/xdm"
#define OLD_CONF "/etc/conf.d/xdm"
#define LEVEL "/etc/runlevels/default/"
#define AGETTY "/etc/init.d/agetty"

static bool present(const struct target *t)
{
	return path_exists(t->fd, "/etc/runlevels") &&
	       (path_exists(t->fd, "/sbin/openrc") || path_exists(t->fd, "/usr/sbin/openrc") ||
		path_exists(t->fd, "/usr/bin/openrc") || path_exists(t->fd, "/sbin/rc"));
}

static int level(const struct target *t, char *dst, size_t cap)
{
	(void)t;
	str_copy(dst, cap, "default");
	return 0;
}

static int conf_value(const struct target *t, const char *path, char *dst, size_t cap)
{
	char text[32768];
	ssize_t n = path_read(t->fd, path, text, sizeof(text));

	return n < 0 ? -1 : init_conf_get(text, (size_t)n, KEY, dst, cap);
}

/* rc.conf wins; then the script's own file. */
static int chosen(const struct target *t, const char *conf, char *dst, size_t cap)
{
	char *base;

	if (conf_value(t, "/etc/rc.conf", dst, cap) < 0 && conf_value(t, conf, dst, cap) < 0)
		return -1;
	base = strrchr(dst, '/'); /* a full path is allowed there */
	if (base)
		memmove(dst, base + 1, strlen(base));
	if (*dst)
		return 0;
	errno = ENOENT;
	return -1;
}

/* Gentoo's xdm script serves them all and reads conf.d; elsewhere (Debian) each has a script of its
 * own. */
static bool gentoo_old(const struct target *t)
{
	return path_exists(t->fd, OLD_SCRIPT) && path_exists(t->fd, OLD_CONF);
}

static int enabled(const struct target *t, char *dst, size_t cap)
{
	char path[160];
	bool found = false;

	if (path_exists(t->fd, LEVEL "display-manager"))
		return chosen(t, NEW_CONF, dst, cap);
	if (gentoo_old(t) && path_exists(t->fd, LEVEL "xdm"))
		return chosen(t, path_exists(t->fd, NEW_CONF) ? NEW_CONF : OLD_CONF, dst, cap);
	for (const struct display_manager *dm = display_managers; dm->name; dm++) {
		snprintf(path, sizeof(path), LEVEL "%s", dm->name);
		if (!path_exists(t->fd, path))
			continue;
		str_copy(dst, cap, dm->name);
		found = true;
		if (path_exists(t->fd, dm->binary))
			break; /* a package that is gone may leave its link */
	}
	errno = ENOENT;
	return found ? 0 : -1;
}

static int set_conf(const struct target *t, struct journal *j, const char *name)
{
	static const char *const files[] = {NEW_CONF, OLD_CONF, "/etc/rc.conf", NULL};
	struct init_conf c = {KEY, name};
	char old[64];

	for (const char *const *f = files; *f; f++) {
		bool wanted = *f == files[0] ? path_exists(t->fd, NEW_SCRIPT)
					     : conf_value(t, *f, old, sizeof(old)) == 0;

		if (*f == files[1] && gentoo_old(t))
			wanted = true;
		if (wanted && init_conf_write(t, j, *f, &c) < 0)
			return -1;
	}
	return 0;
}

static int enable_own(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	char script[160], link[160];

	snprintf(script, sizeof(script), "/etc/init.d/%s", dm->name);
	if (!path_exists(t->fd, script)) {
		errno = ENOENT;
		return -1;
	}
	for (const struct display_manager *o = display_managers; o->name; o++) {
		snprintf(link, sizeof(link), LEVEL "%s", o->name);
		if (strcmp(o->name, dm->name) && file_remove(j, link) < 0)
			return -1;
	}
	snprintf(link, sizeof(link), LEVEL "%s", dm->name);
	return init_debian_default(t, j, dm) < 0 ? -1 : file_symlink(j, link, script);
}

static int enable(const struct target *t, struct journal *j, const struct display_manager *dm)
{
	if (path_exists(t->fd, NEW_SCRIPT))
		return set_conf(t, j, dm->name) < 0
			   ? -1
			   : file_symlink(j, LEVEL "display-manager", NEW_SCRIPT);
	if (gentoo_old(t))
		return set_conf(t, j, dm->name) < 0 ? -1 : file_symlink(j, LEVEL "xdm", OLD_SCRIPT);
	return enable_own(t, j, dm);
}

static int service(const struct target *t, const char *name, char *dst, size_t cap)
{
	if (path_exists(t->fd, NEW_SCRIPT) || gentoo_old(t))
		str_copy(dst, cap, path_exists(t->fd, NEW_SCRIPT) ? NEW_SCRIPT : OLD_SCRIPT);
	else
		return init_sysv.service(t, name, dst, cap);
	return 0;
}

/* openrc-init reads no inittab: a link to the agetty script for each terminal. */
static bool own_init(const struct target *t)
{
	char name[32];

	init_binary(t, name, sizeof(name));
	return !strcmp(name, "openrc-init");
}

static int look_getty(void *arg, int dirfd, const char *name)
{
	(void)dirfd;
	return str_starts(name, "agetty.") && init_tty_is(name + 7, arg);
}

static bool getty(const struct target *t, const char *tty)
{
	char want[32];

	str_copy(want, sizeof(want), tty);
	return own_init(t)
		   ? path_exists(t->fd, AGETTY) && path_each(t->fd, LEVEL, look_getty, want) == 1
		   : init_sysv.getty(t, tty);
}

static int getty_enable(const struct target *t, struct journal *j, const char *tty)
{
	char link[96], script[96];

	if (!own_init(t))
		return init_sysv.getty_enable(t, j, tty);
	errno = ENOENT;
	if (!path_exists(t->fd, AGETTY))
		return -1;
	snprintf(script, sizeof(script), AGETTY ".%s", tty);
	snprintf(link, sizeof(link), LEVEL "agetty.%s", tty);
	if (!path_exists(t->fd, script) && file_symlink(j, script, "agetty") < 0)
		return -1;
	return file_symlink(j, link, script);
}

const struct init_system init_openrc = {"OpenRC", present, level, enabled,
					enable,	  service, getty, getty_enable};
