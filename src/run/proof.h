/* proof: what a phase left pending is proven beside the phases that write nothing (phase.h).
 *
 * Life cycle: proof_begin before each phase after which none writes any more, proof_look again and again while one runs, proof_end
 * before the summary.
 */
#ifndef RUN_PROOF_H
#define RUN_PROOF_H

#include "run/run.h"

/* Start what is pending, if anything is and it has not been started: over at end at the latest. After a signal or the run's time nothing is. */
void proof_begin(struct run *r, int64_t end);
/* Look after it while a phase runs, and say it when it is proven. Never waits. */
void proof_look(struct run *r);
/* Wait for it, unless a signal comes; what is pending gets its outcome, and says so. */
void proof_end(struct run *r);

#endif
