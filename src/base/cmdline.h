/* cmdline: the kernel's command line, word by word (kernel-parameters.txt: blanks part words, quotes protect blanks). */
#ifndef BASE_CMDLINE_H
#define BASE_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CMDLINE_CAP 8192

/* /proc/cmdline. Returns its length, or -1. */
ssize_t cmdline_read(char *dst, size_t cap);
/* Call fn for each word, quotes undone, NUL-terminated; fn may change it. One longer than 511 bytes comes cut. Pure. */
void cmdline_each(const char *line, size_t len, void (*fn)(void *arg, char *word, bool cut), void *arg);

#endif
