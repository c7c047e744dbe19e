#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BARRING (FS_IMMUTABLE_FL | FS_APPEND_FL)
#define NAMES 4096
#define VALUE 4096

static int get_flags(int fd)
{
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) ? 0 : flags & BARRING;
}

static void set_flags(int fd, int want)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & BARRING) != want) {
		flags = (flags & ~BARRING) | want;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

/* --- reading */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_xattrs(struct entry *e, const char *name)
{
	char names[NAMES], *sorted[64];
	ssize_t len = llistxattr(name, names, sizeof names), size;
	size_t n = 0;

	for (char *p = names; p < names + len && n < 64; p += strlen(p) + 1)
		sorted[n++] = p;
	qsort(sorted, n, sizeof *sorted, by_name);
	for (size_t i = 0; i < n; i++) {
		size_t head = strlen(sorted[i]) + 1;
		char *more = realloc(e->xattrs, e->xlen + head + sizeof size + VALUE);

		if (!more)
			return -1;
		e->xattrs = more;
		memcpy(more + e->xlen, sorted[i], head);
		size = lgetxattr(name, sorted[i], more + e->xlen + head + sizeof size, VALUE);
		if (size < 0)
			return -1;
		memcpy(more + e->xlen + head, &size, sizeof size);
		e->xlen += head + sizeof size + (size_t)size;
	}
	return 0;
}

static int read_file(struct entry *e, int fd, size_t size)
{
	ssize_t n;

	e->data = malloc(size + 1);
	n = e->data ? pread(fd, e->data, size + 1, 0) : -1;
	e->len = n < 0 ? 0 : (size_t)n;
	return n == (ssize_t)size ? 0 : -1;
}

static int read_entry(struct entry *e, const char *name, const struct stat *st)
{
	int fd, rc = 0;

	e->mode = st->st_mode;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->dev = st->st_dev;
	e->ino = st->st_nlink > 1 && !S_ISDIR(st->st_mode) ? st->st_ino : 0;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		e->rdev = st->st_rdev;
	if (S_ISLNK(st->st_mode)) {
		e->data = calloc(1, 4096);
		e->len = e->data ? (size_t)readlink(name, e->data, 4095) : 0;
	}
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)) {
		fd = open(name, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
		if (fd < 0)
			return -1;
		e->flags = (unsigned)get_flags(fd);
		if (S_ISREG(st->st_mode))
			rc = read_file(e, fd, (size_t)st->st_size);
		close(fd);
	}
	return rc || read_xattrs(e, name) ? -1 : 0;
}

static int read_below(struct tree *t, const char *dir, const char *path);

static int add(struct tree *t, const char *dir, const char *path)
{
	char name[4096];
	struct stat st;
	struct entry *list = realloc(t->list, (t->n + 1) * sizeof *list);

	if (!list)
		return -1;
	t->list = list;
	list[t->n] = (struct entry){.path = strdup(*path ? path : "/")};
	snprintf(name, sizeof name, "%s%s", dir, path);
	if (lstat(name, &st) || read_entry(&list[t->n++], name, &st))
		return -1;
	return S_ISDIR(st.st_mode) ? read_below(t, dir, path) : 0;
}

static int read_below(struct tree *t, const char *dir, const char *path)
{
	char name[4096];
	struct dirent *e;
	DIR *d;
	int rc = 0;

	snprintf(name, sizeof name, "%s%s", dir, path);
	d = opendir(name);
	if (!d)
		return -1;
	while (rc == 0 && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		rc = add(t, dir, name);
	}
	closedir(d);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

int tree_read(struct tree *t, const char *dir)
{
	*t = (struct tree){0};
	if (add(t, dir, ""))
		return -1;
	qsort(t->list, t->n, sizeof *t->list, by_path);
	return 0;
}

void tree_free(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->list[i].path);
		free(t->list[i].data);
		free(t->list[i].xattrs);
	}
	free(t->list);
	*t = (struct tree){0};
}

/* --- laying out */

static int make_inode(const struct entry *e, const char *name)
{
	int fd, rc;

	if (S_ISDIR(e->mode))
		return mkdir(name, 0700);
	if (S_ISLNK(e->mode))
		return symlink(e->data, name);
	if (!S_ISREG(e->mode))
		return mknod(name, e->mode, e->rdev);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	rc = write(fd, e->data, e->len) == (ssize_t)e->len ? 0 : -1;
	close(fd);
	return rc;
}

static int set_xattrs(const struct entry *e, const char *name)
{
	ssize_t size;

	for (const char *p = e->xattrs; p && p < e->xattrs + e->xlen; p += size) {
		const char *key = p;

		p += strlen(p) + 1;
		memcpy(&size, p, sizeof size);
		p += sizeof size;
		if (lsetxattr(name, key, p, (size_t)size, 0))
			return -1;
	}
	return 0;
}

/* The first entry of the same inode. */
static const struct entry *other_name(const struct tree *t, const struct entry *e)
{
	for (size_t i = 0; e->ino && &t->list[i] != e; i++)
		if (t->list[i].ino == e->ino && t->list[i].dev == e->dev)
			return &t->list[i];
	return NULL;
}

static int make_entry(const struct tree *t, const struct entry *e, const char *dir,
		      const char *name)
{
	const struct entry *other = other_name(t, e);
	char first[4096];

	if (other) {
		snprintf(first, sizeof first, "%s%s", dir, other->path);
		return link(first, name);
	}
	if (make_inode(e, name) || lchown(name, e->uid, e->gid) || set_xattrs(e, name))
		return -1;
	return S_ISLNK(e->mode) ? 0 : chmod(name, e->mode & 07777);
}

int tree_make(const struct tree *t, const char *dir)
{
	char name[4096];

	for (size_t i = 0; i < t->n; i++) {
		snprintf(name, sizeof name, "%s%s", dir, i ? t->list[i].path : "");
		if (make_entry(t, &t->list[i], dir, name))
			return -1;
	}
	for (size_t i = 0; i < t->n; i++) {
		int fd;

		if (!t->list[i].flags)
			continue;
		snprintf(name, sizeof name, "%s%s", dir, t->list[i].path);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -1;
		set_flags(fd, (int)t->list[i].flags);
		close(fd);
	}
	return 0;
}

static int remove_at(int dirfd, const char *name)
{
	int fd, rc = 0;
	struct dirent *e;
	DIR *d;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		set_flags(fd, 0);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return unlinkat(dirfd, name, 0);
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			rc |= remove_at(fd, e->d_name);
	closedir(d);
	return unlinkat(dirfd, name, AT_REMOVEDIR) || rc ? -1 : 0;
}

int tree_remove(const char *dir)
{
	return remove_at(AT_FDCWD, dir);
}

/* --- comparing */

const struct entry *tree_find(const struct tree *t, const char *path)
{
	struct entry key = {.path = (char *)path};

	return bsearch(&key, t->list, t->n, sizeof key, by_path);
}

static bool same_bytes(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && (!alen || !memcmp(a, b, alen));
}

const char *tree_differ(const struct entry *a, const struct entry *b)
{
	if (!a || !b)
		return a == b ? NULL : "presence";
	if ((a->mode & S_IFMT) != (b->mode & S_IFMT) || a->rdev != b->rdev)
		return "type";
	if (!same_bytes(a->data, a->len, b->data, b->len))
		return "content";
	if (a->uid != b->uid || a->gid != b->gid)
		return "owner";
	if (a->mode != b->mode)
		return "mode";
	if (!same_bytes(a->xattrs, a->xlen, b->xattrs, b->xlen))
		return "xattrs";
	return a->flags == b->flags ? NULL : "flags";
}
