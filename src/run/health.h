/* health: is the target in a state worth keeping: as known-good copies, as a rescue image? */
#ifndef RUN_HEALTH_H
#define RUN_HEALTH_H

#include "base/buf.h"
#include "base/report.h"
#include "target/target.h"

/* What bars it, a line each, into why: a libcrypt not proven to verify every password, an error that diagnose would name. Nothing: healthy. */
void health_look(const struct target *t, struct buf *why);

#endif
