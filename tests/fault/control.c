/* control: what a bad editor does, for the oracle to see. Linked into a second drive by --wrap;
 * CONTROL in the environment says which of the sins: torn (the new content is written over the
 * old), lie (a rename that fails is a success), door (what is made can be read by all), stuck (a
 * temp file is never removed), hang (an interrupted sync is tried for ever).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_openat(int dirfd, const char *name, int flags, mode_t mode);
int __real_renameat(int from, const char *old, int to, const char *name);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __real_fsync(int fd);
int __wrap_openat(int dirfd, const char *name, int flags, mode_t mode);
int __wrap_renameat(int from, const char *old, int to, const char *name);
int __wrap_unlinkat(int dirfd, const char *name, int flags);
int __wrap_fsync(int fd);

static bool is(const char *sin)
{
	const char *control = getenv("CONTROL");

	return control && !strcmp(control, sin);
}

/* Byte by byte, so that it can end in the middle. */
static int write_over(int from, const char *old, int to, const char *name)
{
	int in = __real_openat(from, old, O_RDONLY | O_CLOEXEC, 0);
	int out = __real_openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc = 0;
	char c[64];
	ssize_t n;

	while (rc == 0 && (n = read(in, c, sizeof c)) > 0)
		rc = write(out, c, (size_t)n) == n ? 0 : -1;
	close(in);
	close(out);
	return rc ? -1 : __real_unlinkat(from, old, 0);
}

int __wrap_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	return __real_openat(dirfd, name, flags, is("door") ? mode | 0044 : mode);
}

int __wrap_renameat(int from, const char *old, int to, const char *name)
{
	int rc =
	    is("torn") ? write_over(from, old, to, name) : __real_renameat(from, old, to, name);

	return is("lie") ? 0 : rc;
}

int __wrap_unlinkat(int dirfd, const char *name, int flags)
{
	return is("stuck") && !strncmp(name, ".rd-", 4) ? 0 : __real_unlinkat(dirfd, name, flags);
}

int __wrap_fsync(int fd)
{
	int rc;

	do
		rc = __real_fsync(fd);
	while (rc && errno == EINTR && is("hang"));
	return rc;
}
