#include "target/closure.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/capture.h"
#include "target/init_own.h"
#include "target/libcrypt.h"
#include "target/libdirs.h"
#include "target/pam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES (256u << 10)

struct closure {
	const struct target *t;
	closure_fn *fn;
	void *arg;
	struct libdirs dirs;
	struct buf taken; /* their paths, a line each */
	bool ended;
};

/* A path's only name: its directory's symlinks resolved. */
static bool canonical(const struct closure *c, const char *path, char dst[300])
{
	char real[PATH_CAP], dir[300], *slash;

	if (!str_copy(dir, sizeof dir, path) || !(slash = strrchr(dir, '/')))
		return false;
	*slash++ = '\0';
	if (path_real(c->t->fd, *dir ? dir : "/", real, sizeof real))
		return false;
	return snprintf(dst, 300, "%s/%s", strcmp(real, "/") ? real : "", slash) < 280;
}

/* The first time? */
static bool is_new(struct closure *c, const char *name)
{
	char line[304];

	snprintf(line, sizeof line, "\n%s\n", name);
	if (strstr(c->taken.p, line))
		return false;
	buf_adds(&c->taken, line + 1);
	return !c->taken.cut;
}

static void give(struct closure *c, const char *name, const struct stat *st)
{
	c->ended |= c->fn(c->arg, name, st) != 0;
}

static void take_needed(struct closure *c, const char *path)
{
	struct elf_info e;
	char lib[300];

	if (libdirs_elf(c->t, path, &e))
		return;
	for (unsigned i = 0; i < e.nneeded && !c->ended; i++) {
		const struct libdirs_query q = {e.needed[i], e.bits};

		if (!libdirs_lookup(c->t, &c->dirs, &q, lib))
			closure_take(c, lib);
		else if (is_new(c, e.needed[i]))
			give(c, e.needed[i], NULL);
	}
	if (e.interp[0])
		closure_take(c, e.interp);
}

void closure_take(struct closure *c, const char *path)
{
	char name[300], to[256];
	struct stat st;

	if (c->ended || !canonical(c, path, name) || path_stat(c->t->fd, name, false, &st) ||
	    !is_new(c, name))
		return;
	if (S_ISLNK(st.st_mode) && init_link(c->t, name, to, sizeof to))
		return;
	give(c, name, &st);
	if (!S_ISLNK(st.st_mode)) {
		if (!str_starts(name, "/etc/"))
			take_needed(c, name);
	} else if (capture_hop(name, to)) {
		closure_take(c, name);
	}
}

static void take_libraries(struct closure *c)
{
	static const struct libdirs_query old_nss[] = {{"libnss_files.so.2", 64},
						       {"libnss_files.so.2", 32}};
	struct libcrypt list[LIBCRYPT_MAX];
	int n = libcrypt_find(c->t, list, LIBCRYPT_MAX);
	char path[300];

	for (int i = 0; i < n; i++)
		closure_take(c, list[i].path);
	for (int i = 0; i < 2; i++) {
		if (!libcrypt_loader(c->t, old_nss[i].bits, path, sizeof path))
			closure_take(c, path);
		if (!libdirs_lookup(c->t, &c->dirs, &old_nss[i], path))
			closure_take(c, path);
	}
}

/* Each name in every folder of programs; NULL ends the names. */
static void take_programs(struct closure *c, const char *const *names)
{
	static const char folders[][19] = {"/bin",	    "/sbin",	    "/usr/bin",
					   "/usr/sbin",	    "/lib/systemd", "/usr/lib/systemd",
					   "/usr/lib/xorg", "/usr/libexec"};
	char path[64];

	for (; *names; names++)
		for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
			snprintf(path, sizeof path, "%s/%s", folders[k], *names);
			closure_take(c, path);
		}
}

static int take_module(void *arg, const struct pam_use *u)
{
	closure_take(arg, u->file);
	if (u->state == PAM_FOUND)
		closure_take(arg, u->path);
	return 0;
}

static int take_service(void *arg, int dirfd, const char *name)
{
	char path[300];

	(void)dirfd;
	snprintf(path, sizeof path, "/etc/pam.d/%s", name);
	if (*name != '.' && !strchr(name, '~'))
		closure_take(arg, path);
	return 0;
}

static void take_pam(struct closure *c)
{
	static const char services[][7] = {"login", "su", "su-l", "sudo", "passwd", "other"};
	static const char files[][20] = {"/etc/pam.conf", "/etc/nsswitch.conf", "/etc/shells"};
	const struct pam_source source = {.rootfd = c->t->fd};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		pam_each(&source, services[i], take_module, c);
	for (const struct display_manager *d = display_managers; d->name; d++)
		if (path_exists(c->t->fd, d->binary))
			pam_each(&source, d->pam, take_module, c);
	path_each(c->t->fd, "/etc/pam.d", take_service, c);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		closure_take(c, files[i]);
}

void closure_login(struct closure *c)
{
	static const char *const names[] = {"login",  "su",	 "unix_chkpwd",
					    "agetty", "sulogin", NULL};

	take_libraries(c);
	take_programs(c, names);
	take_pam(c);
}

void closure_display(struct closure *c)
{
	static const char *const names[] = {"Xorg", "X", "sddm-greeter", "dbus-daemon", NULL};

	for (const struct display_manager *d = display_managers; d->name; d++)
		closure_take(c, d->binary);
	take_programs(c, names);
}

void closure_boot(struct closure *c)
{
	static const char *const names[] = {
	    "init", "systemd", "systemd-udevd", "udevd", "openrc",    "mount",		"fsck",
	    "kmod", "e2fsck",  "bash",		"sh",	 "systemctl", "systemd-logind", NULL};

	take_programs(c, names);
}

struct closure *closure_open(const struct target *t, closure_fn *fn, void *arg)
{
	struct closure *c = calloc(1, sizeof *c + NAMES);

	if (!c)
		return NULL;
	*c = (struct closure){.t = t, .fn = fn, .arg = arg};
	c->taken = (struct buf){.p = (char *)(c + 1), .cap = NAMES};
	buf_adds(&c->taken, "\n");
	libdirs_find(t, &c->dirs);
	return c;
}

void closure_close(struct closure *c)
{
	free(c);
}
