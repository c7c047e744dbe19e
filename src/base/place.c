#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INTERRUPTED 64

/* at < 0: at the end, or wherever fd stands. One that was interrupted may have written all the
 * same: at a place of its own, that does no harm. */
static int write_all(int fd, const void *data, size_t len, off_t at)
{
	const char *p = data;

	for (int interrupted = 0; len;) {
		ssize_t n = at < 0 ? write(fd, p, len) : pwrite(fd, p, len, at);

		if (n < 0 && errno == EINTR && interrupted++ < INTERRUPTED)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return -1;
		}
		p += n;
		len -= (size_t)n;
		at += at < 0 ? 0 : n;
	}
	return 0;
}

int place_write(int fd, const void *data, size_t len)
{
	return write_all(fd, data, len, -1);
}

int place_fill(int fd, const void *data, size_t len)
{
	return write_all(fd, data, len, 0);
}

int place_sync(int fd)
{
	int rc = -1;

	for (int i = 0; i < INTERRUPTED; i++) {
		rc = fsync(fd);
		if (rc == 0 || errno != EINTR)
			break;
	}
	return rc;
}

/* Copy [at,end) of from, so many bytes further on in to. */
static int copy_range(int from, int to, off_t at, off_t end, off_t further)
{
	char chunk[65536];

	for (int interrupted = 0; at < end;) {
		size_t want = end - at < (off_t)sizeof chunk ? (size_t)(end - at) : sizeof chunk;
		ssize_t n = pread(from, chunk, want, at);

		if (n < 0 && errno == EINTR && interrupted++ < INTERRUPTED)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO; /* it shrank meanwhile */
			return -1;
		}
		if (write_all(to, chunk, (size_t)n, at + further))
			return -1;
		at += n;
	}
	return 0;
}

int place_copy(int from, int to)
{
	struct stat st;
	off_t data, hole = 0;

	if (fstat(from, &st) || ftruncate(to, st.st_size))
		return -1;
	while (hole < st.st_size) {
		data = lseek(from, hole, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			return copy_range(from, to, 0, st.st_size, 0);
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > st.st_size)
			hole = st.st_size;
		if (copy_range(from, to, data, hole, 0))
			return -1;
	}
	return 0;
}

int place_splice(int from, const struct splice *s, int to)
{
	off_t at = 0, further = 0;
	struct stat st;

	if (fstat(from, &st))
		return -1;
	for (; s; s = s->next) {
		errno = ESTALE;
		if (s->at < at || s->at + (off_t)s->drop > st.st_size)
			return -1;
		if (copy_range(from, to, at, s->at, further) ||
		    write_all(to, s->data, s->len, s->at + further))
			return -1;
		at = s->at + (off_t)s->drop;
		further += (off_t)s->len - (off_t)s->drop;
	}
	return copy_range(from, to, at, st.st_size, further);
}

int place_rename(int fromdir, const char *from, int todir, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, fromdir, from, todir, to, flags);
}

int place_open(struct place *p, int rootfd, const char *path, bool follow)
{
	memset(p, 0, sizeof *p);
	p->dirfd = path_parent(rootfd, path, follow, p->name);
	if (p->dirfd < 0)
		return -1;
	if (inode_flags(p->dirfd, &p->dirflags) == 0)
		return 0;
	place_close(p);
	return -1;
}

/* Remove the temp, whatever it is; what cannot be removed now, the next journal_open finds. */
static int discard(struct place *p)
{
	if (!p->temp[0] || !unlinkat(p->dirfd, p->temp, 0) || errno == ENOENT)
		return 0;
	return unlinkat(p->dirfd, p->temp, AT_REMOVEDIR);
}

void place_close(struct place *p)
{
	int error = errno;

	if (p->dirfd >= 0) {
		discard(p);
		close(p->dirfd);
	}
	p->dirfd = -1;
	errno = error;
}

/* Make the temp's bare inode; fd is opened for a regular file or directory. */
static int make(struct place *p, const struct inode *want, const struct source *src, int *fd)
{
	mode_t mode = (want->mode & S_IFMT) | 0600;

	if (src && src->link && S_ISDIR(want->mode))
		return place_rename(src->linkdir, src->link, p->dirfd, p->temp, RENAME_NOREPLACE);
	if (src && src->link)
		return linkat(src->linkdir, src->link, p->dirfd, p->temp, 0);
	switch (want->mode & S_IFMT) {
	case S_IFREG:
		*fd = openat(p->dirfd, p->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     0600);
		return *fd < 0 ? -1 : 0;
	case S_IFDIR:
		if (mkdirat(p->dirfd, p->temp, 0700))
			return -1;
		*fd = openat(p->dirfd, p->temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return *fd < 0 ? -1 : 0;
	case S_IFLNK:
		return symlinkat(want->link, p->dirfd, p->temp);
	default:
		return mknodat(p->dirfd, p->temp, mode, want->rdev);
	}
}

static int fill(int fd, const struct inode *want, const struct source *src)
{
	if (!S_ISREG(want->mode) || !src)
		return 0;
	if (src->fd < 0)
		return place_fill(fd, src->data, src->len);
	return src->splice ? place_splice(src->fd, src->splice, fd) : place_copy(src->fd, fd);
}

static void put_back(struct place *p, int fd, unsigned flags)
{
	if (inode_flags_set(fd, flags))
		p->owed = true;
}

int place_stage(struct place *p, const struct inode *want, const struct source *src)
{
	unsigned flags;
	int fd = -1, rc, error;

	if (inode_flags_lift(p->dirfd, &flags))
		return -1;
	rc = make(p, want, src, &fd);
	if (rc && errno == EEXIST && discard(p) == 0)
		rc = make(p, want, src, &fd);
	if (rc == 0 && !(src && src->link))
		rc = fill(fd, want, src) || inode_apply(p->dirfd, p->temp, fd, want) ||
			     (fd >= 0 && place_sync(fd))
			 ? -1
			 : 0;
	error = errno;
	if (fd >= 0 && close(fd) && rc == 0) {
		rc = -1;
		error = errno;
	}
	if (rc)
		discard(p); /* a failed open may have made it all the same */
	put_back(p, p->dirfd, flags);
	errno = error;
	return rc;
}

/* Open what stands at the name, when it is of a type that can have flags; else *fd is -1. 0/-1. */
static int open_flagged(const struct place *p, const char *name, int *fd)
{
	struct stat st;

	*fd = -1;
	if (fstatat(p->dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	*fd = openat(p->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return *fd < 0 ? -1 : 0;
}

/* What a change needs out of its way: the flags of the directory and of what stands at the name. */
struct lifted {
	int fd; /* of what stands there; -1 */
	unsigned flags, dirflags;
};

static int lift(struct place *p, struct lifted *l)
{
	l->fd = -1;
	l->flags = l->dirflags = 0;
	if (open_flagged(p, p->name, &l->fd) == 0 &&
	    inode_flags_lift(p->dirfd, &l->dirflags) == 0) {
		if (l->fd < 0 || inode_flags_lift(l->fd, &l->flags) == 0)
			return 0;
		put_back(p, p->dirfd, l->dirflags);
	}
	if (l->fd >= 0)
		close(l->fd);
	return -1;
}

/* stays: what stood there still has its name. */
static void settle(struct place *p, struct lifted *l, bool stays)
{
	int error = errno;
	struct stat st;

	/* a directory that gave way is moved on without them */
	if (l->fd >= 0 && (stays || fstat(l->fd, &st) || (st.st_nlink && !S_ISDIR(st.st_mode))))
		put_back(p, l->fd, l->flags);
	if (l->fd >= 0)
		close(l->fd);
	put_back(p, p->dirfd, l->dirflags);
	errno = error;
}

/* The name's inode number, 0 when there is nothing, -1 when nobody can tell. */
static int number(int dirfd, const char *name, struct stat *st)
{
	if (fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* After an error: does the name now stand for the inode that was the temp? */
static enum file_state look(struct place *p, const struct stat *temp)
{
	struct stat st;

	switch (number(p->dirfd, p->name, &st)) {
	case 1:
		return st.st_ino == temp->st_ino && st.st_dev == temp->st_dev ? FILE_NEW : FILE_OLD;
	case 0:
		return FILE_OLD;
	default:
		return FILE_UNKNOWN;
	}
}

static int exchange(struct place *p, mode_t old_mode)
{
	if (!S_ISDIR(old_mode))
		return renameat(p->dirfd, p->temp, p->dirfd, p->name);
	return place_rename(p->dirfd, p->temp, p->dirfd, p->name, RENAME_EXCHANGE);
}

/* The new inode, which fd is (-1: not needed), gets its flags whether or not the directory could be
 * synced. */
static int finish(struct place *p, int fd, unsigned flags)
{
	int rc = place_sync(p->dirfd), error = errno;

	if (fd >= 0 && (inode_flags_set(fd, flags) || place_sync(fd))) {
		p->owed = true;
		rc = -1;
		error = errno;
	}
	errno = error;
	return rc;
}

/* rename does nothing at all where both names are the same inode: then the temp stays and is
 * discarded. */
int place_swap(struct place *p, mode_t old_mode, unsigned flags)
{
	struct stat temp = {0};
	struct lifted l;
	int fd = -1, rc = -1, error;

	p->state = FILE_OLD;
	if (lift(p, &l))
		return -1;
	if (fstatat(p->dirfd, p->temp, &temp, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!flags || open_flagged(p, p->temp, &fd) == 0))
		rc = exchange(p, old_mode);
	error = errno;
	p->state = rc ? look(p, &temp) : FILE_NEW;
	errno = error;
	if (p->state == FILE_NEW)
		rc = finish(p, fd, flags);
	settle(p, &l, p->state != FILE_NEW);
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return rc;
}

int place_set(struct place *p, const struct inode *want)
{
	int fd, rc = -1, error;
	struct stat st;
	unsigned flags;

	p->state = FILE_OLD;
	if (open_flagged(p, p->name, &fd))
		return -1;
	if (fd < 0 || inode_flags_lift(fd, &flags)) {
		error = errno;
		goto out;
	}
	/* owner and mode change one after the other: between them nobody may have more than before
	 * and after */
	if (fstat(fd, &st) == 0 && (st.st_uid != want->uid || st.st_gid != want->gid
					? fchmod(fd, st.st_mode & want->mode & 07777)
					: 0) == 0)
		rc = inode_apply(p->dirfd, p->name, fd, want);
	p->state = rc ? FILE_UNKNOWN : FILE_NEW;
	error = errno;
	if (inode_flags_set(fd, want->flags)) {
		p->owed = true;
		error = rc ? error : errno;
		rc = -1;
	}
	if (place_sync(fd) && rc == 0) {
		rc = -1;
		error = errno;
	}
out:
	if (fd >= 0)
		close(fd);
	errno = error;
	return rc;
}

int place_unlink(struct place *p, mode_t old_mode)
{
	struct lifted l;
	struct stat st;
	int rc, there, error;

	p->state = FILE_OLD;
	if (lift(p, &l))
		return -1;
	rc = unlinkat(p->dirfd, p->name, S_ISDIR(old_mode) ? AT_REMOVEDIR : 0);
	p->state = FILE_NEW;
	if (rc) {
		error = errno;
		there = number(p->dirfd, p->name, &st);
		p->state = there > 0 ? FILE_OLD : there < 0 ? FILE_UNKNOWN : FILE_NEW;
		errno = error;
	}
	if (p->state == FILE_NEW)
		rc = place_sync(p->dirfd);
	settle(p, &l, p->state != FILE_NEW);
	return rc;
}
