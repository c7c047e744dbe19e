/* inittab: inittab(5) as bytes, System V's and busybox's (which leaves the runlevels empty). Pure. */
#ifndef TARGET_INITTAB_H
#define TARGET_INITTAB_H

#include "base/buf.h"

/* The digit of "id:N:initdefault:", or 0. */
char inittab_level(const char *data, size_t len);
/* Is a getty or login respawned in the default runlevel on this terminal, or for "" on a virtual
 * one? */
bool inittab_getty(const char *data, size_t len, const char *tty);
/* data with a getty on tty: a line that was commented out, else a new one that starts program.
 * Other bytes stay. 0, or -1 ENOSPC. */
struct inittab_new {
	const char *tty, *program;
	bool busybox;
};
int inittab_add(const char *data, size_t len, const struct inittab_new *n, struct buf *dst);

#endif
