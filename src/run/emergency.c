#include "run/emergency.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "run/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POINT "/run/rd-recovery.boot"

static const char types[][6] = {"ext4", "vfat", "xfs", "btrfs"};

/* What only a /boot or an ESP has at its top. */
static bool is_boot(void)
{
	DIR *d = opendir(POINT);
	struct dirent *e;
	bool yes = false;

	while (d && !yes && (e = readdir(d)))
		yes = str_starts(e->d_name, "vmlinuz") || str_starts(e->d_name, "kernel-") ||
		      str_starts(e->d_name, "initr") || !strcmp(e->d_name, "grub") ||
		      !strcmp(e->d_name, "loader") || !strcasecmp(e->d_name, "efi");
	if (d)
		closedir(d);
	return yes;
}

/* Read-only first: a file system that is no /boot stays as it is. */
static bool try_device(const char *name)
{
	char path[300];

	snprintf(path, sizeof path, "/dev/%s", name);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (mount(path, POINT, types[i], MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  NULL))
			continue;
		if (is_boot() && mount(NULL, POINT, NULL,
				       MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
			return true;
		umount2(POINT, MNT_DETACH);
		break;
	}
	return false;
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
	char why[320];

	log_say("rd-recovery " VERSION ": root could not be mounted: nothing can be repaired, "
		"looking at what there is");
	name_run(r);
	if (supervisor_operation(&(struct operation){"find a /boot", find_boot, NULL, 60}, why,
				 sizeof why) == 0)
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
	umount2(POINT, MNT_DETACH);
}
