/* getty: on which console of the machine somebody can log in as text. */
#ifndef TARGET_GETTY_H
#define TARGET_GETTY_H

#include "target/init.h"

/* The serial console of kernel words ("console=ttyS0,115200" with prefix "console=", or bare names
 * with ""): the last one; "" when none is named, or a virtual one is too. Pure. */
void getty_serial(const char *words, size_t len, const char *prefix, char tty[32]);
/* Where a getty belongs: the serial console of a machine that has no other (what the kernel uses
 * now when it is the rescue entry's, else what the target's kernel line says), else "tty1". True:
 * one is started there, or on any virtual terminal where that is enough. */
bool getty_runs(const struct target *t, const struct init_system *init, char tty[32]);

#endif
