/* screen: what a person sees of a run: one line for each phase, what it is doing and how much of its limit is left, and the verdict.
 *
 * Life cycle: screen_run; for each phase screen_begin, screen_tick as often as one likes, screen_end; screen_verdict.
 */
#ifndef RUN_SCREEN_H
#define RUN_SCREEN_H

#include "phases/phase.h"
#include "target/logdir.h"

struct screen { /* of one phase */
	const struct phase *phase;
	int64_t begun, until; /* clock_ms */
	int64_t live, steady; /* when to show the next of either */
};

/* How many seconds the whole may take. */
void screen_run(long seconds);
void screen_begin(struct screen *s, const struct phase *p, int64_t until);
/* The same of one that has been begun and is waited for. */
void screen_wait(struct screen *s, const struct phase *p, int64_t until);
/* doing: what the phase waits for, or "". */
void screen_tick(struct screen *s, const char *doing);
void screen_end(const struct phase *p, const struct phase_result *result);
/* The last word: a box, and the new password, where there is one, below it. ended: before its time.
 * False: no console took the password, which is logged. */
bool screen_verdict(const struct report *r, const struct shared *shared, const struct logdir *logs,
		    bool ended);
/* So many seconds in words: "45 s", "5 min", "7 h 10 min". */
const char *screen_span(long seconds, char dst[24]);

#endif
