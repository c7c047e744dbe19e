/* place: put an inode where a name is, at every instant wholly the old one or wholly the new one (DESIGN.md, invariant 1).
 *
 * Life cycle: place_open, place_stage (a temp name beside it, with content and attributes, synced), place_swap (rename, directory synced); or
 * place_set, place_unlink; place_close removes what is left of the temp. Nothing here is journalled: file.h does that, rollback must not.
 * An error does not say that nothing happened: p->state tells what the disk shows.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include "base/file.h"
#include "base/inode.h"

#define TEMP_PREFIX ".rd-recovery."

struct place {
	int dirfd;
	char name[256];
	char temp[96];
	unsigned dirflags;      /* of the directory, as they are to be */
	enum file_state state;  /* after swap, set or unlink */
	bool owed;              /* a flag that was lifted could not be put back */
};

/* Where a regular file's content comes from: an open file when fd >= 0 (with splices in it, unless that is NULL), another name of the same inode
 * (hard link) when link is set, else memory. A directory with link set is moved from there. sha256: the content's, NULL when it is not known yet. */
struct source {
	int fd;
	const struct splice *splice;
	const char *sha256;
	const void *data; size_t len;
	int linkdir; const char *link;
};

/* The directory of path (symlinks followed as path_parent does). temp names the temp file. 0/-1. */
int place_open(struct place *p, int rootfd, const char *path, bool follow);
void place_close(struct place *p);
/* Make the temp be want, of any type, with src's content (NULL: empty). Flags are not set yet. A stale one is removed first. 0/-1. */
int place_stage(struct place *p, const struct inode *want, const struct source *src);
/* Let the temp take the name. old_mode: what stands there (0: nothing); a directory changes places with the temp and the caller takes it
 * from p->temp. flags: the new inode's. 0/-1. */
int place_swap(struct place *p, mode_t old_mode, unsigned flags);
/* Change attributes where they are, for directories and files with several names. 0/-1. */
int place_set(struct place *p, const struct inode *want);
/* Remove the name; nothing there is success. 0/-1. */
int place_unlink(struct place *p, mode_t old_mode);
/* Write len bytes where fd stands, or from the file's start; bounded in interruptions. Copy an open file from its start, a hole stays one; copy it
 * with splices. Sync. All 0/-1. */
int place_write(int fd, const void *data, size_t len);
int place_fill(int fd, const void *data, size_t len);
int place_copy(int from, int to);
int place_splice(int from, const struct splice *s, int to);
int place_sync(int fd);
/* renameat2(2), which not every libc has; RENAME_* of linux/fs.h. */
int place_rename(int fromdir, const char *from, int todir, const char *to, unsigned flags);
/* Remove a tree, never crossing into another file system. 0/-1 (what could be removed is). */
int place_remove_tree(int dirfd, const char *name);

#endif
