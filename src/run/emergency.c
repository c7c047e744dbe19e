#include "run/emergency.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "run/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POINT "/run/rd-recovery.boot"

/* How to look at a file system without writing to it: a journal is not replayed. */
static const struct {
	char udev[6], type[5], data[11];
} types[] = {{"vfat", "vfat", ""},
	     {"ext4", "ext4", "noload"},
	     {"ext3", "ext4", "noload"},
	     {"ext2", "ext4", "noload"},
	     {"xfs", "xfs", "norecovery"}};

/* What only a /boot or an ESP has at its top; Debian has links to its kernel at the root's. */
static bool is_boot(void)
{
	DIR *d = opendir(POINT);
	struct dirent *e;
	bool yes = false, root = false;

	while (d && (e = readdir(d))) {
		yes = yes || str_starts(e->d_name, "vmlinuz") || str_starts(e->d_name, "kernel-") ||
		      str_starts(e->d_name, "initr") || !strcmp(e->d_name, "grub") ||
		      !strcmp(e->d_name, "loader") || !strcasecmp(e->d_name, "efi");
		root = root || !strcmp(e->d_name, "etc") || !strcmp(e->d_name, "usr");
	}
	if (d)
		closedir(d);
	return yes && !root;
}

/* What udev found on a device: a member of a RAID looks like its file system to everybody else.
 * Index in types, or -1. */
static int type_of(const char *name)
{
	static const char key[] = "E:ID_FS_TYPE=";
	char path[300], text[8192], *p;
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;

	snprintf(path, sizeof path, "/sys/class/block/%s/dev", name);
	if (root >= 0 && path_read(root, path, text, sizeof text) > 0) {
		text[strcspn(text, "\n")] = '\0';
		snprintf(path, sizeof path, "/run/udev/data/b%.20s", text);
		p = path_read(root, path, text, sizeof text) > 0 ? strstr(text, key) : NULL;
		for (size_t i = 0; p && i < sizeof types / sizeof *types; i++) {
			size_t n = strlen(types[i].udev);

			if (!strncmp(p + sizeof key - 1, types[i].udev, n) &&
			    p[sizeof key - 1 + n] == '\n')
				found = (int)i;
		}
	}
	if (root >= 0)
		close(root);
	return found;
}

static bool try_device(const char *name)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int type = type_of(name);
	char path[300];
	bool yes;

	snprintf(path, sizeof path, "/dev/%s", name);
	if (type < 0 || mount(path, POINT, types[type].type, flags | MS_RDONLY, types[type].data))
		return false;
	yes = is_boot();
	umount2(POINT, 0);
	return yes && mount(path, POINT, types[type].type, flags, NULL) == 0;
}

static int find_boot(void *arg)
{
	DIR *d = opendir("/sys/class/block");
	struct dirent *e;
	bool found = false;

	(void)arg;
	mkdir(POINT, 0700);
	while (d && !found && (e = readdir(d)))
		if (e->d_name[0] != '.' && !str_starts(e->d_name, "loop") &&
		    !str_starts(e->d_name, "ram"))
			found = try_device(e->d_name);
	if (d)
		closedir(d);
	return found ? 0 : ENOENT;
}

static int leave_boot(void *arg)
{
	(void)arg;
	return umount2(POINT, 0) ? errno : 0;
}

static void name_run(struct run *r)
{
	clock_stamp(time(NULL), r->report->run, sizeof r->report->run);
	str_copy(r->report->os_id, sizeof r->report->os_id, "linux");
	str_copy(r->target.os_id, sizeof r->target.os_id, "linux");
	str_copy(r->target.root, sizeof r->target.root, "/");
	r->target.readonly = r->target.live = true;
}

void emergency_run(struct run *r)
{
	struct finding f = {
	    .id = "root-unmounted",
	    .severity = SEVERITY_ERROR,
	    .blocks = BLOCKS_EVERYONE,
	    .evidence = "the root file system could not be mounted",
	    .action = "read diagnostics.log: block devices, kernel messages; check root= on "
		      "the kernel line and the file system (fsck)"};
	bool found;
	char why[320];

	log_say("rd-recovery " VERSION ": root could not be mounted: nothing can be repaired, "
		"looking at what there is");
	name_run(r);
	found = supervisor_operation(&(struct operation){"find a /boot", find_boot, NULL, 60}, why,
				     sizeof why) == 0;
	if (found)
		str_copy(r->o->boot, sizeof r->o->boot, POINT);
	logdir_places(&r->logs, &r->target, r->o->boot, r->report->run);
	report_finding(r->report, &f);
	r->target.root[0] = '\0';
	for (int i = 2; i <= 7; i++)
		r->o->set.phases[i] = false;
	str_copy(r->report->verdict_text, sizeof r->report->verdict_text,
		 "Root could not be mounted: no login is possible.");
	run_phases(r);
	run_end(r);
	if (found &&
	    supervisor_operation(&(struct operation){"unmount /boot", leave_boot, NULL, 60}, why,
				 sizeof why))
		log_say("/boot could not be unmounted: %s", why);
}
