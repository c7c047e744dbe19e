#include "base/cgroup.h"

#include "base/clock.h"
#include "base/mount.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 4

bool cgroup_of(const char *text, const char *controller, char *dst, size_t cap)
{
	const char *p = text, *line, *names, *at;
	size_t n, want = strlen(controller);

	/* "0::/path", "5:cpu,cpuacct:/path" */
	while (line_next(&p, text + strlen(text), &line, &n)) {
		names = memchr(line, ':', n);
		at = names ? memchr(names + 1, ':', n - (size_t)(names + 1 - line)) : NULL;
		if (!at)
			continue;
		names++;
		while (names <= at) {
			size_t len = strcspn(names, ",:");

			if (len == want && !memcmp(names, controller, len)) {
				snprintf(dst, cap, "%.*s", (int)(n - (size_t)(at + 1 - line)),
					 at + 1);
				return true;
			}
			names += len + 1;
		}
	}
	return false;
}

struct search {
	char text[2048]; /* own /proc/PID/cgroup */
	char found[CGROUP_PATH];
	bool second; /* cgroup2 */
};

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

static int look(void *arg, const struct mount_entry *m)
{
	static const char controllers[][8] = {"", "pids", "freezer"};
	struct search *s = arg;
	char at[CGROUP_PATH], path[CGROUP_PATH];

	for (int i = 0; i < 3; i++) {
		if (strcmp(m->type, i ? "cgroup" : "cgroup2") ||
		    (i && (!has_word(m->super, controllers[i]) || s->found[0])) ||
		    !cgroup_of(s->text, controllers[i], at, sizeof at))
			continue;
		/* of a namespace's outside nothing is to be seen from here */
		if (strstr(at, "..") ||
		    snprintf(path, sizeof path, "%s%s", m->point, strcmp(at, "/") ? at : "") >=
			(int)sizeof path ||
		    access(path, W_OK))
			continue;
		str_copy(s->found, sizeof s->found, path);
		s->second = i == 0;
	}
	return s->second;
}

int cgroup_make(char path[CGROUP_PATH], int number)
{
	struct search s = {.found = ""};
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, s.text, sizeof s.text - 1);

	if (fd >= 0)
		close(fd);
	errno = ENOENT;
	if (n <= 0 || mount_each(look, &s) < 0 || !s.found[0] ||
	    snprintf(path, CGROUP_PATH, "%s/rd-recovery-%d", s.found, number) >= CGROUP_PATH)
		return -1;
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

static int write_to(const char *path, const char *file, const char *text)
{
	char name[CGROUP_PATH + 16];
	int fd, rc;

	snprintf(name, sizeof name, "%s/%s", path, file);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return rc;
}

int cgroup_enter(const char *path)
{
	return write_to(path, "cgroup.procs", "0");
}

/* --- the end */

struct level {
	const char *path;
	int depth;
	bool remove, empty;
};

static void visit(struct level *l);

static int each_below(void *arg, int dirfd, const char *name)
{
	const struct level *above = arg;
	char path[CGROUP_PATH];
	struct level l = {path, above->depth - 1, above->remove, true};

	(void)dirfd;
	if (str_starts(name, "rd-recovery-") &&
	    snprintf(path, sizeof path, "%s/%s", above->path, name) < (int)sizeof path) {
		visit(&l);
		((struct level *)arg)->empty &= l.empty;
	}
	return 0;
}

static void kill_listed(struct level *l)
{
	char text[4096], name[CGROUP_PATH + 16], *end;
	ssize_t n;
	int fd;

	snprintf(name, sizeof name, "%s/cgroup.procs", l->path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof text - 1); /* the rest comes next time */
	text[n > 0 ? n : 0] = '\0';
	for (char *p = text; *p; p = end + (*end == '\n')) {
		long pid = strtol(p, &end, 10);

		if (end == p || !*end) /* cut off, it would be another's number */
			break;
		l->empty = false;
		if (pid > 0 && pid != getpid())
			kill((pid_t)pid, SIGKILL);
	}
	if (fd >= 0)
		close(fd);
}

/* Groups below first: what a worker's programs are in. cgroup.kill (Linux 5.14) leaves no gap in
 * which something forks. */
static void visit(struct level *l)
{
	int fd = l->depth ? open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!l->remove)
		write_to(l->path, "cgroup.kill", "1");
	if (fd >= 0) {
		path_each(fd, "/", each_below, l);
		close(fd);
	}
	if (l->remove)
		l->empty = (!rmdir(l->path) || errno == ENOENT) && l->empty;
	else
		kill_listed(l);
}

bool cgroup_kill(const char *path)
{
	struct level l = {path, DEPTH, false, true};

	visit(&l);
	return l.empty;
}

int cgroup_end(const char *path, int ms)
{
	struct level l = {path, DEPTH, true, true};
	int64_t until = deadline_in_ms(ms);

	while (!cgroup_kill(path) && deadline_left(until))
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	visit(&l);
	return l.empty ? 0 : -1;
}
