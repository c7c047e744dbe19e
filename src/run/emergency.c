#include "run/emergency.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/device.h"
#include "base/log.h"
#include "base/mount.h"
#include "run/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#define POINT "/run/rd-recovery.boot"

static const char types[][5] = {"vfat", "ext4", "ext3", "ext2", "xfs"};

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

/* A system may sleep in swap space that nobody can see here. */
static bool is_closed(const char *name)
{
	char path[80];
	struct device d;
	const char *what;

	snprintf(path, sizeof path, "/dev/%s", name);
	if (device_look(path, &d) || !(what = device_container(&d)) ||
	    device_held("/sys/class/block", name))
		return false;
	log_say("%s is %s that was not opened: a system may sleep in it, so no /boot is mounted",
		path, what);
	return true;
}

/* A member of a RAID looks like its file system to everybody but libblkid. */
static bool try_device(const char *name)
{
	char path[80];
	struct device d;
	bool ours = false;

	snprintf(path, sizeof path, "/dev/%s", name);
	if (device_look(path, &d))
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		ours = ours || !strcmp(d.type, types[i]);
	if (!ours || mount_look(path, d.type, POINT, NULL))
		return false;
	ours = is_boot();
	umount2(POINT, 0);
	return ours && mount(path, POINT, str_starts(d.type, "ext") ? "ext4" : d.type,
			     MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static int find_boot(void *arg)
{
	static char list[DEVICES][64];
	unsigned n = device_names(list, DEVICES);
	bool found = false;

	(void)arg;
	for (unsigned i = 0; i < n; i++)
		if (is_closed(list[i]))
			return EBUSY;
	mkdir(POINT, 0700);
	for (unsigned i = 0; i < n && !found; i++)
		found = try_device(list[i]);
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
	found = supervisor_operation(&(struct operation){"find a /boot", find_boot, NULL, 120}, why,
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
	run_limit(r->o);
	run_phases(r);
	run_end(r);
	if (found &&
	    supervisor_operation(&(struct operation){"unmount /boot", leave_boot, NULL, 60}, why,
				 sizeof why))
		log_say("/boot could not be unmounted: %s", why);
}
