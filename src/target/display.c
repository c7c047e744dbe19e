#include "target/display.h"

#include "base/path.h"
#include "target/accounts.h"
#include "target/init_own.h"
#include "target/pam.h"
#include "target/pkg.h"

#include <stdio.h>
#include <string.h>

/* The PAM service and the user of its greeter; where distributions differ, any of the names. */
static const struct greeter {
	char name[8], pam[24], user[20];
} greeters[] = {
    {"sddm", "sddm-greeter", "sddm"},
    {"gdm3", "gdm-launch-environment", "Debian-gdm gdm"},
    {"gdm", "gdm-launch-environment", "gdm"},
    {"lightdm", "lightdm-greeter", "lightdm"},
};

static const struct greeter *greeter_of(const char *name)
{
	for (size_t i = 0; i < sizeof greeters / sizeof *greeters; i++)
		if (!strcmp(greeters[i].name, name))
			return &greeters[i];
	return NULL;
}

static bool is_installed(const struct target *t, const struct display_manager *dm)
{
	return path_exists(t->fd, dm->binary);
}

/* SDDM draws with another program; with two of them (Qt 5 and 6) one is enough. */
static bool lacks_greeter(const struct target *t, const char *name, char *why, size_t cap)
{
	static const char programs[][32] = {"/usr/bin/sddm-greeter", "/usr/bin/sddm-greeter-qt6"};
	bool lacks = false;

	for (size_t i = 0; i < 2 && !strcmp(name, "sddm"); i++) {
		if (!path_exists(t->fd, programs[i]))
			continue;
		lacks = init_resolves(t, programs[i], why, cap) != 0;
		if (!lacks)
			break;
	}
	return lacks;
}

/* The binary is gone, and its package is not: it was lost, not removed. */
static bool is_lost(const struct target *t, const struct display_manager *dm)
{
	const struct pkg_manager *m = pkg_in_use(t);
	char owner[128];

	return m && pkg_owner(t, m, dm->binary, owner) == 0;
}

static void add(struct display *d, const struct display_manager *dm)
{
	for (unsigned i = 0; i < d->n; i++)
		if (!strcmp(d->list[i]->name, dm->name))
			return;
	if (d->n < DISPLAY_MOST)
		d->list[d->n++] = dm;
}

/* Where Debian, Gentoo before and after its rename, and openSUSE name the one to start. */
static void add_configured(const struct target *t, struct display *d)
{
	static const char files[][33] = {"/etc/X11/default-display-manager", "/etc/rc.conf",
					 "/etc/conf.d/xdm", "/etc/conf.d/display-manager",
					 "/etc/sysconfig/displaymanager"};
	char text[32768], name[160], *base;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		ssize_t n = path_read(t->fd, files[i], text, sizeof text);

		if (n <= 0)
			continue;
		if (!i)
			snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "\r\n"), text);
		else if (init_conf_get(text, (size_t)n, "DISPLAYMANAGER", name, sizeof name))
			continue;
		base = strrchr(name, '/');
		base = base ? base + 1 : name;
		for (const struct display_manager *dm = display_managers; dm->name; dm++)
			if (!strcmp(dm->name, base) && is_installed(t, dm))
				add(d, dm);
	}
}

/* A target that starts no display; another of the person's own making may. */
static bool is_text(const char *level)
{
	static const char text[][18] = {"multi-user.target", "rescue.target",
					"emergency.target",  "runlevel2.target",
					"runlevel3.target",  "runlevel4.target"};

	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		if (!strcmp(level, text[i]))
			return true;
	return false;
}

void display_look(const struct target *t, struct display *d)
{
	const struct display_manager *on;

	*d = (struct display){.init = init_in_use(t)};
	if (!d->init)
		return;
	if (d->init->level(t, d->level, sizeof d->level))
		d->level[0] = '\0';
	d->graphical = !is_text(d->level);
	if (d->init->enabled(t, d->now, sizeof d->now))
		d->now[0] = '\0';
	on = display_manager_named(t, d->now);
	if (on && (is_installed(t, on) || is_lost(t, on))) {
		d->on = on;
		add(d, on);
	} else if (on) {
		d->now[0] = '\0';
	}
	add_configured(t, d);
	for (const struct display_manager *dm = display_managers; dm->name; dm++)
		if (is_installed(t, dm))
			add(d, dm);
}

bool display_enabled(const struct display *d)
{
	return d->now[0] && (d->graphical || !d->on);
}

static enum display_fault bad(struct display_state *s, enum display_fault fault, const char *path,
			      const char *why)
{
	s->fault = fault;
	snprintf(s->path, sizeof s->path, "%s", path);
	snprintf(s->why, sizeof s->why, "%s%s", fault == DISPLAY_USER ? "user " : "", path);
	snprintf(s->why + strlen(s->why), sizeof s->why - strlen(s->why), "%s", why);
	return fault;
}

/* Alpine and others without PAM have no such folder. */
static bool lacks_pam(const struct target *t, const char *service, char path[64])
{
	const struct pam_source pam = {.rootfd = t->fd};
	struct stat st;
	char file[256];

	snprintf(path, 64, "/etc/pam.d/%s", service);
	if (!path_exists(t->fd, "/etc/pam.d"))
		return false;
	return pam_file(&pam, service, file, sizeof file) || path_stat(t->fd, file, true, &st) ||
	       !st.st_size;
}

static bool knows(const struct target *t, const char *file, const char *name)
{
	struct lines l;
	bool is;

	if (lines_open(&l, t->fd, file))
		return false;
	is = accounts_find(&l, name);
	lines_close(&l);
	return is;
}

/* A passwd without root says nothing of anybody; ostree keeps system users under /usr. */
static bool lacks_user(const struct target *t, const char *names, char user[20])
{
	if (!knows(t, "/etc/passwd", "root"))
		return false;
	while (*names) {
		size_t n = strcspn(names, " ");

		snprintf(user, 20, "%.*s", (int)n, names);
		if (knows(t, "/etc/passwd", user) || knows(t, "/usr/lib/passwd", user))
			return false;
		names += n + (names[n] == ' ');
	}
	return true;
}

enum display_fault display_judge(const struct target *t, const struct init_system *init,
				 const struct display_manager *dm, struct display_state *s)
{
	const struct greeter *g = greeter_of(dm->name);
	char path[256], user[20], conf[16384];
	ssize_t n;

	*s = (struct display_state){0};
	if (target_is_unknown(t, dm->binary))
		return s->fault = DISPLAY_UNKNOWN;
	if (!is_installed(t, dm))
		return bad(s, DISPLAY_FILE, dm->binary, " is missing");
	if (init_resolves(t, dm->binary, s->why, sizeof s->why) ||
	    lacks_greeter(t, dm->name, s->why, sizeof s->why)) {
		str_copy(s->path, sizeof s->path, dm->binary);
		return s->fault = DISPLAY_FILE;
	}
	if (init->service(t, dm->name, path, sizeof path) && !target_is_unknown(t, path))
		return bad(s, DISPLAY_FILE, path, ", which starts it, is missing");
	if (lacks_pam(t, dm->pam, path) || (g && lacks_pam(t, g->pam, path)))
		return bad(s, DISPLAY_PAM, path, " is missing");
	if (!g)
		return DISPLAY_SOUND;
	snprintf(path, sizeof path, "%s", g->user);
	n = path_read(t->fd, "/etc/lightdm/lightdm.conf", conf, sizeof conf);
	if (n > 0 && !strcmp(dm->name, "lightdm"))
		init_conf_get(conf, (size_t)n, "greeter-user", path, sizeof path);
	if (path[0] ? lacks_user(t, path, user) : lacks_user(t, g->user, user))
		return bad(s, DISPLAY_USER, user, ", as whom it runs, is not in /etc/passwd");
	return DISPLAY_SOUND;
}
