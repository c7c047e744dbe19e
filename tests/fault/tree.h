/* tree: the oracle's own eyes: a small root read whole into memory, laid out again, and compared.
 * Shares no code with the program under test.
 *
 * Life cycle: tree_read, then any number of tree_make, tree_find, tree_differ; tree_free. Flags are
 * those that bar a change (immutable, append-only); times, inode numbers and link counts are not
 * compared.
 */
#ifndef FAULT_TREE_H
#define FAULT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct entry {
	char *path; /* from the root on: "/etc/shadow"; the root itself "/" */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev;
	ino_t ino; /* 0: it has one name only */
	dev_t rdev;
	unsigned flags;
	char *data; /* a file's content, a symlink's target */
	size_t len;
	char *xattrs; /* name, NUL, length, value, by name */
	size_t xlen;
};

struct tree {
	struct entry *list; /* by path */
	size_t n;
};

/* Read all of dir. 0/-1. */
int tree_read(struct tree *t, const char *dir);
/* Lay it out in dir, which must not be there. 0/-1. */
int tree_make(const struct tree *t, const char *dir);
/* Remove dir and what is below, flags or not. 0/-1 (also when there is nothing). */
int tree_remove(const char *dir);
void tree_free(struct tree *t);
/* NULL: not there. */
const struct entry *tree_find(const struct tree *t, const char *path);
/* What differs between two entries, either of which may be NULL: "content", "mode", ...; NULL:
 * nothing. */
const char *tree_differ(const struct entry *a, const struct entry *b);

#endif
