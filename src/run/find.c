#include "run/find.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/module.h"
#include "base/path.h"
#include "run/mounts.h"
#include "run/seek.h"
#include "run/supervisor.h"
#include "target/hibernation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNT_SECONDS 300 /* a journal may be long */
#define LOOK_SECONDS 60
#define LOOK_POINT "/run/rd-recovery.root"
#define SWAP_POINT "/run/rd-recovery.swap"

void find_device(struct find *f)
{
	const char *source = root_can_appear(f->words.source) ? f->words.source : NULL;
	const struct device *d = devices_await(&f->all, source, root_patience(&f->words));
	const struct device *twin = d ? devices_twin(&f->all, source, d) : NULL;

	if (d)
		str_copy(f->device, sizeof f->device, d->path);
	f->doubt = twin;
	if (twin)
		log_say("root=%s means two, %s and %s: one may be a copy. %s is taken%s", source,
			d->path, twin->path, d->path, f->rescue ? ", only to be looked at" : "");
}

/* What the kernel is to know before it can put a file system of several devices together. */
static void scan_btrfs(const struct devices *all)
{
	struct btrfs_ioctl_vol_args args = {0};
	int fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < all->n; i++)
		if (!strcmp(all->list[i].type, "btrfs")) {
			str_copy(args.name, sizeof args.name, all->list[i].path);
			ioctl(fd, BTRFS_IOC_SCAN_DEV, &args);
		}
	if (fd >= 0)
		close(fd);
}

static void prepare_for(const struct find *f, const char *type)
{
	static struct modules m;
	char alias[80];

	snprintf(alias, sizeof alias, "fs-%s", type);
	if (m.dir || modules_open(&m) == 0)
		modules_load(&m, alias);
	if (!strcmp(type, "btrfs"))
		scan_btrfs(&f->all);
}

/* fn for each of f->type, which may be a list, as rootfstype= may, until one returns 0. Returns the
 * last error. */
static int each_type(struct find *f, int (*fn)(struct find *f, const char *type))
{
	char list[96], *save;
	int error = ENODEV;

	str_copy(list, sizeof list, f->type);
	for (char *p = strtok_r(list, ",", &save); p && error; p = strtok_r(NULL, ",", &save)) {
		prepare_for(f, p);
		error = fn(f, p);
	}
	return error;
}

static int look_as(struct find *f, const char *type)
{
	char data[256];

	mounts_flags(f->flags, data, sizeof data);
	return mount_look(f->device, type, LOOK_POINT, data[0] ? data : NULL) ? errno : 0;
}

static bool look_into(const struct find *f, const struct fstab_entry *holder, const char *file)
{
	char device[300], data[256];
	bool found = false;
	int folder;

	if (device_find(holder->source, device, sizeof device))
		return false;
	prepare_for(f, holder->type);
	mounts_flags(holder->options, data, sizeof data);
	if (mount_look(device, holder->type, SWAP_POINT, data[0] ? data : NULL)) {
		log_line("%s could not be looked at for a hibernation image: %s", device,
			 strerror(errno));
		return false;
	}
	folder = open(SWAP_POINT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0) {
		found = hibernation_in_file(folder, file);
		close(folder);
	}
	umount2(SWAP_POINT, 0);
	return found;
}

/* A swap file may have a file system, or a subvolume, of its own. */
static void look_elsewhere(struct find *f, const struct target *t)
{
	char text[65536];
	ssize_t len = path_read(t->fd, "/etc/fstab", text, sizeof text);
	const char *p = text, *line, *file;
	struct fstab_entry e, holder;
	size_t n;

	mkdir(SWAP_POINT, 0700);
	while (len > 0 && line_next(&p, text + len, &line, &n)) {
		if (fstab_parse_line(line, n, &e) <= 0 || strcmp(e.type, "swap"))
			continue;
		file = mounts_holder(text, (size_t)len, e.source, &holder);
		if (file && look_into(f, &holder, file)) {
			str_copy(f->asleep, sizeof f->asleep, e.source);
			return;
		}
	}
}

/* A mount for real, read-only or not, replays the journal: under a system that sleeps in a swap
 * file there, its end. */
static int look_asleep(void *arg)
{
	struct find *f = arg;
	struct target t;
	int error;

	mkdir(LOOK_POINT, 0700);
	error = each_type(f, look_as);
	if (error)
		return error;
	if (target_open(&t, LOOK_POINT) == 0 && !hibernation_of(&t, f->asleep, sizeof f->asleep))
		look_elsewhere(f, &t);
	target_close(&t);
	umount2(LOOK_POINT, 0);
	return 0;
}

static bool is_asleep(struct find *f)
{
	char why[320];

	if (!f->rescue && f->words.noresume) /* given up, as by any initramfs */
		return false;
	if (supervisor_operation(
		&(struct operation){"look for a hibernation image", look_asleep, f, LOOK_SECONDS},
		why, sizeof why)) {
		umount2(SWAP_POINT, MNT_DETACH);
		umount2(LOOK_POINT, MNT_DETACH);
		log_line("%s could not be looked at for a hibernation image: %s", f->device, why);
	}
	return f->asleep[0];
}

static int mount_as(struct find *f, const char *type)
{
	char data[256];
	unsigned long set = mounts_flags(f->flags, data, sizeof data);

	if (f->rescue || !f->words.writable)
		set |= MS_RDONLY;
	return mount(f->device, FIND_POINT, type, set, data) ? errno : 0;
}

/* What root= means may lack anything but a root's folders: it is to be
 * repaired. */
static int mount_root(void *arg)
{
	struct find *f = arg;
	struct target t;
	int error;

	mkdir(FIND_POINT, 0755);
	f->empty = false;
	error = each_type(f, mount_as);
	if (!error && target_open(&t, FIND_POINT))
		error = umount2(FIND_POINT, 0) ? errno : ENOENT;
	else if (!error)
		target_close(&t);
	f->empty = error == ENOENT; /* a subvolume that is not there, too */
	return error;
}

/* 0; -1: f->why says why not, f->empty that it could be mounted and holds no system, f->asleep that
 * it was not mounted. */
static int try_root(struct find *f)
{
	if (is_asleep(f))
		return -1;
	return supervisor_operation(&(struct operation){"mount root", mount_root, f, MOUNT_SECONDS},
				    f->why, sizeof f->why);
}

/* root= meant another place: only a system that says itself that it is the one is taken for it. */
static int doubt(struct find *f, const struct root_system *s)
{
	if (!f->words.source[0] || s->fstab > 0)
		return 0;
	f->doubt = true;
	log_say("nothing says that %s (%s) is what root=%s means: it is not %s", s->device, s->name,
		f->words.source, f->rescue ? "changed, only looked at" : "started");
	return f->rescue ? 0 : -1;
}

static int take_another(struct find *f)
{
	static struct root_system list[SEEK_MOST];
	char why[160];
	unsigned n = seek_systems(f->all.list, f->all.n, list);
	int i = root_choose(list, n, why, sizeof why);

	for (unsigned k = 0; k < n; k++)
		if (list[k].fstab < 0)
			log_say("%s%s%s (%s) is not taken for root: its own fstab says that / is "
				"elsewhere",
				list[k].device, list[k].subvolume[0] ? " " : "", list[k].subvolume,
				list[k].name);
	if (i < 0) {
		log_say("no file system here %s", n ? "can be taken" : "holds a system");
		return -1;
	}
	if (doubt(f, &list[i]))
		return -1;
	str_copy(f->device, sizeof f->device, list[i].device);
	str_copy(f->type, sizeof f->type, list[i].type);
	f->flags[0] = '\0';
	if (list[i].subvolume[0])
		snprintf(f->flags, sizeof f->flags, "subvol=%s", list[i].subvolume);
	log_say("root is taken to be %s%s%s (%s): %s", f->device, f->flags[0] ? " " : "", f->flags,
		list[i].name, why);
	if (try_root(f) == 0)
		return 0;
	if (!f->asleep[0])
		log_say("%s could not be mounted: %s", f->device, f->why);
	return -1;
}

/* What root= means is there: 0 mounted, 1 look for another, -1 nothing else may be taken. */
static int take_meant(struct find *f)
{
	const struct device *d = devices_named(&f->all, f->device);
	const char *what = d ? device_container(d) : NULL;

	if (what) {
		devices_say_containers(&f->all);
		return -1;
	}
	if (!f->words.type[0] && !(d && d->type[0])) {
		log_say("root=%s: %s holds no file system", f->words.source, f->device);
		return 1;
	}
	snprintf(f->type, sizeof f->type, "%s%s%s", f->words.type,
		 f->words.type[0] && d && d->type[0] ? "," : "", d ? d->type : "");
	str_copy(f->flags, sizeof f->flags, f->words.flags);
	if (try_root(f) == 0)
		return 0;
	if (f->asleep[0])
		return -1;
	log_say("root=%s: %s %s: %s", f->words.source, f->device,
		f->empty ? "holds no system" : "could not be mounted", f->why);
	return f->empty || !d || !d->filesystem ? 1 : -1;
}

int find_mount(struct find *f)
{
	int rc = 1;

	if (f->device[0]) {
		rc = take_meant(f);
	} else if (f->words.source[0]) {
		log_say("root=%s is not there", f->words.source);
		/* it lies in there, in all likelihood: no other system is to be taken for it */
		rc = devices_say_containers(&f->all) ? -1 : 1;
	} else {
		log_say("the kernel line has no root=");
	}
	if (rc > 0) {
		if (f->device[0])
			devices_await(&f->all, NULL, root_patience(&f->words));
		rc = take_another(f);
		if (rc < 0 && !f->words.source[0])
			devices_say_containers(&f->all);
	}
	return rc;
}

static int read_disk(void *arg)
{
	const struct find *f = arg;
	_Alignas(4096) char block[4096];
	int fd = open(f->device, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd >= 0 && read(fd, block, sizeof block) < 0)
		log_line("%s: %s", f->device, strerror(errno));
	if (fd >= 0)
		close(fd);
	return 0;
}

bool find_answers(const struct find *f, long seconds)
{
	struct operation op = {"read root's disk", read_disk, (void *)f, seconds};
	char why[320];

	if (supervisor_operation(&op, why, sizeof why) == 0)
		return true;
	log_say("%s does not answer (%s): no system can be started from it", f->device, why);
	return false;
}

void find_settle(struct find *f)
{
	struct mounts *m = supervisor_shared(sizeof *m);
	char why[320];

	if (!m)
		return;
	str_copy(m->root, sizeof m->root, FIND_POINT);
	m->seconds = MOUNT_SECONDS;
	m->readonly = !f->words.writable;
	if (f->words.writable && mounts_writable(m, why, sizeof why))
		log_say("root could not be made writable: %s", why);
	mounts_usr(m);
}
