/* commands: one function per sub-command; each returns the exit status (DESIGN.md). */
#ifndef RUN_COMMANDS_H
#define RUN_COMMANDS_H

#include "options.h"
#include "run/mounts.h"

#include <stdbool.h>

/* Read the configuration file the options name (default /etc/rd-recovery.conf, which may be
 * missing). 0, or -1: problems filled. */
int command_configure(struct options *o);

/* Mount another system's parts, where they are not mounted yet; the running one's are as they are. */
void command_mount(struct mounts *m, struct target *t, const struct options *o);

int command_run(struct options *o);
int command_diagnose(struct options *o);
int command_rollback(struct options *o);
int command_capture(struct options *o);
int command_status(struct options *o);
int command_verify(struct options *o);
int command_report(struct options *o);
int command_hash(struct options *o);
int command_password(struct options *o);
int command_boot(struct options *o);
/* Is this process 1 of the self-contained initramfs? Whatever words of its line the kernel gave it: they are the next init's. */
bool command_is_init(char **argv);
/* Its life: does not return. */
int command_init(struct options *o);
/* The kernel asks for a module: load what answers to its alias. */
int command_module(const char *alias);

#endif
