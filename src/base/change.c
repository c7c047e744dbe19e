#include "base/change.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The path the journal remembers: symlinks gone, for they may lie otherwise when it is undone. */
static int resolved(struct change *c, const char *path)
{
	struct buf b = BUF_OF(c->r.path);

	if (path_real_fd(c->j->rootfd, c->p.dirfd, b.p, b.cap))
		return str_copy(b.p, b.cap, path) ? 0 : -1;
	b.len = strlen(b.p);
	if (b.len > 1)
		buf_adds(&b, "/");
	buf_adds(&b, c->p.name);
	errno = ENAMETOOLONG;
	return b.cut ? -1 : 0;
}

static bool is_image(const struct change *c)
{
	errno = EROFS;
	return c->j->usr_is_image && str_starts(c->r.path, "/usr/");
}

struct change *change_open(struct journal *j, const char *op, const char *path, bool follow)
{
	struct change *c = calloc(1, sizeof *c);

	j->left = FILE_OLD;
	if (!c)
		return NULL;
	c->j = j;
	if (place_open(&c->p, j->rootfd, path, follow)) {
		free(c);
		return NULL;
	}
	snprintf(c->p.temp, sizeof c->p.temp, TEMP_PREFIX "%s.%06u", j->run, j->next);
	c->p.state = FILE_OLD;
	str_copy(c->r.op, sizeof c->r.op, op);
	c->r.dirflags = c->p.dirflags;
	if (resolved(c, path) || is_image(c) || inode_read(c->p.dirfd, c->p.name, &c->r.old)) {
		change_close(c, -1);
		return NULL;
	}
	return c;
}

int change_close(struct change *c, int rc)
{
	c->j->left = c->p.state;
	c->j->owed = c->j->owed || c->p.owed;
	place_close(&c->p);
	free(c);
	return rc;
}

static int near(struct change *c)
{
	char dir[PATH_CAP];
	char *slash;

	str_copy(dir, sizeof dir, c->r.path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	return journal_near(c->j, dir, c->p.dirflags);
}

/* A directory can give way if it is empty, or can be moved into the run's folder. */
static int can_give_way(struct change *c)
{
	struct stat st;
	int rc;

	if (fstat(c->j->dirfd, &st))
		return -1;
	if (st.st_dev == c->r.old.dev || c->r.old.nlink == 0)
		return 0;
	rc = unlinkat(c->p.dirfd, c->p.temp, AT_REMOVEDIR);
	(void)rc;
	errno = ENOTEMPTY;
	return -1;
}

/* The old directory stands at the temp name now; the folder it lies in has its flags again. */
static int put_aside(struct change *c)
{
	char name[24];
	unsigned flags;
	int rc, error;

	if (inode_flags_lift(c->p.dirfd, &flags))
		return -1;
	rc = unlinkat(c->p.dirfd, c->p.temp, AT_REMOVEDIR);
	journal_item(name, c->r.seq, "dir");
	if (rc)
		rc = place_rename(c->p.dirfd, c->p.temp, c->j->dirfd, name, 0) ||
			     place_sync(c->p.dirfd) || place_sync(c->j->dirfd)
			 ? -1
			 : 0;
	error = errno;
	if (inode_flags_set(c->p.dirfd, flags))
		c->p.owed = true;
	errno = error;
	return rc;
}

/* stays: the inode does, and may be written to. */
static int record(struct change *c, bool stays)
{
	c->j->linked = false; /* what an earlier change left under this number is not this one's */
	if (S_ISREG(c->r.old.mode) && c->r.old.size && journal_keep(c->j, &c->p, &c->r.old, stays))
		return -1;
	return journal_record(c->j, &c->r);
}

/* The old inode, if it was kept, has no other name left. */
static void settled(const struct change *c)
{
	int error = errno;

	if (c->p.state == FILE_NEW)
		journal_seclude(c->j, c->r.seq);
	errno = error;
}

int change_make(struct change *c, const struct source *src)
{
	bool was_directory = S_ISDIR(c->r.old.mode);
	int rc;

	if (was_directory && can_give_way(c))
		return -1;
	if (near(c) || place_stage(&c->p, &c->want, src) ||
	    inode_read_known(c->p.dirfd, c->p.temp, &c->r.now, src ? src->sha256 : NULL))
		return -1;
	c->r.now.flags = c->want.flags;
	if (record(c, false))
		return -1;
	rc = place_swap(&c->p, c->r.old.mode, c->want.flags);
	settled(c);
	if (rc)
		return -1;
	return was_directory ? put_aside(c) : 0;
}

/* Of one name only, and small enough to be copied: a rename changes everything at once. */
static bool is_copied(const struct inode *in)
{
	return !S_ISDIR(in->mode) &&
	       !(S_ISREG(in->mode) && (in->nlink > 1 || in->size > INODE_HASHED));
}

int change_set(struct change *c)
{
	struct source src = {.fd = -1};
	int rc;

	if (inode_same(&c->r.old, &c->want))
		return 0;
	if (!is_copied(&c->r.old)) {
		c->r.now = c->want;
		return journal_record(c->j, &c->r) ? -1 : place_set(&c->p, &c->want);
	}
	if (S_ISREG(c->r.old.mode)) {
		src.fd =
		    openat(c->p.dirfd, c->p.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (src.fd < 0)
			return -1;
	}
	rc = change_make(c, &src);
	if (src.fd >= 0)
		close(src.fd);
	return rc;
}

int change_remove(struct change *c)
{
	int rc;

	if (!c->r.old.mode)
		return 0;
	if (near(c) || record(c, false))
		return -1;
	rc = place_unlink(&c->p, c->r.old.mode);
	settled(c);
	return rc;
}

int change_to(struct journal *j, const char *path, const struct inode *want,
	      const struct source *src)
{
	struct change *c = change_open(j, "place", path, false);
	int rc = 0;

	if (!c)
		return -1;
	c->want = *want;
	if (S_ISDIR(want->mode) && S_ISDIR(c->r.old.mode))
		rc = change_set(c);
	else if (!inode_same(&c->r.old, want))
		rc = change_make(c, src);
	return change_close(c, rc);
}

int change_note(struct journal *j, const char *path, bool was)
{
	struct change *c = change_open(j, was ? "keep" : "made", path, false);

	if (!c)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	c->r.now = c->r.old;
	if (!was)
		memset(&c->r.old, 0, sizeof c->r.old);
	return change_close(c, near(c) || record(c, true) ? -1 : 0);
}
