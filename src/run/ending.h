/* ending: how long the verdict stays on the screen, and what the machine does then. */
#ifndef RUN_ENDING_H
#define RUN_ENDING_H

#include "options.h"

/* What a command returns when a shell was asked for, or when going on would do harm. */
#define ENDING_SHELL 64
/* What it returns when the machine was told to end: nothing is to be begun any more, even where it has not ended yet. */
#define ENDING_ENDS 65

/* Say that a hibernated system waits there, and what that means. */
void ending_say_asleep(const char *where);
/* Wait out o->hold, counting down; a signal ends the wait. */
void ending_hold(const struct options *o);
/* Do what o->after says. Returns the command's exit status; a machine that should have ended and did not was said. */
int ending_finish(struct options *o);

#endif
