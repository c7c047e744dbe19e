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
/* Process 1 of the self-contained initramfs: does not return. */
int command_init(struct options *o);
/* The kernel asks for a module: load what answers to its alias. */
int command_module(struct options *o);

#endif
