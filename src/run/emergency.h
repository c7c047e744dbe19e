/* emergency: root could not be mounted at all: say what can be seen, and leave it in /boot. */
#ifndef RUN_EMERGENCY_H
#define RUN_EMERGENCY_H

#include "run/run.h"

/* Diagnose without a target; logs go to the first file system that looks like a /boot, else to
 * /run, and there too where something is encrypted or a part of something that was not put together. */
void emergency_run(struct run *r);

#endif
