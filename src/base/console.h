/* console: speak to the people at every active console (/sys/class/tty/console/active), without
 * ever waiting long for one. */
#ifndef BASE_CONSOLE_H
#define BASE_CONSOLE_H

#include <stddef.h>

/* Returns how many consoles took all of it. One that did not is left out from then on. */
int console_write(const char *text, size_t len);

#endif
