#include "run/mounts.h"

#include "base/buf.h"
#include "base/device.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BLOCKS "/sys/class/block"
#define DEPTH 4 /* a file system in LVM in LUKS in an array */

bool mounts_kernel_name(const char *source)
{
	static const char kinds[][7] = {"sd", "hd", "vd", "xvd", "nvme", "mmcblk"};
	const char *name = source + strlen("/dev/");

	if (!str_starts(source, "/dev/") || strchr(name, '/'))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_starts(name, kinds[i]))
			return true;
	return false;
}

static dev_t device_number_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

/* The device a file system lies on, as sysfs names it. False: none that can be told. */
static bool name_of(const struct mount_entry *root, char name[64])
{
	/* btrfs has a number of its own */
	dev_t d = root->major ? makedev(root->major, root->minor) : device_number_of(root->source);
	char link[64], to[512];
	ssize_t n;

	snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(d), minor(d));
	n = d ? readlink(link, to, sizeof to - 1) : -1;
	if (n <= 0)
		return false;
	to[n] = '\0';
	return str_copy(name, 64, strrchr(to, '/') ? strrchr(to, '/') + 1 : to);
}

struct walk {
	const char *disk;
	int depth;
};

/* Does a device, or what it is made of, lie on the disk? */
static int lies_on(void *arg, int dirfd, const char *name)
{
	const struct walk *w = arg;
	char own[64], slaves[128];
	int fd, rc = 0;

	(void)dirfd;
	if (!strcmp(name, w->disk) ||
	    (device_disk(BLOCKS, name, own, sizeof own) && !strcmp(own, w->disk)))
		return 1;
	snprintf(slaves, sizeof slaves, BLOCKS "/%.60s/slaves", name);
	fd = w->depth ? open(slaves, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		rc = path_each(fd, "/", lies_on, &(struct walk){w->disk, w->depth - 1});
		close(fd);
	}
	return rc;
}

bool mounts_believed(const struct mounts *m, const struct fstab_entry *e)
{
	const char *source = e->source + strlen("/dev/");
	struct mount_entry root = {0};
	char name[64], disk[64];

	if (!mounts_kernel_name(e->source) || !strcmp(m->root, "/"))
		return true;
	if (mount_find(m->root, &root) || !name_of(&root, name))
		return false;
	if (mounts_kernel_name(m->root_source))
		return !strcmp(m->root_source + strlen("/dev/"), name);
	if (!device_disk(BLOCKS, source, disk, sizeof disk))
		return false;
	return lies_on(&(struct walk){disk, DEPTH}, -1, name) == 1;
}
