/* aside: have something done by a child that nobody waits for beyond a deadline, and that is never killed: what it has begun in the kernel it ends.
 * For work on a target, with descendants and output, see child.h.
 */
#ifndef BASE_ASIDE_H
#define BASE_ASIDE_H

#include <stdint.h>

/* fn(arg) in a child. Its value, an errno or 0; EIO: the child died; ETIMEDOUT: it still runs, and is left to itself. */
int aside_run(int (*fn)(void *arg), void *arg, int64_t deadline);

#endif
