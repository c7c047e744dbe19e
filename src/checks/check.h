/* check: lock-out causes (LOCKOUTS.md), a table of rows: how each is detected, repaired and proven. */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

#include "base/file.h"
#include "base/report.h"
#include "target/target.h"

struct check_context {
	const struct target *t;
	struct report *report;
	struct journal *journal; /* NULL during detection */
	const char *user;        /* the named user */
};

struct check {
	const char *id;          /* LOCKOUTS.md's */
	int phase;               /* in which it is repaired; 0: detection alone */
	/* read-only, milliseconds, runs in phase 1 and 7; adds findings by report_finding */
	void (*detect)(struct check_context *c);
	/* through the journal. 0 repaired and proven, -1 not; NULL when the phase's own code does it */
	int (*repair)(struct check_context *c);
};
extern const struct check checks[]; /* id NULL ends it */

void check_detect_all(struct check_context *c);
/* Repair the open findings of this phase's rows; settles them. Returns how many stayed open. */
unsigned check_repair_phase(struct check_context *c, int phase);

#endif
