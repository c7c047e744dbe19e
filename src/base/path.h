/* path: reach files inside a root and nowhere else (openat2(2), RESOLVE_IN_ROOT; absolute symlinks work).
 *
 * Paths are target paths ("/etc/shadow"). Only regular files of a sane size are believed.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PATH_CAP 4096

/* openat2 in root with RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS, O_CLOEXEC|O_NOCTTY|O_NONBLOCK added. fd, or -1 and errno. */
int path_open(int rootfd, const char *path, int flags, mode_t mode);
/* Open the directory that holds path's last component (symlinks in the directory part followed) and copy that component to name
 * (at least 256 bytes). With follow, a symlink as last component is followed to the place its target lies (32 hops at most, ELOOP). fd or -1. */
int path_parent(int rootfd, const char *path, bool follow, char *name);
/* stat inside the root; follow as above. Returns 0/-1. */
int path_stat(int rootfd, const char *path, bool follow, struct stat *st);
bool path_exists(int rootfd, const char *path); /* follows; any type */
/* The resolved target path of path (symlinks gone) into dst. 0/-1. */
int path_real(int rootfd, const char *path, char *dst, size_t cap);
/* The same of an open file or directory; needs /proc, EXDEV when it does not lie inside. */
int path_real_fd(int rootfd, int fd, char *dst, size_t cap);
/* Open a regular file to read; its type is asked first, because opening a device may already do something. fd, or -1: EINVAL another type. */
int path_open_regular(int rootfd, const char *path);
/* Read a regular file of at most cap-1 bytes into dst, NUL-terminated. Returns its length, or -1: EINVAL not a regular file,
 * EFBIG larger than cap-1, ENOENT, ELOOP ... Never blocks on a FIFO or device. */
ssize_t path_read(int rootfd, const char *path, char *dst, size_t cap);
/* The same into mmap'ed memory of the right size, at most max bytes; *len set; unmap with path_release. NULL on error. */
char *path_slurp(int rootfd, const char *path, size_t max, size_t *len);
void path_release(char *data, size_t len);
/* Call fn for each entry of a directory (no "." and ".."), at most 100000 entries, in readdir order; fn returning non-zero stops and is returned. -1 on error. */
int path_each(int rootfd, const char *dir, int (*fn)(void *arg, int dirfd, const char *name), void *arg);
/* "a regular file", "a FIFO", "a directory" ... for messages. */
const char *path_type_name(mode_t mode);

#endif
