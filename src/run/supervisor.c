#include "run/supervisor.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARE 3
#define LEAST_MS 1000
#define GRACE_MS 200 /* an operation is own code: TERM ends it at once or never */
#define KILL_MS 1800 /* what it takes to give one up */

static volatile sig_atomic_t signalled;
static int64_t end_of_run = DEADLINE_NEVER;

void supervisor_to_memory(char **argv)
{
	char exe[64];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	int from, to = -1;
	struct stat st;
	off_t at = 0;

	if (n <= 0)
		return;
	exe[n] = '\0';
	if (str_starts(exe, "/memfd:"))
		goto lock;
	from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return;
	if (fstat(from, &st) == 0)
		to = memfd_create("rd-recovery", MFD_CLOEXEC);
	while (to >= 0 && at < st.st_size && sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0)
		;
	close(from);
	if (to >= 0 && at == st.st_size)
		fexecve(to, argv, environ);
	if (to >= 0)
		close(to);
lock:
	mlockall(MCL_CURRENT);
}

static int leave_mounts(void)
{
	if (unshare(CLONE_NEWNS))
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int supervisor_begin(const void *memory)
{
	if (memory && !log_start() && !leave_mounts())
		return 0;
	fprintf(stderr, "rd-recovery: cannot start: %s%s\n", strerror(errno),
		errno == EPERM ? " (it takes root, with the right to mount)" : "");
	return -1;
}

static void on_signal(int number)
{
	signalled = number;
}

void supervisor_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

int supervisor_signalled(void)
{
	return signalled;
}

void supervisor_until(int64_t end)
{
	end_of_run = end;
}

int64_t supervisor_end(void)
{
	return end_of_run;
}

int64_t supervisor_deadline(long seconds)
{
	int64_t now = clock_ms(), share = (end_of_run - now) / SHARE - KILL_MS;

	return deadline_first(deadline_in(seconds), now + (share > LEAST_MS ? share : LEAST_MS));
}

static bool is_signalled(void *arg, pid_t pid)
{
	(void)arg;
	(void)pid;
	return signalled;
}

static struct child_spec spec_of(const struct operation *op)
{
	return (struct child_spec){.name = op->name,
				   .fn = op->fn,
				   .arg = op->arg,
				   .flags = CHILD_WORKER | CHILD_HOST_MNT | CHILD_HOST_PID,
				   .grace_ms = GRACE_MS,
				   .deadline = supervisor_deadline(op->seconds)};
}

static void say_end(const struct child_result *res, char *why, size_t cap)
{
	str_copy(why, cap, res->end == CHILD_EXITED ? strerror(res->status) : res->reason);
}

static int operate(const struct operation *op, bool (*watch)(void *, pid_t), char *why, size_t cap)
{
	struct child_spec spec = spec_of(op);
	struct child_result res = {0};

	spec.watch = watch;
	if (child_run(&spec, &res) == 0)
		return 0;
	say_end(&res, why, cap);
	return -1;
}

int supervisor_start(const struct operation *op, struct child_result *res)
{
	struct child_spec spec = spec_of(op);

	return child_start(&spec, res);
}

int supervisor_finish(int handle, const struct child_result *res, char *why, size_t cap)
{
	if (child_end_now(handle) == 0)
		return 0;
	say_end(res, why, cap);
	return -1;
}

int supervisor_operation(const struct operation *op, char *why, size_t cap)
{
	return operate(op, NULL, why, cap);
}

int supervisor_reading(const struct operation *op, char *why, size_t cap)
{
	return operate(op, is_signalled, why, cap);
}

void *supervisor_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}
