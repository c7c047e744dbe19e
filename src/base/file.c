#include "base/file.h"

#include "base/change.h"
#include "base/log.h"
#include "base/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void set_attr(struct inode *want, const struct file_attr *attr)
{
	if (attr && attr->set_mode)
		want->mode = (want->mode & S_IFMT) | (attr->mode & 07777);
	if (attr && attr->set_owner) {
		want->uid = attr->uid;
		want->gid = attr->gid;
	}
}

/* What a changed content leaves of the old file's attributes; what a new one starts with. */
static void want_regular(struct change *c, const struct inode *from, const struct file_attr *attr)
{
	if (S_ISREG(c->r.old.mode))
		from = &c->r.old;
	if (from) {
		c->want = *from;
		c->want.mtime.tv_nsec = UTIME_OMIT;
		if (from == &c->r.old)
			xattr_drop(c->want.xattrs, "security.ima"); /* signs the old content */
		else
			c->want.flags = 0;
	} else {
		c->want.mode = S_IFREG | 0644;
		c->want.mtime.tv_nsec = UTIME_OMIT;
		c->want.xattrs_any = true;
	}
	set_attr(&c->want, attr);
}

/* Same content already: at most the attributes change. */
static int replace(struct change *c, const struct source *src, const char *sha256)
{
	if (!S_ISREG(c->r.old.mode) || strcmp(c->r.old.sha256, sha256))
		return change_make(c, src);
	c->want = c->r.old;
	return 1;
}

static int replace_with(struct change *c, const struct source *src, const char *sha256,
			const struct file_attr *attr)
{
	int rc = replace(c, src, sha256);

	if (rc > 0) {
		set_attr(&c->want, attr);
		rc = change_set(c);
	}
	return change_close(c, rc);
}

int file_replace(struct journal *j, const char *path, const void *data, size_t len,
		 const struct file_attr *attr)
{
	struct source src = {.fd = -1, .data = data, .len = len};
	struct change *c = change_open(j, "replace", path, true);
	char sha256[DIGEST_HEX];

	if (!c)
		return -1;
	digest_hex(data, len, sha256);
	want_regular(c, NULL, attr);
	return replace_with(c, &src, sha256, attr);
}

static int from_fd(struct change *c, int fd, const struct file_attr *attr)
{
	struct source src = {.fd = fd};
	/* the change's own record has room for it until the new inode is read */
	struct inode *from = c ? &c->r.now : NULL;

	if (!c)
		return -1;
	if (inode_read_fd(fd, from))
		return change_close(c, -1);
	if (!S_ISREG(from->mode)) {
		errno = EINVAL;
		return change_close(c, -1);
	}
	want_regular(c, attr ? NULL : from, attr);
	return replace_with(c, &src, from->sha256, attr);
}

int file_replace_from(struct journal *j, const char *path, int fd, const struct file_attr *attr)
{
	return from_fd(change_open(j, "replace", path, true), fd, attr);
}

int file_install(struct journal *j, const char *path, int fd, const struct file_attr *attr)
{
	return from_fd(change_open(j, "replace", path, false), fd, attr);
}

/* c: the change of the file that fd is open on, and of which this is the copy. */
static int put_backup(struct change *c, int fd, const struct file_backup *to)
{
	struct source src = {.fd = fd, .sha256 = c->r.old.sha256};
	struct change *b = change_open(c->j, "replace", to->path, true);

	if (!b)
		return -1;
	want_regular(b, NULL, &to->attr);
	return replace_with(b, &src, src.sha256, &to->attr);
}

int file_splice(struct journal *j, const char *path, int fd, const struct splice *s,
		const struct file_backup *backup)
{
	struct source src = {.fd = fd, .splice = s};
	struct change *c = change_open(j, "replace", path, true);
	struct stat st;

	if (!c)
		return -1;
	errno = ESTALE;
	if (fstat(fd, &st) || st.st_dev != c->r.old.dev || st.st_ino != c->r.old.ino)
		return change_close(c, -1);
	if (backup && put_backup(c, fd, backup))
		log_line("%s not written: %s", backup->path, strerror(errno));
	want_regular(c, NULL, NULL);
	return change_close(c, change_make(c, &src));
}

int file_remove(struct journal *j, const char *path)
{
	struct change *c = change_open(j, "remove", path, false);

	if (!c)
		return errno == ENOENT ? 0 : -1;
	return change_close(c, change_remove(c));
}

int file_symlink(struct journal *j, const char *path, const char *target)
{
	struct change *c = change_open(j, "symlink", path, false);
	bool was;
	int rc = -1;

	if (!c)
		return -1;
	was = S_ISLNK(c->r.old.mode);
	if (was && !strcmp(c->r.old.link, target))
		return change_close(c, 0);
	if (was)
		c->want = c->r.old;
	c->want.mode = S_IFLNK | 0777;
	c->want.xattrs_any = !was;
	c->want.mtime.tv_nsec = UTIME_OMIT;
	if (S_ISDIR(c->r.old.mode))
		errno = EISDIR;
	else if (!str_copy(c->want.link, sizeof c->want.link, target))
		errno = ENAMETOOLONG;
	else
		rc = change_make(c, NULL);
	return change_close(c, rc);
}

int file_mkdir(struct journal *j, const char *path, const struct file_attr *attr)
{
	struct change *c = change_open(j, "mkdir", path, true);
	int rc = -1;

	if (!c)
		return -1;
	c->want.mode = S_IFDIR | 0755;
	c->want.mtime.tv_nsec = UTIME_OMIT;
	c->want.xattrs_any = true;
	if (S_ISDIR(c->r.old.mode))
		c->want = c->r.old;
	set_attr(&c->want, attr);
	if (!c->r.old.mode)
		rc = change_make(c, NULL);
	else if (S_ISDIR(c->r.old.mode))
		rc = change_set(c);
	else
		errno = EEXIST;
	return change_close(c, rc);
}

int file_meta(struct journal *j, const char *path, const struct file_attr *attr)
{
	struct change *c = change_open(j, "meta", path, true);
	int rc = -1;

	if (!c)
		return -1;
	c->want = c->r.old;
	set_attr(&c->want, attr);
	if (c->r.old.mode)
		rc = change_set(c);
	else
		errno = ENOENT;
	return change_close(c, rc);
}

int file_xattr(struct journal *j, const char *path, const char *name, const char *value)
{
	struct change *c = change_open(j, "meta", path, true);
	int rc = -1;

	if (!c)
		return -1;
	c->want = c->r.old;
	if (!c->r.old.mode)
		errno = ENOENT;
	else if (xattr_put(c->want.xattrs, sizeof c->want.xattrs, name, value) == 0)
		rc = change_set(c);
	return change_close(c, rc);
}

int file_write_unjournalled(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	char temp[280];
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd, rc, error;

	snprintf(temp, sizeof temp, TEMP_PREFIX "%s.0", name);
	fd = openat(dirfd, temp, flags, 0600);
	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, temp, 0) == 0) /* what a crash left */
		fd = openat(dirfd, temp, flags, 0600);
	if (fd < 0)
		return -1;
	rc = place_fill(fd, data, len) || fchmod(fd, mode) || place_sync(fd) ? -1 : 0;
	error = errno;
	if (close(fd) && rc == 0) {
		error = errno;
		rc = -1;
	}
	if (rc == 0) {
		rc = renameat(dirfd, temp, dirfd, name) || place_sync(dirfd) ? -1 : 0;
		error = errno;
	}
	if (rc)
		unlinkat(dirfd, temp, 0);
	errno = error;
	return rc;
}

int file_delete_unjournalled(int rootfd, const char *path)
{
	char name[256];
	int dir = path_parent(rootfd, path, false, name), rc = -1;
	struct stat st;

	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EINVAL;
		if (S_ISREG(st.st_mode))
			rc = unlinkat(dir, name, 0);
	}
	close(dir);
	return rc;
}
