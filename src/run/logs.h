/* logs: the run's log folder, filled by a child while the run goes on, one copy at a time and in order.
 *
 * Life cycle: logs_begin after each phase; logs_look again and again while the next one runs; logs_wait before anything depends on what is there.
 * A place that takes no copy is left for the next one of its ladder (logdir.h), which is a pivot, and gets everything from the start.
 */
#ifndef RUN_LOGS_H
#define RUN_LOGS_H

#include "run/run.h"

/* Copy what is new, once the copy before has ended: no more than two phases' lines are ever underway. */
void logs_begin(struct run *r);
/* Look after the copy that runs; where none does, a pivot that came since begins one. Never waits. */
void logs_look(struct run *r);
/* Until the last copy has ended, or no place is left. */
void logs_wait(struct run *r);

#endif
