/* The rescue entry's boot: what the dracut hooks start, in the initramfs. */
#include "run/commands.h"

#include "base/buf.h"
#include "base/cmdline.h"
#include "base/device.h"
#include "base/log.h"
#include "run/emergency.h"
#include "run/ending.h"
#include "run/run.h"
#include "run/supervisor.h"
#include "target/hibernation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPTURE "/usr/lib/rd-recovery/capture"
#define SOURCES "/usr/lib/rd-recovery"

static void read_kernel_line(struct options *o)
{
	char line[CMDLINE_CAP];
	ssize_t n = cmdline_read(line, sizeof line);

	if (n > 0)
		options_kernel(o, line, (size_t)n);
}

/* --- the run */

static void undo_line(void *arg, const struct rollback_line *l)
{
	(void)arg;
	log_say("  %s: %s", l->path, l->result);
}

static int undo(void *arg)
{
	struct run *r = arg;
	int root = open(r->target.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[64] = "";
	int rc;

	if (root < 0)
		return errno;
	log_say("undoing the newest run");
	rc = journal_rollback(root, NULL, name, undo_line, NULL);
	if (rc < 0)
		log_say("%s", errno == ENOENT ? "no run is left to undo" : strerror(errno));
	else
		log_say("run %s: %s", name, rc ? "not everything could be undone" : "undone");
	close(root);
	return 0;
}

static void work(struct run *r, const char *root)
{
	struct options *o = r->o;
	char why[320];

	str_copy(o->root, sizeof o->root, root);
	str_copy(r->mounts.root, sizeof r->mounts.root, root);
	r->mounts.seconds = o->set.timeout;
	r->mounts.look = r->target.readonly = o->mode == BOOT_DIAGNOSE;
	r->mounts.logs = true;
	if (!o->set.capture[0])
		str_copy(o->set.capture, sizeof o->set.capture, CAPTURE);
	str_copy(r->target.sources, sizeof r->target.sources, SOURCES);
	if (mounts_asleep(&r->mounts, &r->target)) {
		o->mode = BOOT_DIAGNOSE;
		r->mounts.look = true;
		if (o->after == AFTER_BOOT) /* the boot would mount it all */
			o->after = AFTER_REBOOT;
	}
	if (o->mode != BOOT_DIAGNOSE && mounts_writable(&r->mounts, why, sizeof why)) {
		log_say("%s cannot be made writable (%s): diagnosing only", root, why);
		o->mode = BOOT_DIAGNOSE;
		r->mounts.look = r->target.readonly = true;
	}
	mounts_begin(&r->mounts, &r->target);
	for (int i = 2; i <= 7 && o->mode == BOOT_DIAGNOSE; i++)
		o->set.phases[i] = false;
	if (run_name(r) == 0) {
		if (o->mode == BOOT_ROLLBACK)
			supervisor_operation(
			    &(struct operation){"rollback", undo, r, o->set.build_timeout}, why,
			    sizeof why);
		else
			run_phases(r);
		run_end(r);
	}
	mounts_end(&r->mounts);
}

/* What is not ended here the hook ends, by a shell if it may: going on would mount root. */
static int hibernated(struct run *r, const char *device)
{
	struct options *o = r->o;

	ending_say_asleep(device);
	if (o->after == AFTER_BOOT)
		o->after = AFTER_REBOOT;
	ending_hold(o);
	ending_finish(o);
	return ENDING_SHELL;
}

struct image {
	char device[64];
	bool found;
};

static int look_for_image(void *arg)
{
	struct image *i = arg;

	i->found = hibernation_in(i->device);
	return 0;
}

/* One device after the other, each in its own time: a disk that is dying must hide no other. */
static void find_image(struct image *i)
{
	static char list[DEVICES][64];
	unsigned n = device_names(list, DEVICES);
	char why[320];

	for (unsigned k = 0; k < n && !i->found; k++) {
		str_copy(i->device, sizeof i->device, list[k]);
		if (supervisor_operation(
			&(struct operation){"look for a hibernation image", look_for_image, i, 10},
			why, sizeof why))
			log_say("%s could not be looked at for a hibernation image: %s", list[k],
				why);
	}
}

/* The self-contained initramfs has no shell, and without root nothing to boot. */
static void settle_bare(struct options *o)
{
	if (o->after == AFTER_SHELL) {
		log_say("rd.recovery.after=shell: this initramfs has none: boot");
		o->after = AFTER_BOOT;
	}
	if (o->after == AFTER_BOOT && (o->doubt || !strcmp(o->stage, "emergency")))
		o->after = AFTER_REBOOT;
}

int command_boot(struct options *o)
{
	const char *root = getenv("NEWROOT") ? getenv("NEWROOT") : "/sysroot";
	struct image *image = supervisor_shared(sizeof *image);
	struct run *r;

	command_configure(o);
	read_kernel_line(o);
	if (o->mode == BOOT_OFF)
		return 0;
	if (o->doubt)
		o->mode = BOOT_DIAGNOSE;
	options_settle(o);
	r = run_start(o, true);
	if (!r || !image)
		return 0;
	if (o->bare)
		settle_bare(o);
	/* the emergency stage may come before any other */
	if (strcmp(o->stage, "pre-pivot"))
		find_image(image);
	if (image->found)
		return hibernated(r, image->device);
	if (!strcmp(o->stage, "pre-mount"))
		return 0;
	if (!strcmp(o->stage, "emergency"))
		emergency_run(r);
	else {
		run_limit(o);
		work(r, root);
	}
	ending_hold(o);
	return ending_finish(o);
}
