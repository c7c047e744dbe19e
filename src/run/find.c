#include "run/find.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/module.h"
#include "base/uevent.h"
#include "run/mounts.h"
#include "run/seek.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_MS 2000 /* no new device for so long: no more are to come */
#define SAY_SECONDS 5
#define MOUNT_SECONDS 60

/* --- drivers */

/* The next event's driver. False: none came before the deadline. */
static bool load_next(struct modules *m, int events, int64_t deadline)
{
	static char message[UEVENT_CAP];
	struct uevent e;
	int rc = uevent_next(events, -1, deadline, message, &e);

	if (rc > 0 && e.modalias[0] && strcmp(e.action, "remove"))
		modules_load(m, e.modalias);
	else if (rc < 0 && errno == ENOBUFS)
		modules_load_present(m);
	else if (rc < 0)
		_exit(1);
	return rc != 0;
}

static _Noreturn void be_loader(int events, int done)
{
	static struct modules m;

	if (modules_open(&m))
		log_line("no modules are carried for this kernel: only what it has built in works");
	modules_load_present(&m);
	modules_load_listed(&m);
	/* devices that those drivers found: of a bus behind a bus, and so on */
	while (load_next(&m, events, 0))
		;
	close(done);
	for (;;)
		load_next(&m, events, DEADLINE_NEVER);
}

int find_start(struct find *f)
{
	int done[2], ears = uevent_open();

	f->events = uevent_open();
	if (ears < 0 || f->events < 0 || pipe2(done, O_CLOEXEC))
		return -1;
	f->loader = fork();
	if (f->loader == 0) {
		close(f->events);
		close(done[0]);
		be_loader(ears, done[1]);
	}
	close(ears);
	close(done[1]);
	f->cold = done[0];
	return f->loader < 0 ? -1 : 0;
}

/* --- devices */

static struct device *named(struct find *f, const char *path)
{
	for (unsigned i = 0; i < f->n; i++)
		if (!strcmp(f->devices[i].path, path))
			return &f->devices[i];
	return NULL;
}

static void look(struct find *f, const char *name)
{
	struct device *d, now;
	char path[80];

	snprintf(path, sizeof path, "/dev/%s", name);
	if (!device_counts(name))
		return;
	if (device_look(path, &now))
		log_line("%s could not be looked at", path);
	d = named(f, path);
	if (!d && f->n < DEVICES)
		d = &f->devices[f->n++];
	if (d)
		*d = now;
}

static void look_at_all(struct find *f)
{
	static char names[DEVICES][64];
	unsigned n = device_names(names, DEVICES);

	f->n = 0;
	for (unsigned i = 0; i < n; i++)
		look(f, names[i]);
}

static void forget(struct find *f, const char *name)
{
	char path[80];
	struct device *d;

	snprintf(path, sizeof path, "/dev/%s", name);
	d = named(f, path);
	if (d)
		*d = f->devices[--f->n];
}

static const struct device *meant(const struct find *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (device_is(&f->devices[i], f->words.source))
			return &f->devices[i];
	return NULL;
}

enum news { NOTHING, SOMETHING, BLOCK_DEVICE };

static enum news hear(struct find *f, int64_t deadline)
{
	static char message[UEVENT_CAP];
	struct uevent e;
	int rc = uevent_next(f->events, f->cold, deadline, message, &e);

	if (rc < 0 && errno == ENOBUFS) {
		look_at_all(f);
		return BLOCK_DEVICE;
	}
	if (rc <= 0)
		return NOTHING;
	if (strcmp(e.subsystem, "block") || !e.devname[0])
		return SOMETHING;
	if (!strcmp(e.action, "remove"))
		forget(f, e.devname);
	else
		look(f, e.devname);
	return BLOCK_DEVICE;
}

static bool is_cold(struct find *f)
{
	struct pollfd p = {.fd = f->cold};

	if (f->cold >= 0 && poll(&p, 1, 0) > 0) { /* the loader has closed its end, or died */
		close(f->cold);
		f->cold = -1;
	}
	return f->cold < 0;
}

/* The kernel lets no driver's loading end before its disks are there, but for USB's (async_synchronize_full, do_init_module). */
static void await_cold(struct find *f, int64_t end)
{
	while (!is_cold(f) && clock_ms() < end)
		hear(f, end);
	while (hear(f, 0))
		;
}

static const struct device *await_meant(struct find *f, int64_t end)
{
	int64_t say = deadline_in(SAY_SECONDS);
	const struct device *d;

	while (!(d = meant(f)) && clock_ms() < end) {
		if (clock_ms() >= say) {
			log_say("waiting for root=%s, %ld s at most", f->words.source,
				root_patience(&f->words));
			say = DEADLINE_NEVER;
		}
		hear(f, deadline_first(end, say));
	}
	return d;
}

/* Until no more devices come. */
static void await_quiet(struct find *f, int64_t end)
{
	int64_t quiet = deadline_in_ms(QUIET_MS);

	while (clock_ms() < end && (!f->n || clock_ms() < quiet))
		if (hear(f, f->n ? deadline_first(end, quiet) : end) == BLOCK_DEVICE)
			quiet = deadline_in_ms(QUIET_MS);
}

void find_device(struct find *f)
{
	int64_t end = deadline_in(root_patience(&f->words));
	const struct device *d = NULL;

	look_at_all(f);
	await_cold(f, end);
	if (root_can_appear(f->words.source))
		d = await_meant(f, end);
	else
		await_quiet(f, end);
	if (d)
		str_copy(f->device, sizeof f->device, d->path);
}

const struct device *find_asleep(const struct find *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (!strcmp(f->devices[i].type, "swsuspend"))
			return &f->devices[i];
	return NULL;
}

/* --- root */

/* What the kernel is to know before it can put a file system of several devices together. */
static void scan_btrfs(const struct find *f)
{
	struct btrfs_ioctl_vol_args args = {0};
	int fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < f->n; i++)
		if (!strcmp(f->devices[i].type, "btrfs")) {
			str_copy(args.name, sizeof args.name, f->devices[i].path);
			ioctl(fd, BTRFS_IOC_SCAN_DEV, &args);
		}
	if (fd >= 0)
		close(fd);
}

static int mount_as(struct find *f, const char *type)
{
	static struct modules m;
	char alias[80], data[256];
	unsigned long set = mounts_flags(f->flags, data, sizeof data);

	snprintf(alias, sizeof alias, "fs-%s", type);
	if (m.dir || modules_open(&m) == 0)
		modules_load(&m, alias);
	if (!strcmp(type, "btrfs"))
		scan_btrfs(f);
	if (!f->writable)
		set |= MS_RDONLY;
	return mount(f->device, FIND_POINT, type, set, data) ? errno : 0;
}

/* rootfstype= may be a list. */
static int mount_root(void *arg)
{
	struct find *f = arg;
	char list[64], *save;
	int error = ENODEV;

	str_copy(list, sizeof list, f->type);
	mkdir(FIND_POINT, 0755);
	f->empty = false;
	for (char *p = strtok_r(list, ",", &save); p && error; p = strtok_r(NULL, ",", &save))
		error = mount_as(f, p);
	if (!error && !seek_is_system(FIND_POINT)) {
		umount2(FIND_POINT, 0);
		error = ENOENT;
	}
	f->empty = error == ENOENT; /* a subvolume that is not there, too */
	return error;
}

/* 0; -1: f->why says why not, f->empty that it could be mounted and holds no system. */
static int try_root(struct find *f)
{
	return supervisor_operation(&(struct operation){"mount root", mount_root, f, MOUNT_SECONDS},
				    f->why, sizeof f->why);
}

/* Name what hides file systems from this program. True: there is something. */
static bool say_containers(const struct find *f)
{
	bool any = false;

	for (unsigned i = 0; i < f->n; i++) {
		const char *what = device_container(f->devices[i].type);

		if (what)
			log_say("%s is %s: use the dracut entry for what lies in it",
				f->devices[i].path, what);
		any = any || what;
	}
	return any;
}

static int take_another(struct find *f)
{
	static struct root_system list[SEEK_MOST];
	char why[160];
	int i = root_choose(list, seek_systems(f->devices, f->n, list), why, sizeof why);

	if (i < 0) {
		log_say("no file system here holds a system");
		return -1;
	}
	str_copy(f->device, sizeof f->device, list[i].device);
	str_copy(f->type, sizeof f->type, list[i].type);
	f->flags[0] = '\0';
	if (list[i].subvolume[0])
		snprintf(f->flags, sizeof f->flags, "subvol=%s", list[i].subvolume);
	log_say("root is taken to be %s%s%s (%s): %s", f->device, f->flags[0] ? " " : "", f->flags,
		list[i].name, why);
	if (try_root(f) == 0)
		return 0;
	log_say("%s could not be mounted: %s", f->device, f->why);
	return -1;
}

/* What root= means is there: 0 mounted, 1 look for another, -1 nothing else may be taken. */
static int take_meant(struct find *f)
{
	const struct device *d = named(f, f->device);
	const char *what = d ? device_container(d->type) : NULL;

	if (what) {
		say_containers(f);
		return -1;
	}
	snprintf(f->type, sizeof f->type, "%s%s%s", f->words.type,
		 f->words.type[0] && d && d->type[0] ? "," : "", d ? d->type : "");
	str_copy(f->flags, sizeof f->flags, f->words.flags);
	if (try_root(f) == 0)
		return 0;
	log_say("root=%s: %s %s: %s", f->words.source, f->device,
		f->empty ? "holds no system" : "could not be mounted", f->why);
	return f->empty || !d || !d->filesystem ? 1 : -1;
}

static void mount_usr(const struct find *f)
{
	struct mounts *m = supervisor_shared(sizeof *m);

	if (!m)
		return;
	str_copy(m->root, sizeof m->root, FIND_POINT);
	m->seconds = MOUNT_SECONDS;
	m->readonly = !f->writable;
	mounts_usr(m);
}

int find_mount(struct find *f)
{
	int rc = 1;

	f->writable = f->words.writable;
	if (f->device[0]) {
		rc = take_meant(f);
	} else if (f->words.source[0]) {
		log_say("root=%s is not there", f->words.source);
		/* it lies in there, in all likelihood: no other system is to be taken for it */
		rc = say_containers(f) ? -1 : 1;
	} else {
		log_say("the kernel line has no root=");
	}
	if (rc > 0) {
		if (f->device[0])
			await_quiet(f, deadline_in(root_patience(&f->words)));
		rc = take_another(f);
		if (rc < 0 && !f->words.source[0])
			say_containers(f);
	}
	if (rc == 0)
		mount_usr(f);
	return rc;
}
