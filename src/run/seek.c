#include "run/seek.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mount.h"
#include "base/path.h"
#include "run/supervisor.h"
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define POINT "/run/rd-recovery.look"
#define SECONDS 20
#define SUBVOLUME_INODE 256 /* BTRFS_FIRST_FREE_OBJECTID: the root of each (btrfs(5)) */

struct look { /* shared with the operation */
	const struct device *device;
	struct root_system list[SEEK_MOST];
	unsigned n;
};

static bool has_init(const struct target *t)
{
	static const char places[][26] = {"/sbin/init", "/usr/sbin/init", "/etc/init", "/bin/init",
					  "/usr/lib/systemd/systemd"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (path_exists(t->fd, places[i]))
			return true;
	return false;
}

static bool is_system(const struct target *t)
{
	return has_init(t) || path_exists(t->fd, "/etc/os-release") ||
	       path_exists(t->fd, "/etc/passwd");
}

static int what_fstab_says(const struct target *t, const struct device *d, const char *subvolume)
{
	char text[65536], named[128];
	ssize_t len = path_read(t->fd, "/etc/fstab", text, sizeof text);
	const char *p = text, *line;
	struct fstab_entry e;
	size_t n;

	while (len > 0 && line_next(&p, text + len, &line, &n)) {
		if (fstab_parse_line(line, n, &e) <= 0 || strcmp(e.point, "/"))
			continue;
		mount_subvolume(e.options, named, sizeof named);
		if (str_starts(e.source, "/dev/") && !device_is(d, e.source))
			return 0; /* such names change from boot to boot */
		if (!device_is(d, e.source))
			return -1;
		if (!strcmp(named, subvolume))
			return 1;
		return named[0] ? -1 : 0; /* rootflags= or subvolid= may mean this one */
	}
	return 0;
}

static long long last_used(const struct target *t)
{
	static const char places[][19] = {"/etc", "/etc/ld.so.cache", "/etc/shadow", "/var/log",
					  "/var/log/wtmp"};
	long long last = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (path_stat(t->fd, places[i], true, &st) == 0 && st.st_mtime > last)
			last = st.st_mtime;
	return last;
}

static void fill(struct look *l, const struct target *t, const char *subvolume, bool preset)
{
	struct root_system *s = &l->list[l->n++];

	*s = (struct root_system){.has_init = has_init(t), .preset = preset};
	str_copy(s->device, sizeof s->device, l->device->path);
	str_copy(s->type, sizeof s->type, l->device->type);
	str_copy(s->subvolume, sizeof s->subvolume, subvolume);
	str_copy(s->name, sizeof s->name, t->os_name);
	s->fstab = what_fstab_says(t, l->device, subvolume);
	s->used = last_used(t);
}

static void add_system(struct look *l, const char *subvolume, bool preset)
{
	struct target t;
	char path[200];

	snprintf(path, sizeof path, POINT "/%s", subvolume);
	if (target_open(&t, path))
		return;
	if (is_system(&t) && l->n < SEEK_MOST)
		fill(l, &t, subvolume, preset);
	else if (is_system(&t))
		log_say("%s %s holds a system, too: only the first %d are looked at",
			l->device->path, subvolume, SEEK_MOST);
	target_close(&t);
}

static int add_subvolume(void *arg, int dirfd, const char *name)
{
	struct look *l = arg;
	struct stat st;

	if (strlen(name) < 100 && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_ino == SUBVOLUME_INODE)
		add_system(l, name, false);
	return 0;
}

/* The default subvolume, then those at the top: snapshots lie deeper. */
static int look_at_btrfs(struct look *l)
{
	int root;

	if (mount_look(l->device->path, "btrfs", POINT, NULL))
		return errno;
	add_system(l, "", true);
	umount2(POINT, 0);
	if (mount_look(l->device->path, "btrfs", POINT, "subvolid=5"))
		return errno;
	root = open(POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0) {
		path_each(root, "/", add_subvolume, l);
		close(root);
	}
	umount2(POINT, 0);
	return 0;
}

static int look_at_device(void *arg)
{
	struct look *l = arg;
	const struct device *d = l->device;

	mkdir(POINT, 0700);
	if (!strcmp(d->type, "btrfs"))
		return look_at_btrfs(l);
	if (mount_look(d->path, d->type, POINT, NULL))
		return errno;
	add_system(l, "", false);
	umount2(POINT, 0);
	return 0;
}

static bool can_hold_a_system(const char *type)
{
	static const char types[][6] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

unsigned seek_systems(const struct device *devices, unsigned n, struct root_system list[SEEK_MOST])
{
	static struct look *l;
	char why[320];

	if (!l && !(l = supervisor_shared(sizeof *l)))
		return 0;
	l->n = 0;
	for (unsigned i = 0; i < n; i++) {
		l->device = &devices[i];
		if (!can_hold_a_system(devices[i].type) ||
		    supervisor_operation(
			&(struct operation){"look for a system", look_at_device, l, SECONDS}, why,
			sizeof why) == 0)
			continue;
		umount2(POINT, MNT_DETACH); /* under it, the next one would not be seen */
		log_say("%s could not be looked at: %s", devices[i].path, why);
	}
	rmdir(POINT);
	memcpy(list, l->list, l->n * sizeof *list);
	return l->n;
}
