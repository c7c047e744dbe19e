#include "base/child.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "phases/phase.h"
#include "target/display.h"

#include <string.h>

/* systemd's own word on it, where its program can be asked; it informs, the links decide. */
static void ask_systemctl(struct context *c)
{
	const char *argv[] = {"/usr/bin/systemctl", "--root=/", "is-enabled",
			      "display-manager.service", NULL};
	struct child_result r = {0};
	struct child_spec spec = {
	    .name = "systemctl is-enabled", .argv = argv, .deadline = context_deadline(c, 30)};
	struct trial trial;

	if (!path_exists(c->t->fd, argv[0]) || trial_open(&trial, c->t->root, 0) < 0)
		return;
	spec.root = trial.path;
	child_run(&spec, &r);
	log_line("systemctl is-enabled display-manager.service: %s", r.reason);
	trial_close(&trial);
}

static enum outcome say_fault(struct context *c, const struct display *d, const char *why)
{
	if (c->t->readonly || !c->journal) {
		phase_text(c, 6, "%s cannot start: %s; nothing was changed", d->list[0]->name, why);
		return OUTCOME_SKIPPED;
	}
	phase_text(c, 6, "no display manager can start: log in on a text console; %s: %s",
		   d->list[0]->name, why);
	return OUTCOME_FAILED;
}

enum outcome p6_display_manager(struct context *c)
{
	unsigned repaired = context_repair(c, 6);
	enum outcome good = repaired ? OUTCOME_REPAIRED : OUTCOME_OK;
	struct display_state s = {0};
	struct display d;

	if (target_is_unknown(c->t, "/usr")) {
		phase_text(c, 6,
			   "/usr could not be mounted: nothing is known of a display manager");
		return OUTCOME_UNKNOWN;
	}
	display_look(c->t, &d);
	if (!d.init) {
		phase_text(c, 6, "no init system is recognised");
		return OUTCOME_UNKNOWN;
	}
	if (!d.n && !d.now[0]) {
		phase_text(c, 6, "no display manager is installed%s",
			   repaired ? "; a text login is started" : ": nothing to do");
		return repaired ? good : OUTCOME_NOTHING;
	}
	if (!display_enabled(&d))
		return say_fault(c, &d, "it is not enabled");
	if (d.on && display_judge(c->t, d.init, d.on, &s) != DISPLAY_SOUND)
		return say_fault(c, &d, s.why);
	if (repaired && !strcmp(d.init->name, "systemd"))
		ask_systemctl(c);
	phase_text(c, 6, "%s is enabled in %s%s", d.now, d.init->name,
		   d.on ? " and its libraries resolve" : "");
	return good;
}
