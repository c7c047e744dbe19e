#include "target/logdir.h"

#include "base/buf.h"
#include "base/mount.h"
#include "base/path.h"
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char marker[] = LOGDIR_MARKER;

static void add(struct logdir *d, const char *path, bool inside)
{
	if (d->nplaces == LOGDIR_PLACES)
		return;
	str_copy(d->places[d->nplaces].path, sizeof d->places[0].path, path);
	d->places[d->nplaces++].inside = inside;
}

static const char *full(const struct target *t, const char *point, char path[512])
{
	snprintf(path, 512, "%s%s", strcmp(t->root, "/") ? t->root : "", point);
	return path;
}

static bool is_mounted(const struct target *t, const char *point)
{
	char path[512];
	struct mount_entry m = {0};

	return mount_find(full(t, point, path), &m) == 0;
}

static bool is_crypt(int dirfd, const char *dev, int depth);

struct layer {
	int depth;
	bool found;
};

static int each_slave(void *arg, int dirfd, const char *name)
{
	struct layer *l = arg;

	l->found = l->found || is_crypt(dirfd, name, l->depth);
	return 0;
}

/* Device mapper tells what a device is; a file system on LVM on LUKS has it some layers down. */
static bool is_crypt(int dirfd, const char *dev, int depth)
{
	struct layer below = {.depth = depth - 1};
	char path[300], uuid[16] = "";
	int fd;

	snprintf(path, sizeof path, "%s/dm/uuid", dev);
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, uuid, sizeof uuid - 1) < 0)
		uuid[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (str_starts(uuid, "CRYPT-"))
		return true;
	snprintf(path, sizeof path, "%s/slaves", dev);
	fd = depth ? openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		path_each(fd, "/", each_slave, &below);
		close(fd);
	}
	return below.found;
}

const char *logdir_devices = "/sys/dev/block";

bool logdir_encrypted(const char *path)
{
	int dirfd = open(logdir_devices, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[40];
	struct stat st;
	bool yes = false;

	if (dirfd < 0)
		return false;
	if (stat(path, &st) == 0) {
		snprintf(name, sizeof name, "%u:%u", major(st.st_dev), minor(st.st_dev));
		yes = is_crypt(dirfd, name, 3);
	}
	close(dirfd);
	return yes;
}

void logdir_places(struct logdir *d, const struct target *t, const char *given, const char *run)
{
	static const char esp[][10] = {"/boot/efi", "/efi"};
	/* details of an encrypted system do not belong on a disk anyone can read */
	bool secret = logdir_encrypted(t->root);
	bool open_boot = secret && t->boot_own && !logdir_encrypted(t->boot);
	char path[512];

	memset(d, 0, sizeof *d);
	snprintf(d->name, sizeof d->name, "%s%s%s", t->os_id, marker, run);
	str_copy(d->root, sizeof d->root, t->root);
	str_copy(d->os_id, sizeof d->os_id, t->os_id);
	if (*given)
		add(d, given, false);
	d->brief = open_boot && !*given && !t->readonly;
	if (!open_boot && !*given && t->boot[0] && (t->boot_own || !t->readonly))
		add(d, "/boot", true);
	for (int i = 0; i < 2; i++)
		if (is_mounted(t, esp[i]) && (!secret || logdir_encrypted(full(t, esp[i], path))))
			add(d, esp[i], true);
	if (!t->readonly)
		add(d, "/var/log", true);
	add(d, "/run", false);
}

const char *logdir_where(const struct logdir *d, char *dst, size_t cap)
{
	dst[0] = '\0';
	if (d->at < d->nplaces)
		snprintf(dst, cap, "%s%s/%s",
			 d->places[d->at].inside && strcmp(d->root, "/") ? d->root : "",
			 d->places[d->at].path, d->name);
	return dst;
}

bool logdir_leave(struct logdir *d)
{
	memset(d->copied, 0, sizeof d->copied);
	return ++d->at < d->nplaces;
}

static int open_place(const struct logdir *d, const char *path, bool inside)
{
	int root, fd;

	if (!inside)
		return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	root = open(d->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = path_open(root, path, O_RDONLY | O_DIRECTORY, 0);
	close(root);
	return fd;
}

static int open_folder(const struct logdir *d, int place)
{
	int fd = -1, error;

	if (place < 0)
		return -1;
	if (mkdirat(place, d->name, 0700) == 0)
		place_sync(place);
	else if (errno != EEXIST)
		goto out;
	fd = openat(place, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
out:
	error = errno;
	close(place);
	errno = error;
	return fd;
}

static int append(int folder, const char *name, const char *data, size_t len)
{
	int fd = openat(folder, name,
			O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int rc, error;

	if (fd < 0)
		return -1;
	rc = place_write(fd, data, len) || place_sync(fd) ? -1 : 0;
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

static int append_new(int folder, enum log_stream s, size_t *copied)
{
	const char *data;
	size_t len;

	log_view(s, &data, &len);
	if (append(folder, log_name(s), data + *copied, len - *copied))
		return -1;
	*copied = len;
	return 0;
}

int logdir_copy(struct logdir *d)
{
	int folder = open_folder(d, open_place(d, d->places[d->at].path, d->places[d->at].inside));
	int rc = 0, error;

	if (folder < 0)
		return -1;
	for (int s = 0; s < LOG_STREAMS && rc == 0; s++)
		rc = append_new(folder, (enum log_stream)s, &d->copied[s]);
	if (rc == 0)
		rc = place_sync(folder);
	error = errno;
	close(folder);
	errno = error;
	return rc;
}

int logdir_brief(const struct logdir *d, const char *text)
{
	int folder = d->brief ? open_folder(d, open_place(d, "/boot", true)) : -1, rc, error;

	if (folder < 0)
		return d->brief ? -1 : 0;
	rc = append(folder, log_name(LOG_MAIN), text, strlen(text)) || place_sync(folder) ? -1 : 0;
	error = errno;
	close(folder);
	errno = error;
	return rc;
}

struct old {
	char name[128];
	long sequence;
};
struct olds {
	struct old *list;
	unsigned n;
	char prefix[64];
};

long logdir_sequence(int dirfd, const char *name)
{
	char path[200], text[1024];
	const char *p;
	ssize_t n;

	snprintf(path, sizeof path, "%.120s/main.log", name);
	n = path_read(dirfd, path, text, sizeof text);
	if (n < 0) { /* usually longer than that */
		int fd = path_open(dirfd, path, O_RDONLY, 0);

		n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
		if (fd >= 0)
			close(fd);
	}
	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strstr(text, "sequence ");
	return p ? strtol(p + 9, NULL, 10) : 0;
}

static int collect(void *arg, int dirfd, const char *name)
{
	struct olds *o = arg;
	struct stat st;

	if (!str_starts(name, o->prefix) || strlen(name) >= sizeof o->list->name ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return 0;
	str_copy(o->list[o->n].name, sizeof o->list->name, name);
	o->list[o->n].sequence = logdir_sequence(dirfd, name);
	return ++o->n == 256;
}

static int newest_first(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	return x->sequence == y->sequence  ? strcmp(y->name, x->name)
	       : x->sequence < y->sequence ? 1
					   : -1;
}

static void prune(const struct logdir *d, int place)
{
	struct olds o = {calloc(256, sizeof(struct old)), 0, ""};

	/* another system's folders in a shared /boot are counted by its own runs */
	snprintf(o.prefix, sizeof o.prefix, "%s%s", d->os_id, marker);

	if (o.list && place >= 0) {
		path_each(place, "/", collect, &o);
		qsort(o.list, o.n, sizeof *o.list, newest_first);
		for (unsigned i = LOGDIR_KEPT; i < o.n; i++)
			if (strcmp(o.list[i].name, d->name))
				place_remove_tree(place, o.list[i].name);
	}
	if (place >= 0)
		close(place);
	free(o.list);
}

void logdir_prune(const struct logdir *d)
{
	if (d->at < d->nplaces)
		prune(d, open_place(d, d->places[d->at].path, d->places[d->at].inside));
	if (d->brief)
		prune(d, open_place(d, "/boot", true));
}
