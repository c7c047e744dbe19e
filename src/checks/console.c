#include "checks/families.h"

#include "target/display.h"
#include "target/getty.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Can a display manager let somebody in instead? */
static bool display_works(const struct target *t)
{
	struct display d;
	struct display_state s;

	display_look(t, &d);
	return display_enabled(&d) &&
	       (!d.on || display_judge(t, d.init, d.on, &s) == DISPLAY_SOUND);
}

/* A machine that shows a display may well do without. */
void detect_getty(struct check_context *c)
{
	static const struct cause cause = {"getty-missing", SEVERITY_ERROR, BLOCKS_EVERYONE,
					   "phase 6 enables one there"};
	const struct init_system *init = init_in_use(c->t);
	char tty[32];

	if (!init || target_is_unknown(c->t, "/usr") || getty_runs(c->t, init, tty) ||
	    display_works(c->t))
		return;
	check_found(c, &cause, "%s: no getty is started on %s, and no display manager is",
		    init->name, tty);
}

int repair_getty(struct check_context *c)
{
	const struct init_system *init = init_in_use(c->t);
	char tty[32], text[80];

	if (!init)
		return -1;
	if (getty_runs(c->t, init, tty))
		return 0;
	if (init->getty_enable(c->t, c->journal, tty) == 0 && init->getty(c->t, tty))
		return 0;
	snprintf(text, sizeof text, "a getty on %s could not be enabled in %s", tty, init->name);
	report_failure(c->report, text, strerror(errno), NULL);
	return -1;
}
