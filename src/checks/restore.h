/* restore: a missing or damaged file comes back from the first source that has a good copy: the capture, the owning package in the package
 * manager's cache (unpacked in a trial), the manager's own offline reinstall (in a trial, proven, committed). Every source left is a pivot.
 */
#ifndef CHECKS_RESTORE_H
#define CHECKS_RESTORE_H

#include "checks/check.h"

struct restore {
	const char *path; /* target path, its usual name */
	const char *id;   /* the finding's, for messages */
	/* Is the candidate, target path file in t (a trial; file may lie elsewhere than at its place), good? NULL: an ELF file that resolves. */
	bool (*good)(const struct target *t, const char *file);
};
/* 0: it stands in its place (or did), through the journal, with owner and mode of its source; of a symlink also what it leads to, of an
 * ELF file also the captured libraries that it needs and that are gone. -1 and why. Mounts: only in a phase's worker. */
int restore_file(struct check_context *c, const struct restore *r, char *why, size_t cap);

#endif
