#include "base/path.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOPS 32
#define AGAIN 64
#define ENTRIES 100000

int path_open(int rootfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	long fd = -1;

	if (flags & O_PATH)
		flags = (flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)) | O_CLOEXEC;
	else
		flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	how.flags = (unsigned)flags;
	if (flags & O_CREAT)
		how.mode = mode;
	/* EAGAIN: a rename anywhere on the machine during the walk; EINTR: a slow file system */
	for (int i = 0; i < AGAIN; i++) {
		fd = syscall(SYS_openat2, rootfd, *path ? path : ".", &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

/* Cut path into dir, which holds its last component, and that component. */
static int split(const char *path, char *dir, char *name)
{
	size_t len = strlen(path), start;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (start = len; start > 0 && path[start - 1] != '/'; start--)
		;
	if (start >= PATH_CAP || len - start > 255) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, start);
	dir[start] = '\0';
	memcpy(name, path + start, len - start);
	name[len - start] = '\0';
	if (!*name)
		memcpy(name, ".", 2);
	if (!strcmp(name, "..")) {
		errno = EINVAL;
		return -1;
	}
	if (!*dir)
		memcpy(dir, "/", 2);
	return 0;
}

int path_parent(int rootfd, const char *path, bool follow, char *name)
{
	char now[PATH_CAP], dir[PATH_CAP], link[PATH_CAP];
	ssize_t n;
	int fd;

	if (!str_copy(now, sizeof now, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int hop = 0; hop <= HOPS; hop++) {
		struct buf b = BUF_OF(now);

		if (split(now, dir, name))
			return -1;
		fd = path_open(rootfd, dir, O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0 || !follow)
			return fd;
		n = readlinkat(fd, name, link, sizeof link - 1);
		if (n < 0)
			return fd;
		close(fd);
		link[n] = '\0';
		if (link[0] != '/')
			buf_addf(&b, "%s/", dir);
		buf_adds(&b, link);
		if (b.cut) {
			errno = ENAMETOOLONG;
			return -1;
		}
	}
	errno = ELOOP;
	return -1;
}

int path_stat(int rootfd, const char *path, bool follow, struct stat *st)
{
	int fd = path_open(rootfd, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);
	int rc;

	if (fd < 0)
		return -1;
	rc = fstat(fd, st);
	close(fd);
	return rc;
}

bool path_exists(int rootfd, const char *path)
{
	struct stat st;

	return path_stat(rootfd, path, true, &st) == 0;
}

/* What the kernel calls an open directory or file. */
static int fd_name(int fd, char *dst, size_t cap)
{
	char proc[40];
	ssize_t n;

	snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
	n = readlink(proc, dst, cap - 1);
	if (n < 0)
		return -1;
	dst[n] = '\0';
	if ((size_t)n == cap - 1 || dst[0] != '/') {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int path_real_fd(int rootfd, int fd, char *dst, size_t cap)
{
	char root[PATH_CAP], at[PATH_CAP];
	size_t len;

	if (fd_name(rootfd, root, sizeof root) || fd_name(fd, at, sizeof at))
		return -1;
	len = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(at, root, len) || (at[len] && at[len] != '/')) {
		errno = EXDEV;
		return -1;
	}
	if (!str_copy(dst, cap, at[len] ? at + len : "/")) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int path_real(int rootfd, const char *path, char *dst, size_t cap)
{
	int fd = path_open(rootfd, path, O_PATH, 0);
	int rc;

	if (fd < 0)
		return -1;
	rc = path_real_fd(rootfd, fd, dst, cap);
	close(fd);
	return rc;
}

static int open_regular(int rootfd, const char *path, struct stat *st)
{
	int fd;

	if (path_stat(rootfd, path, true, st))
		return -1;
	if (!S_ISREG(st->st_mode)) {
		errno = EINVAL;
		return -1;
	}
	fd = path_open(rootfd, path, O_RDONLY, 0);
	if (fd >= 0 && (fstat(fd, st) || !S_ISREG(st->st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int path_open_regular(int rootfd, const char *path)
{
	struct stat st;

	return open_regular(rootfd, path, &st);
}

/* Read until len bytes or the end. */
static ssize_t read_some(int fd, char *dst, size_t len, off_t at)
{
	size_t got = 0;

	for (int interrupted = 0; got < len;) {
		ssize_t n = pread(fd, dst + got, len - got, at + (off_t)got);

		if (n < 0 && errno == EINTR && interrupted++ < AGAIN)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t path_read(int rootfd, const char *path, char *dst, size_t cap)
{
	struct stat st;
	int fd = open_regular(rootfd, path, &st);
	ssize_t n;
	char more;

	dst[0] = '\0';
	if (fd < 0)
		return -1;
	n = read_some(fd, dst, cap - 1, 0);
	if (n >= 0) {
		dst[n] = '\0';
		if ((size_t)n == cap - 1 && read_some(fd, &more, 1, n) == 1) {
			n = -1;
			errno = EFBIG;
		}
	}
	close(fd);
	return n;
}

/* Files of /proc and /sys say size 0: the mapping grows while there is more. */
static char *slurp_fd(int fd, size_t size, size_t max, size_t *len)
{
	size_t cap = (size && size < max ? size : max < 65536 ? max : 65536) + 1;
	char *p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;
	size_t bigger;
	ssize_t n;

	*len = 0;
	if (p == MAP_FAILED)
		return NULL;
	while ((n = read_some(fd, p + *len, cap - *len, (off_t)*len)) >= 0) {
		*len += (size_t)n;
		if (*len < cap) {
			q = mremap(p, cap, *len + 1, MREMAP_MAYMOVE);
			return q == MAP_FAILED ? p : q;
		}
		if (cap > max) {
			errno = EFBIG;
			break;
		}
		bigger = cap * 2 > max ? max + 1 : cap * 2;
		q = mremap(p, cap, bigger, MREMAP_MAYMOVE);
		if (q == MAP_FAILED)
			break;
		p = q;
		cap = bigger;
	}
	path_release(p, cap - 1);
	return NULL;
}

char *path_slurp(int rootfd, const char *path, size_t max, size_t *len)
{
	struct stat st;
	int fd = open_regular(rootfd, path, &st);
	char *p = NULL;

	if (fd < 0)
		return NULL;
	if (st.st_size > 0 && (size_t)st.st_size > max)
		errno = EFBIG;
	else
		p = slurp_fd(fd, (size_t)st.st_size, max, len);
	close(fd);
	return p;
}

void path_release(char *data, size_t len)
{
	if (data)
		munmap(data, len + 1);
}

int path_each(int rootfd, const char *dir, int (*fn)(void *arg, int dirfd, const char *name),
	      void *arg)
{
	int fd = path_open(rootfd, dir, O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0, error = 0;

	if (!d) {
		error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	for (int i = 0; i < ENTRIES && rc == 0; i++) {
		struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (!e) {
			error = errno;
			break;
		}
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			rc = fn(arg, fd, e->d_name);
	}
	if (rc)
		error = errno;
	closedir(d);
	errno = error;
	return rc ? rc : error ? -1 : 0;
}

const char *path_type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symlink";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	default:
		return "nothing";
	}
}
