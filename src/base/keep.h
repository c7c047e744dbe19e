/* keep: what a program may change is journalled before it runs on the target itself, where no overlay can be a trial (DESIGN.md, invariant 2).
 *
 * Life cycle: keep_start, keep_add for every path, keep_arm (all is recorded, durable), the program runs, keep_end. When the process dies on the way,
 * the same run's next journal_open puts the recorded paths back; after a power cut a rollback does.
 */
#ifndef BASE_KEEP_H
#define BASE_KEEP_H

#include "base/file.h"

struct keep;

/* others: other programs may write to the target meanwhile, so that only a new name that a pattern matches is the program's. Otherwise every new name
 * beside a kept path is. NULL on error. */
struct keep *keep_start(struct journal *j, bool others);
/* A path of any type, which need not exist; or a pattern in its last component (* and ?): what matches, now or after. 0/-1. */
int keep_add(struct keep *k, const char *path);
/* Record all of it, and which names there are. Returns how many paths, or -1: the program must not run. */
int keep_arm(struct keep *k);
/* Proven: what differs became ordinary changes. Not proven, or it cannot be recorded: everything goes back, -1 when not all of
 * it did or it was proven in vain. Frees k (NULL is borne). */
int keep_end(struct keep *k, bool proven);

#endif
