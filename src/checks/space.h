/* space: is there room left, and how much of what can be made again must go? */
#ifndef CHECKS_SPACE_H
#define CHECKS_SPACE_H

#include "checks/check.h"


#include <sys/statvfs.h>

#define SPACE_ID "disk-full"

/* No blocks or no inodes left for users. Pure. */
bool space_full(const struct statvfs *v);
/* 5 % of both, at most 64 MiB. Pure. */
bool space_enough(const struct statvfs *v);
/* Never deleted: the archive of a package from which a login may be repaired. Pure. */
bool space_keep(const char *name);
/* Repair disk-full where it was found: before a journal is opened, for the journal needs the room. What goes is listed and cannot be undone. */
void space_make_room(struct check_context *c);

#endif
