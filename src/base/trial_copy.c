#include "base/trial_copy.h"

#include "base/inode.h"
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST (4L << 20)
#define MOST 20000

struct copy {
	int rootfd, depth;
	int *left;
	const char *from;
	int to; /* the copy of from */
	struct inode *in;
};

static int copy_dir(const struct copy *c, int dirfd, const char *name, int depth);

static int copy_node(const struct copy *c, const char *name)
{
	struct inode *in = c->in;

	if (S_ISLNK(in->mode) ? symlinkat(in->link, c->to, name)
			      : mknodat(c->to, name, (in->mode & S_IFMT) | 0600, in->rdev))
		return -1;
	if (inode_apply(c->to, name, -1, in) == 0)
		return 0;
	in->xattrs_any = true;
	return inode_apply(c->to, name, -1, in);
}

static int copy_file(const struct copy *c, int dirfd, const char *name)
{
	int from = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int to = openat(c->to, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc = -1;

	if (from >= 0 && to >= 0 && place_copy(from, to) == 0) {
		rc = inode_apply(c->to, name, to, c->in);
		if (rc) {
			c->in->xattrs_any = true;
			rc = inode_apply(c->to, name, to, c->in);
		}
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

static int copy_one(void *arg, int dirfd, const char *name)
{
	const struct copy *c = arg;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) || --*c->left < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return copy_dir(c, c->to, name, c->depth - 1);
	if (S_ISREG(st.st_mode) && (off_t)st.st_blocks * 512 > LARGEST)
		return 0;
	/* a file that cannot be read is missing in the copy; a full tmpfs ends it */
	if (inode_read(dirfd, name, c->in))
		return 0;
	if ((S_ISREG(st.st_mode) ? copy_file(c, dirfd, name) : copy_node(c, name)) &&
	    errno == ENOSPC)
		return -1;
	return 0;
}

/* The directory name below c->from, or c->from itself when there is no c->to yet. */
static int copy_dir(const struct copy *c, int dirfd, const char *name, int depth)
{
	char path[PATH_CAP];
	struct buf b = BUF_OF(path);
	struct copy below = *c;
	int from, rc = -1;

	buf_adds(&b, c->from);
	if (dirfd != AT_FDCWD)
		buf_addf(&b, "/%s", name);
	below.from = path;
	below.depth = depth;
	if (b.cut || mkdirat(dirfd, name, 0700))
		return -1;
	from = path_open(c->rootfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	below.to = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from >= 0 && below.to >= 0 && inode_read_fd(from, c->in) == 0) {
		rc = inode_apply(dirfd, name, below.to, c->in);
		if (rc) {
			c->in->xattrs_any = true;
			rc = inode_apply(dirfd, name, below.to, c->in);
		}
		if (rc == 0 && depth > 0)
			rc = path_each(c->rootfd, path, copy_one, &below);
	}
	if (from >= 0)
		close(from);
	if (below.to >= 0)
		close(below.to);
	return rc;
}

int trial_copy(int rootfd, const char *from, const char *to, int depth)
{
	int left = MOST, rc = -1;
	struct copy c = {rootfd, depth, &left, from, -1, malloc(sizeof *c.in)};

	if (c.in)
		rc = copy_dir(&c, AT_FDCWD, to, depth);
	free(c.in);
	return rc;
}
