/* compare: the findings after a run beside those before it. Pure but for what it logs. */
#ifndef PHASES_COMPARE_H
#define PHASES_COMPARE_H

#include "base/report.h"

struct comparison { /* notes are not counted */
	unsigned repaired, unchanged, fresh, worse;
};
/* Each finding of r is looked for in now: the same id, and the same evidence or, where that has
 * changed its words, about the same path. What is gone is settled as repaired; what blocks more
 * people, or is graver, than before is worse and takes the new words; what has no older one is new
 * and comes into r. A finding that no check made (checked says which do) stays as it is. Each is a
 * line of system-state.log. */
void compare_findings(struct report *r, const struct report *now, bool (*checked)(const char *id),
		      struct comparison *n);

#endif
