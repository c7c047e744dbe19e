/* console: speak to the people at every active console (/sys/class/tty/console/active), without
 * ever waiting long for one. */
#ifndef BASE_CONSOLE_H
#define BASE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* The terminals a person at this machine may log in on, the screen's first: "tty1", "ttyS0". One
 * that names itself a kernel console (not a screen's) is marked. Returns how many, at least 1. */
struct console_name {
	char name[16];
	bool kernel;
};
unsigned console_names(struct console_name *list, unsigned max);
/* Returns how many consoles took all of it. One that did not is left out from then on. */
int console_write(const char *text, size_t len);

#endif
