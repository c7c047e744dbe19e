/* commands: one function per sub-command; each returns the exit status (DESIGN.md). */
#ifndef RUN_COMMANDS_H
#define RUN_COMMANDS_H

#include "options.h"

/* Read the configuration file the options name (default /etc/rd-recovery.conf, which may be
 * missing). 0, or -1: problems filled. */
int command_configure(struct options *o);

int command_run(struct options *o);
int command_diagnose(struct options *o);
int command_rollback(struct options *o);
int command_capture(struct options *o);
int command_hash(struct options *o);
int command_boot(struct options *o);

#endif
