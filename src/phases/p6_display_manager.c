#include "base/buf.h"
#include "base/child.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "phases/phase.h"
#include "target/init.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct choice {
	struct context *c;
	const struct init_system *init;
	const struct display_manager *list[INIT_DISPLAYS];
	unsigned n;
	char now[64];	/* enabled, "" none */
	char level[64]; /* default runlevel or target */
};

static void find_fault(struct choice *ch, const char *id, const char *evidence, const char *action)
{
	struct finding f = {.severity = SEVERITY_ERROR,
			    .blocks = BLOCKS_DISPLAY,
			    .state = FINDING_OPEN,
			    .repairable = !strcmp(id, "dm-disabled")};

	if (report_find(ch->c->report, id)) /* phase 1 saw it already */
		return;
	str_copy(f.id, sizeof(f.id), id);
	str_copy(f.evidence, sizeof(f.evidence), evidence);
	str_copy(f.action, sizeof(f.action), action);
	report_finding(ch->c->report, &f);
}

static bool is_enabled(const struct choice *ch, const struct display_manager *dm)
{
	char now[64], level[64] = "";

	if (ch->init->enabled(ch->c->t, now, sizeof(now)) < 0 || strcmp(now, dm->name))
		return false;
	if (strcmp(ch->init->name, "systemd"))
		return true;
	return ch->init->level(ch->c->t, level, sizeof(level)) == 0 &&
	       !strcmp(level, "graphical.target");
}

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

static enum outcome enable(struct choice *ch, const struct display_manager *dm)
{
	struct context *c = ch->c;
	char text[320];

	snprintf(text, sizeof(text), "%s is installed; enabled in %s: %s, default %s", dm->name,
		 ch->init->name, ch->now[0] ? ch->now : "none",
		 ch->level[0] ? ch->level : "unknown");
	find_fault(ch, "dm-disabled", text, "enable it");
	if (c->t->readonly || !c->journal) {
		phase_text(c, 6, "%s is not enabled; nothing was changed", dm->name);
		return OUTCOME_SKIPPED;
	}
	if (ch->init->enable(c->t, c->journal, dm) < 0 || !is_enabled(ch, dm)) {
		snprintf(text, sizeof(text), "%s could not be enabled in %s: %s", dm->name,
			 ch->init->name, strerror(errno));
		report_settle(c->report, "dm-disabled", FINDING_FAILED);
		report_failure(c->report, "display manager", text, NULL);
		phase_text(c, 6, "%s", text);
		return OUTCOME_FAILED;
	}
	if (!strcmp(ch->init->name, "systemd"))
		ask_systemctl(c);
	report_settle(c->report, "dm-disabled", FINDING_REPAIRED);
	phase_text(c, 6, "%s enabled in %s; its libraries resolve", dm->name, ch->init->name);
	return OUTCOME_REPAIRED;
}

/* The first whose binary can be loaded; each that cannot is a pivot. */
static const struct display_manager *choose(struct choice *ch)
{
	char why[200], tried[120];

	for (unsigned i = 0; i < ch->n; i++) {
		if (init_resolves(ch->c->t, ch->list[i]->binary, why, sizeof(why)) == 0)
			return ch->list[i];
		find_fault(ch, "dm-broken", why, "reinstall its package, or the library named");
		snprintf(tried, sizeof(tried), "display manager %s", ch->list[i]->name);
		report_pivot(ch->c->report, tried, why,
			     i + 1 < ch->n ? ch->list[i + 1]->name : "leave a text login");
	}
	return NULL;
}

enum outcome p6_display_manager(struct context *c)
{
	struct choice ch = {.c = c, .init = init_in_use(c->t)};
	const struct display_manager *dm;

	context_repair(c, 6);
	if (target_is_unknown(c->t, "/usr")) {
		phase_text(c, 6,
			   "/usr could not be mounted: nothing is known of a display manager");
		return OUTCOME_UNKNOWN;
	}
	if (ch.init && ch.init->enabled(c->t, ch.now, sizeof(ch.now)) < 0)
		ch.now[0] = '\0';
	ch.n = init_displays(c->t, ch.list);
	if (!ch.n) {
		phase_text(c, 6, "no display manager is installed: nothing to do");
		return OUTCOME_NOTHING;
	}
	if (!ch.init) {
		phase_text(c, 6, "%s is installed, but no init system is recognised",
			   ch.list[0]->name);
		return OUTCOME_UNKNOWN;
	}
	if (ch.init->level(c->t, ch.level, sizeof(ch.level)) < 0)
		ch.level[0] = '\0';
	dm = choose(&ch);
	if (!dm) {
		phase_text(c, 6,
			   "no installed display manager can start: log in on a text console");
		report_next(c->report, "log in on a text console (Ctrl+Alt+F2) and reinstall %s",
			    ch.list[0]->name);
		return OUTCOME_FAILED;
	}
	if (!is_enabled(&ch, dm))
		return enable(&ch, dm);
	phase_text(c, 6, "%s is enabled in %s and its libraries resolve", dm->name, ch.init->name);
	return OUTCOME_OK;
}
