/* console: speak to the person: at every active console (/sys/class/tty/console/active), without ever waiting long for one, or on standard output or
 * error.
 *
 * What a console is decides how it is spoken to. A screen (a virtual terminal, or a terminal that TERM calls no dumb one) has colours, unless
 * NO_COLOR is set, and a last line that is written over. On a serial line or a dumb terminal everything stays, wrapped all the same. A file or a
 * pipe gets lines as long as they are.
 */
#ifndef BASE_CONSOLE_H
#define BASE_CONSOLE_H

#include "base/layout.h"

#include <stdbool.h>
#include <stddef.h>

/* The terminals a person at this machine may log in on, the screen's first: "tty1", "ttyS0". One
 * that names itself a kernel console (not a screen's) is marked. Returns how many, at least 1. */
struct console_name {
	char name[16];
	bool kernel;
};
unsigned console_names(struct console_name *list, unsigned max);

/* Where to speak from now on, this process and its later children: standard output is the default. */
enum console_where { CONSOLE_OUTPUT, CONSOLE_ERROR, CONSOLE_DEVICES };
void console_to(enum console_where where);
/* Lines that stay. A console that did not take all of it is not waited for again. */
void console_say(const struct said *s);
/* The same where no line can be written over: what console_live shows elsewhere. */
void console_say_steady(const struct said *s);
void console_box(enum tone tone, const char *text);
/* The last line of every screen, until something else is said: "" takes it away. */
void console_live(const char *text);

/* The new password, in groups of four, and how it is typed: to every active console (O_NONBLOCK, 2 s at most each) and to the controlling terminal
 * where there is one, never to standard output, standard error or the kernel's log. Returns how many took it. */
int console_password(const char *user, const char *password);

#endif
