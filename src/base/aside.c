#include "base/aside.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

static int answer(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int error = EIO, rc;

	while ((rc = poll(&p, 1, deadline_left(deadline))) < 0 && errno == EINTR)
		;
	if (rc == 0)
		return ETIMEDOUT;
	return read(fd, &error, sizeof error) == sizeof error ? error : EIO;
}

int aside_run(int (*fn)(void *arg), void *arg, int64_t deadline)
{
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	pid = fork();
	error = errno;
	if (pid == 0) {
		error = fn(arg);
		_exit(write(ends[1], &error, sizeof error) != sizeof error);
	}
	close(ends[1]);
	if (pid > 0)
		error = answer(ends[0], deadline);
	close(ends[0]);
	if (pid > 0 && error != ETIMEDOUT)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return error;
}
