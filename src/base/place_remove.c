#include "base/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int remove_below(int dirfd, const char *name, dev_t dev);

static int remove_entries(int fd, dev_t dev)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (!d) {
		close(fd);
		return -1;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    remove_below(dirfd(d), e->d_name, dev))
			rc = -1;
	closedir(d);
	return rc;
}

static int remove_below(int dirfd, const char *name, dev_t dev)
{
	struct stat st;
	unsigned flags;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	/* a file on which something is mounted is busy; in an overlay it has another number anyway
	 */
	if (S_ISDIR(st.st_mode) && st.st_dev != dev) {
		errno = EXDEV;
		return -1;
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	inode_flags_lift(fd, &flags); /* in vain: then it cannot be removed */
	if (S_ISREG(st.st_mode)) {
		close(fd);
		return unlinkat(dirfd, name, 0);
	}
	if (remove_entries(fd, dev))
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int place_remove_tree(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	return remove_below(dirfd, name, st.st_dev);
}
