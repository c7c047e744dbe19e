#include "base/process.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000u
#define GENERATIONS 64
#define MAPS 262144
#define ENDED 32
#define BELIEVABLE 1577836800LL /* 2020: a clock before it was never set */

static int bad(int error)
{
	errno = error;
	return -1;
}

/* The fields after the state, from 0. */
enum { PPID = 0, FLAGS = 5, STARTTIME = 18 };

static bool field_of(const char *fields, int n, unsigned long long *value)
{
	char *end;

	for (; n; n--) {
		fields = strchr(fields, ' ');
		if (!fields++)
			return false;
	}
	*value = strtoull(fields, &end, 10);
	return end > fields;
}

int process_parse(const char *text, size_t len, struct process *p)
{
	char mem[1024];
	const char *open, *close;
	unsigned long long ppid, flags;
	size_t n;

	memset(p, 0, sizeof *p);
	if (len >= sizeof mem)
		return bad(EINVAL);
	memcpy(mem, text, len);
	mem[len] = '\0';
	open = strchr(mem, '(');
	close = strrchr(mem, ')');
	if (!open || !close || close < open || strlen(close) < 4 || close[1] != ' ' ||
	    close[3] != ' ')
		return bad(EINVAL);
	p->state = close[2];
	p->pid = (pid_t)strtol(mem, NULL, 10);
	if (p->pid <= 0 || !field_of(close + 4, PPID, &ppid) ||
	    !field_of(close + 4, FLAGS, &flags) || !field_of(close + 4, STARTTIME, &p->start))
		return bad(EINVAL);
	n = (size_t)(close - open - 1);
	n = n < sizeof p->name ? n : sizeof p->name - 1;
	memcpy(p->name, open + 1, n);
	p->name[n] = '\0';
	p->ppid = (pid_t)ppid;
	p->kernel = flags & PF_KTHREAD;
	return 0;
}

/* A file of /proc/PID as text. Length or -1. */
static ssize_t read_of(pid_t pid, const char *name, char *dst, size_t cap)
{
	char path[64];
	size_t got = 0;
	ssize_t n = -1;
	int fd;

	dst[0] = '\0';
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	while (got + 1 < cap && (n = read(fd, dst + got, cap - 1 - got)) > 0)
		got += (size_t)n;
	close(fd);
	dst[got] = '\0';
	return n < 0 ? -1 : (ssize_t)got;
}

int process_read(pid_t pid, struct process *p)
{
	char text[1024];
	ssize_t n = read_of(pid, "stat", text, sizeof text);

	return n <= 0 ? -1 : process_parse(text, (size_t)n, p);
}

struct each {
	int (*fn)(void *arg, const struct process *p);
	void *arg;
};

static int each_entry(void *arg, int dirfd, const char *name)
{
	const struct each *e = arg;
	struct process p;
	long pid;

	(void)dirfd;
	if (name[0] < '0' || name[0] > '9' || str_number(name, 1, 1L << 30, &pid) ||
	    process_read((pid_t)pid, &p))
		return 0;
	return e->fn(e->arg, &p);
}

int process_each(int (*fn)(void *arg, const struct process *p), void *arg)
{
	struct each e = {fn, arg};
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = path_each(fd, "/", each_entry, &e);
	close(fd);
	return rc;
}

bool process_descends(pid_t pid, pid_t ancestor)
{
	struct process p;

	for (int i = 0; i < GENERATIONS && pid > 0; i++) {
		if (pid == ancestor)
			return true;
		if (process_read(pid, &p))
			return false;
		pid = p.ppid;
	}
	return false;
}

bool process_path_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n && root[n - 1] == '/')
		n--;
	return n && !strncmp(path, root, n) && (!path[n] || path[n] == '/' || path[n] == ' ');
}

/* Does the link dir/name lead below root? */
static bool link_below(const char *name, pid_t pid, const char *root, char *target)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/%.32s", (int)pid, name);
	n = readlink(path, target, PATH_CAP - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return process_path_below(target, root);
}

struct hold {
	pid_t pid;
	const char *root;
	char target[PATH_CAP];
};

static int hold_fd(void *arg, int dirfd, const char *name)
{
	struct hold *h = arg;
	char link[40];

	(void)dirfd;
	snprintf(link, sizeof link, "fd/%.24s", name);
	return link_below(link, h->pid, h->root, h->target);
}

static bool map_below(pid_t pid, const char *root, char *target)
{
	char *maps = malloc(MAPS);
	ssize_t n = maps ? read_of(pid, "maps", maps, MAPS) : -1;
	const char *p = maps, *line;
	size_t len;
	bool found = false;

	while (n > 0 && !found && line_next(&p, maps + n, &line, &len)) {
		const char *name = memchr(line, '/', len);

		if (!name)
			continue;
		len -= (size_t)(name - line);
		len = len < PATH_CAP ? len : PATH_CAP - 1;
		memcpy(target, name, len);
		target[len] = '\0';
		found = process_path_below(target, root);
	}
	free(maps);
	return found;
}

bool process_holds(pid_t pid, const char *root, char *what, size_t cap)
{
	static const char links[][5] = {"root", "cwd", "exe"};
	struct hold *h = calloc(1, sizeof *h);
	struct buf b = {.p = what, .cap = cap};
	char path[32];
	const char *kind = NULL;
	int fd;

	if (!h)
		return false;
	h->pid = pid;
	h->root = root;
	for (size_t i = 0; i < sizeof links / sizeof *links && !kind; i++)
		if (link_below(links[i], pid, root, h->target))
			kind = links[i];
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	fd = kind ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		if (path_each(fd, "/", hold_fd, h) > 0)
			kind = "descriptor";
		close(fd);
	}
	if (!kind && map_below(pid, root, h->target))
		kind = "map";
	what[0] = '\0';
	if (kind)
		buf_addf(&b, "%s %s", kind, h->target);
	free(h);
	return kind != NULL;
}

bool process_in_service(const char *cgroup)
{
	for (const char *p = cgroup; (p = strstr(p, ".service")); p++)
		if (p[8] == '\n' || p[8] == '/' || !p[8])
			return true;
	return false;
}

static void one_line(char *s)
{
	size_t n = strlen(s);

	while (n && s[n - 1] == '\n')
		s[--n] = '\0';
	for (; *s; s++)
		if (*s == '\n')
			*s = ' ';
}

void process_wait(pid_t pid, char *wchan, size_t cap, char *stack, size_t stack_cap)
{
	if (read_of(pid, "wchan", wchan, cap) < 0 || !strcmp(wchan, "0"))
		wchan[0] = '\0';
	if (read_of(pid, "stack", stack, stack_cap) < 0)
		stack[0] = '\0';
	one_line(wchan);
	one_line(stack);
}

long process_age(const struct process *p)
{
	struct timespec now;
	long ticks = sysconf(_SC_CLK_TCK);

	if (ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &now))
		return -1;
	return (long)now.tv_sec - (long)(p->start / (unsigned long)ticks);
}

long long process_boot_time(void)
{
	struct timespec up;

	if (clock_gettime(CLOCK_BOOTTIME, &up))
		return 0;
	return (long long)time(NULL) - (long long)up.tv_sec;
}

/* --- ending */

/* A descriptor of exactly this process, or -1: gone, or its number is another's now. */
static int open_process(const struct process *p)
{
	struct process now;
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);

	if (fd >= 0 && (process_read(p->pid, &now) || now.start != p->start)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Wait until all have ended or the deadline is past; ended ones' descriptors become -1. */
static void await(struct pollfd *fds, size_t n, int64_t deadline)
{
	for (;;) {
		bool any = false;
		int left = deadline_left(deadline);

		for (size_t i = 0; i < n; i++)
			any = any || fds[i].fd >= 0;
		if (!any || !left || (poll(fds, n, left) < 0 && errno != EINTR))
			return;
		for (size_t i = 0; i < n; i++)
			if (fds[i].fd >= 0 && fds[i].revents) {
				close(fds[i].fd);
				fds[i].fd = -1;
			}
	}
}

void process_end(const struct process *list, size_t n, const int ms[2], bool *alive)
{
	static const int signals[2] = {SIGTERM, SIGKILL};
	struct pollfd fds[ENDED] = {0};
	size_t most = n < ENDED ? n : ENDED;

	for (size_t i = 0; i < most; i++)
		fds[i] = (struct pollfd){.fd = open_process(&list[i]), .events = POLLIN};
	for (int step = 0; step < 2; step++) {
		for (size_t i = 0; i < most; i++) {
			if (fds[i].fd < 0)
				continue;
			syscall(SYS_pidfd_send_signal, fds[i].fd, signals[step], NULL, 0);
			if (step == 0) /* a stopped one hears nothing before it goes on */
				syscall(SYS_pidfd_send_signal, fds[i].fd, SIGCONT, NULL, 0);
		}
		await(fds, most, deadline_in_ms(ms[step]));
	}
	for (size_t i = 0; i < n; i++) {
		alive[i] = i >= most || fds[i].fd >= 0;
		if (i < most && fds[i].fd >= 0)
			close(fds[i].fd);
	}
}

enum lock_state lock_judge(long long mtime, long long boot, long long now, bool busy)
{
	bool believable = boot > 0 && now >= BELIEVABLE && mtime <= now;

	if (!busy) /* whoever made it is gone, however the clock stands */
		return LOCK_STALE;
	if (!believable)
		return LOCK_UNKNOWN;
	return mtime < boot ? LOCK_STALE : LOCK_FRESH;
}
