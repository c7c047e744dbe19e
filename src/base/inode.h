/* inode: what stands at a name, of any type: read, compared, put on paper for the journal, and laid onto another inode. */
#ifndef BASE_INODE_H
#define BASE_INODE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/path.h"

#define INODE_XATTRS 32768             /* text of all xattrs: "name:hex,name:hex", sorted */
#define INODE_HASHED (1L << 30)        /* larger files are known by size, time and number instead of content */
#define INODE_TEXT (3 * (INODE_XATTRS + PATH_CAP) + 512) /* inode_print's most */

struct inode {
	mode_t mode;            /* 0: nothing there */
	uid_t uid; gid_t gid;
	off_t size;             /* regular files */
	dev_t rdev;             /* devices */
	nlink_t nlink;
	struct timespec mtime;  /* tv_nsec UTIME_OMIT: now */
	unsigned flags;         /* FS_IOC_GETFLAGS: immutable, append-only and a few more that survive */
	bool xattrs_any;        /* laid on: keep what the new inode was born with (a label) */
	char sha256[DIGEST_HEX];
	char link[PATH_CAP];    /* symlinks */
	char xattrs[INODE_XATTRS];
	dev_t dev; ino_t ino;   /* where it was read; not on paper */
};

/* Read what stands at name (never opens a FIFO, socket or device). Nothing there: mode 0, and 0 is returned. -1: E2BIG too many xattrs,
 * or the failed call's errno. */
int inode_read(int dirfd, const char *name, struct inode *in);
/* The same, but the content of a regular file is known by its digest already, unless that is NULL. */
int inode_read_known(int dirfd, const char *name, struct inode *in, const char *sha256);
/* The same as inode_read of an open regular file or directory. */
int inode_read_fd(int fd, struct inode *in);
/* Same type, owner, mode, content, link target, device, xattrs, flags? Times do not count. */
bool inode_same(const struct inode *a, const struct inode *b);
/* Is cur a state that a power cut can leave between old and new when attributes are changed one after the other? */
bool inode_between(const struct inode *cur, const struct inode *old, const struct inode *now);
/* Lay owner, mode, xattrs and time onto name (fd >= 0: it is open there; else a symlink, FIFO, socket or device). Not the flags. 0/-1. */
int inode_apply(int dirfd, const char *name, int fd, const struct inode *want);
/* Put on paper " key.mode=... key.xattrs=...", and read back (memory of INODE_TEXT). 0, or -1 EINVAL. */
void inode_print(struct buf *b, const char *key, const struct inode *in);
int inode_parse(const char *line, size_t len, const char *key, struct inode *in);

/* Flags of an open file or directory; 0 where the file system has none. 0, or -1: nobody can tell. */
int inode_flags(int fd, unsigned *flags);
/* Set them. 0, or -1; no flags wanted and none possible is success. */
int inode_flags_set(int fd, unsigned flags);
/* Clear immutable and append-only for a change; *flags: as they were, for inode_flags_set. 0, or -1: they could not be read, nothing was done. */
int inode_flags_lift(int fd, unsigned *flags);
/* May cur be want, but for flags that were lifted for a change and not put back? */
bool inode_lifted(const struct inode *cur, const struct inode *want);

/* Fields of a line: append " key=value" with %XX for what is no plain character; find and undo one. False: not there, or too long. */
void field_add(struct buf *b, const char *key, const char *value);
bool field_get(const char *line, size_t len, const char *key, struct buf *value);
bool field_number(const char *line, size_t len, const char *key, unsigned long long *value);
/* The value of a digit 0-9, a-f; -1: it is none. Pure. */
int field_hex(char c);

#endif
