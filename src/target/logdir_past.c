#include "target/logdir.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char places[][10] = {"/boot", "/boot/efi", "/efi", "/var/log", "/run"};

struct past {
	const char *place;
	struct logdir_past *list;
	unsigned n;
};

const char *logdir_past_run(const struct logdir_past *p)
{
	return strstr(p->name, LOGDIR_MARKER) + strlen(LOGDIR_MARKER);
}

/* A symlink could lead out of the target; /run is the running system's. */
static int open_place(const char *root, const char *place)
{
	int fd = -1, dir;

	if (!strcmp(place, "/run"))
		return open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		fd = path_open(dir, place, O_RDONLY | O_DIRECTORY, 0);
		close(dir);
	}
	return fd;
}

int logdir_past_open(const char *root, const struct logdir_past *p)
{
	int place = open_place(root, p->place), fd;

	if (place < 0)
		return -1;
	fd = openat(place, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close(place);
	return fd;
}

static bool has_report(int dirfd, const char *name)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof path, "%.127s/%s", name, log_name(LOG_REPORT));
	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* In its place, or in place of the short one of the same run. */
static struct logdir_past *slot(struct past *p, const char *name, bool report)
{
	for (unsigned i = 0; i < p->n; i++)
		if (!strcmp(p->list[i].name, name))
			return report && !p->list[i].report ? &p->list[i] : NULL;
	return p->n < LOGDIR_PAST ? &p->list[p->n++] : NULL;
}

static int add(void *arg, int dirfd, const char *name)
{
	const char *at = strstr(name, LOGDIR_MARKER);
	struct past *p = arg;
	struct logdir_past *one;
	struct stat st;
	bool report;

	if (!at || strlen(name) >= sizeof one->name ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return 0;
	report = has_report(dirfd, name);
	one = slot(p, name, report);
	if (!one)
		return 0;
	str_copy(one->place, sizeof one->place, p->place);
	str_copy(one->name, sizeof one->name, name);
	one->report = report;
	one->sequence = logdir_sequence(dirfd, name);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct logdir_past *x = a, *y = b;

	if (x->sequence && y->sequence && x->sequence != y->sequence)
		return x->sequence < y->sequence ? 1 : -1;
	return strcmp(logdir_past_run(y), logdir_past_run(x));
}

unsigned logdir_past(const char *root, struct logdir_past list[LOGDIR_PAST], bool *hidden)
{
	struct past p = {.list = list};

	*hidden = false;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int fd = open_place(root, places[i]);

		p.place = places[i];
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
			*hidden = true;
		if (fd >= 0)
			path_each(fd, "/", add, &p);
		if (fd >= 0)
			close(fd);
	}
	qsort(list, p.n, sizeof *list, newest_first);
	return p.n;
}
