/* change: one journalled step, from looking at what stands at a path to its replacement; what file.h's functions are made of.
 *
 * Life cycle: change_open, then set c->want from c->r.old and call one of change_make, change_set, change_remove, then change_close.
 * Order of each: temp file ready, old content kept, line written and synced, only then the change itself.
 */
#ifndef BASE_CHANGE_H
#define BASE_CHANGE_H

#include "base/journal.h"

struct change {
	struct journal *j;
	struct place p;
	struct record r;      /* old is filled by change_open */
	struct inode want;
};

/* NULL and errno on error. op is the journal's word. */
struct change *change_open(struct journal *j, const char *op, const char *path, bool follow);
/* End it and free it; hands rc through, errno kept, and tells the journal what the disk shows. */
int change_close(struct change *c, int rc);
/* Put an inode like c->want, with src's content, in the place of whatever stands there. 0/-1; ENOTEMPTY: a directory with
 * something in it that cannot be moved aside, on another file system than the journal. */
int change_make(struct change *c, const struct source *src);
/* Give what stands there c->want's owner, mode, xattrs and flags; a copy takes its place where one rename can do what several
 * calls would. Nothing to change: 0 and no line. */
int change_set(struct change *c);
int change_remove(struct change *c);
/* Record what stands at path as kept, or (was false) as made by a program: nothing stood there before. A path whose folder is not there: 0. */
int change_note(struct journal *j, const char *path, bool was);
/* All in one: path becomes like want (not followed); the same already: nothing is recorded. */
int change_to(struct journal *j, const char *path, const struct inode *want, const struct source *src);

#endif
