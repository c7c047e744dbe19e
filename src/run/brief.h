/* brief: the short log in a /boot that anyone can read, where root is encrypted: that there was a run, how it ended, and where the rest lies. */
#ifndef RUN_BRIEF_H
#define RUN_BRIEF_H

#include "run/run.h"

/* Nothing where the details themselves may lie in /boot. A failure is a pivot. */
void brief_begin(struct run *r);
void brief_end(struct run *r);

#endif
