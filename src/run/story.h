/* story: a past run, told to a person: what was found, tried, changed; before and after; how to undo it. */
#ifndef RUN_STORY_H
#define RUN_STORY_H

#include "base/report.h"

struct story {
	struct report report;
	char folder[256];	/* of its logs */
	char changes[16384];	/* one path a line, as its journal has them */
	char compared[32768];	/* the end of system-state.log */
	bool journal, undone;	/* there is what undoes it; it was undone */
	bool unread;		/* not known: not everything could be looked at */
};

/* To where console_to says. */
void story_tell(const struct story *s);
/* The lines of system-state.log that compare: where they begin in its text, NULL: they are not there. Pure. */
const char *story_compared(const char *text, size_t len);

#endif
