#include "checks/families.h"

#include "base/path.h"
#include "checks/restore.h"
#include "checks/sysuser.h"
#include "target/display.h"
#include "target/libdirs.h"
#include "target/pkg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MENDINGS 8

/* What keeps an installed one from being started at boot. */
static void describe(const struct display *d, char *text, size_t cap)
{
	if (d->now[0])
		snprintf(text, cap, "%s is enabled in %s, but %s starts no display", d->now,
			 d->init->name, d->level);
	else
		snprintf(text, cap,
			 "%s is installed, and no display manager is enabled in %s (no link to it, "
			 "or it is masked); default %s",
			 d->list[0]->name, d->init->name, d->level);
}

void detect_display(struct check_context *c)
{
	static const struct cause disabled = {"dm-disabled", SEVERITY_WARNING, BLOCKS_DISPLAY,
					      "phase 6 enables one that can start"};
	static const struct cause broken = {
	    "dm-broken", SEVERITY_WARNING, BLOCKS_DISPLAY,
	    "phase 6 mends it or enables another; else log in on a text console (Ctrl+Alt+F2) and "
	    "reinstall its package"};
	struct display d;
	struct display_state s = {0};
	char text[200];

	display_look(c->t, &d);
	if (!d.n || (d.now[0] && !d.on) || target_is_unknown(c->t, d.list[0]->binary))
		return;
	/* where nothing at all starts, that is the cause */
	if (!report_find(c->report, "loader-missing") &&
	    display_judge(c->t, d.init, d.list[0], &s) != DISPLAY_SOUND &&
	    s.fault != DISPLAY_UNKNOWN)
		check_found(c, &broken, "%s cannot start: %s", d.list[0]->name, s.why);
	if (display_enabled(&d))
		return;
	describe(&d, text, sizeof text);
	check_found(c, &disabled, "%s", text);
}

/* Where a library of this name belongs: the folder whose package owns it. */
static bool owned_library(const struct target *t, const char *soname, char path[300])
{
	const struct pkg_manager *m = pkg_in_use(t);
	struct libdirs dirs;
	char owner[128];

	libdirs_find(t, &dirs);
	for (unsigned i = 0; m && i < dirs.n; i++) {
		snprintf(path, 300, "%s/%s", dirs.dir[i], soname);
		if (pkg_owner(t, m, path, owner) == 0)
			return true;
	}
	return false;
}

static bool is_text(const struct target *t, const char *file)
{
	struct stat st;

	return path_stat(t->fd, file, true, &st) == 0 && S_ISREG(st.st_mode) && st.st_size;
}

static bool is_elf(const struct target *t, const char *file)
{
	struct elf_info e;

	return libdirs_elf(t, file, &e) == 0;
}

/* ldso_resolves says "PATH is missing", "PATH: damaged ..." or "PATH: SONAME not found". */
static int restore(struct check_context *c, const struct display_state *s)
{
	struct restore r = {.path = s->path, .id = "dm-broken"};
	const char *name = strchr(s->why, ':'), *end = strstr(s->why, " not found");
	char path[300], soname[64], why[320];

	if (s->fault == DISPLAY_PAM || !strncmp(s->path, "/etc/", 5) ||
	    strstr(s->path, "/systemd/")) {
		r.good = is_text;
	} else if (name && end) {
		snprintf(soname, sizeof soname, "%.*s", (int)(end - name - 2), name + 2);
		if (!owned_library(c->t, soname, path))
			return -1;
		r.path = path;
		r.good = is_elf;
	} else {
		snprintf(path, sizeof path, "%.*s", (int)strcspn(s->why, ": "), s->why);
		r.path = path;
	}
	return restore_file(c, &r, why, sizeof why);
}

/* Put right what keeps it from starting, one thing after the other, where there is an exact way to.
 */
static int mend(struct check_context *c, const struct display *d, const struct display_manager *dm,
		struct display_state *s)
{
	char why[200] = "";

	for (int i = 0; i < MENDINGS && s->fault != DISPLAY_SOUND; i++) {
		if (s->fault == DISPLAY_USER
			? sysuser_restore(c->t, c->journal, s->path, why, sizeof why)
			: restore(c, s))
			return -1;
		display_judge(c->t, d->init, dm, s);
	}
	return s->fault == DISPLAY_SOUND ? 0 : -1;
}

/* The first that can start; each that cannot is a pivot. */
static const struct display_manager *choose(struct check_context *c, const struct display *d)
{
	struct display_state s;
	char tried[80];

	for (unsigned i = 0; i < d->n; i++) {
		if (display_judge(c->t, d->init, d->list[i], &s) == DISPLAY_SOUND ||
		    mend(c, d, d->list[i], &s) == 0)
			return d->list[i];
		snprintf(tried, sizeof tried, "display manager %s", d->list[i]->name);
		report_pivot(c->report, tried, s.why,
			     i + 1 < d->n ? d->list[i + 1]->name : "a text login");
	}
	return NULL;
}

int repair_display(struct check_context *c)
{
	const struct display_manager *dm;
	struct display d, now;
	char text[160];

	display_look(c->t, &d);
	if (!d.n)
		return -1;
	dm = choose(c, &d);
	if (!dm) {
		report_next(c->report, "log in on a text console (Ctrl+Alt+F2) and reinstall %s",
			    d.list[0]->name);
		return -1;
	}
	if (dm == d.on && display_enabled(&d))
		return 0;
	if (d.init->enable(c->t, c->journal, dm)) {
		snprintf(text, sizeof text, "%s could not be enabled in %s", dm->name,
			 d.init->name);
		report_failure(c->report, text, strerror(errno), NULL);
		return -1;
	}
	display_look(c->t, &now);
	return now.on == dm && display_enabled(&now) ? 0 : -1;
}
