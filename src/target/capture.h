/* capture: libcrypt libraries kept while they worked, in a folder that mirrors the target:
 * <folder>/<target path of the soname>. */
#ifndef TARGET_CAPTURE_H
#define TARGET_CAPTURE_H

#include "target/target.h"

/* Copy every libcrypt soname of the target that is proven to do what its shadow file and configured
 * method need, and SHA512 and yescrypt where it knows them, to output (made, 0700; files 0600).
 * Returns how many; -1 and why: one is broken, or nothing to take. */
int capture_make(const struct target *t, const char *output, char *why, size_t cap);

#endif
