#include "checks/families.h"

#include "base/buf.h"
#include "base/mount.h"
#include "base/path.h"
#include "target/hibernation.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The kernel's count of errors on an ext4 (it is kept in the superblock). */
static long count_errors(const struct mount_entry *m, char name[64])
{
	char link[80], path[160], text[24];
	long n = 0;
	ssize_t len;
	int fd;

	snprintf(link, sizeof link, "/sys/dev/block/%u:%u", m->major, m->minor);
	len = readlink(link, path, sizeof path - 1);
	path[len < 0 ? 0 : len] = '\0';
	str_copy(name, 64, strrchr(path, '/') ? strrchr(path, '/') + 1 : "");
	snprintf(path, sizeof path, "/sys/fs/ext4/%.60s/errors_count", name);
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	len = fd < 0 ? -1 : path_read(fd, path, text, sizeof text);
	if (fd >= 0)
		close(fd);
	text[len < 0 ? 0 : strcspn(text, "\n")] = '\0';
	return str_number(text, 0, LONG_MAX, &n) ? 0 : n;
}

/* A read-only subvolume, as snapshots are. */
static bool is_snapshot(const struct target *t, const struct mount_entry *m)
{
	unsigned long long flags = 0;
	int fd;

	if (strcmp(m->type, "btrfs"))
		return false;
	fd = path_open(t->fd, "/", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || ioctl(fd, (int)BTRFS_IOC_SUBVOL_GETFLAGS, &flags))
		flags = 0;
	if (fd >= 0)
		close(fd);
	return flags & BTRFS_SUBVOL_RDONLY;
}

/* Read-only alone is no fault: so it is mounted before a boot, and by a careful person. */
void detect_readonly(struct check_context *c)
{
	char action[200], name[64];
	struct mount_entry m = {0};
	bool ro;
	long n;

	if (mount_find(c->t->root, &m))
		return;
	ro = !strncmp(m.super, "ro", 2) || strstr(m.super, "emergency_ro");
	if (is_snapshot(c->t, &m)) {
		snprintf(action, sizeof action,
			 "boot the normal entry; to stay in it: btrfs property set -ts %.80s ro "
			 "false",
			 c->t->root);
		check_found(
		    c, &(struct cause){"root-readonly", SEVERITY_ERROR, BLOCKS_EVERYONE, action},
		    "%.200s is a read-only snapshot (subvolume %.80s)", c->t->root, m.root);
	}
	n = count_errors(&m, name);
	if (n > 0) {
		snprintf(action, sizeof action,
			 "save what matters, then from a rescue system, unmounted: e2fsck -f "
			 "/dev/%s; look at the disk: smartctl -a",
			 name);
		check_found(c,
			    &(struct cause){"root-readonly", ro ? SEVERITY_ERROR : SEVERITY_WARNING,
					    ro ? BLOCKS_EVERYONE : BLOCKS_NOBODY, action},
			    "the file system of %.100s (%s) has had %ld errors%s", c->t->root,
			    m.source, n, ro ? " and is read-only" : "");
	}
}

void detect_hibernated(struct check_context *c)
{
	static const struct cause cause = {
	    "hibernated", SEVERITY_ERROR, BLOCKS_NOBODY,
	    "boot the normal entry to wake it up, shut it down there and come back; to give up "
	    "what was open: mkswap it"};
	char where[160];

	if (!c->t->live && hibernation_of(c->t, where, sizeof where))
		check_found(c, &cause,
			    "/etc/fstab: %s holds a hibernation image: writing now destroys it",
			    where);
}
