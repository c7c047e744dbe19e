#include "checks/families.h"

#include "base/path.h"
#include "checks/sysuser.h"
#include "target/display.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	if (display_judge(c->t, d.init, d.list[0], &s) != DISPLAY_SOUND &&
	    s.fault != DISPLAY_UNKNOWN)
		check_found(c, &broken, "%s cannot start: %s", d.list[0]->name, s.why);
	if (display_enabled(&d))
		return;
	describe(&d, text, sizeof text);
	check_found(c, &disabled, "%s", text);
}

/* Put right what keeps it from starting, where there is one exact way to. */
static int mend(struct check_context *c, const struct display *d, const struct display_manager *dm,
		struct display_state *s)
{
	char why[200] = "";

	if (s->fault == DISPLAY_USER && sysuser_restore(c->t, c->journal, s->path, why, sizeof why))
		return -1;
	return display_judge(c->t, d->init, dm, s) == DISPLAY_SOUND ? 0 : -1;
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
