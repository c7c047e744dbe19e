#include "run/mounts.h"

#include "base/buf.h"
#include "base/device.h"
#include "base/log.h"
#include "base/path.h"
#include "run/supervisor.h"
#include "target/hibernation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#ifndef MS_LAZYTIME
#define MS_LAZYTIME (1UL << 25)
#endif

#define FSTAB_BYTES 65536

static const struct {
	char word[12];
	unsigned long flag;
} flags[] = {{"ro", MS_RDONLY},	       {"nosuid", MS_NOSUID},	  {"nodev", MS_NODEV},
	     {"noexec", MS_NOEXEC},    {"noatime", MS_NOATIME},	  {"nodiratime", MS_NODIRATIME},
	     {"sync", MS_SYNCHRONOUS}, {"relatime", MS_RELATIME}, {"strictatime", MS_STRICTATIME},
	     {"dirsync", MS_DIRSYNC},  {"lazytime", MS_LAZYTIME}};

/* mount(8)'s own words, which no file system knows (and discard, which a rescue has no use for). */
static bool is_ours(const char *w)
{
	static const char words[][9] = {"defaults", "rw",    "auto",  "noauto",	 "user",   "users",
					"nouser",   "owner", "group", "nofail",	 "suid",   "dev",
					"exec",	    "async", "atime", "_netdev", "discard"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(w, words[i]))
			return true;
	return str_starts(w, "x-") || str_starts(w, "comment=") || str_starts(w, "X-") ||
	       str_starts(w, "helper=") || str_starts(w, "uhelper=");
}

unsigned long mounts_flags(const char *options, char *data, size_t cap)
{
	struct buf b = {.p = data, .cap = cap};
	unsigned long set = 0;

	data[0] = '\0';
	for (const char *p = options; *p; p += strspn(p, ",")) {
		char word[128];
		size_t n = strcspn(p, ","), i;

		snprintf(word, sizeof word, "%.*s", (int)(n < 127 ? n : 127), p);
		p += n;
		for (i = 0; i < sizeof flags / sizeof *flags; i++)
			if (!strcmp(word, flags[i].word))
				break;
		if (i < sizeof flags / sizeof *flags)
			set |= flags[i].flag;
		else if (!is_ours(word))
			buf_addf(&b, "%s%s", b.len ? "," : "", word);
	}
	return set;
}

static const char points[][6] = {"/usr", "/var", "/home", "/boot", "/efi"};

bool mounts_wanted(const struct fstab_entry *e)
{
	static const char not_local[][7] = {"swap", "tmpfs", "proc", "none", "bind", "ignore"};

	for (size_t i = 0; i < sizeof not_local / sizeof *not_local; i++)
		if (!strcmp(e->type, not_local[i]))
			return false;
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		size_t n = strlen(points[i]);

		if (!strncmp(e->point, points[i], n) && (!e->point[n] || e->point[n] == '/'))
			return true;
	}
	return false;
}

const char *mounts_holder(const char *text, size_t len, const char *path,
			  struct fstab_entry *holder)
{
	const char *p = text, *line, *rest = NULL;
	struct fstab_entry e;
	size_t n, longest = 1;

	while (line_next(&p, text + len, &line, &n)) {
		size_t point;

		if (fstab_parse_line(line, n, &e) <= 0)
			continue;
		point = strlen(e.point);
		if (point > longest && str_starts(path, e.point) && path[point] == '/') {
			*holder = e;
			longest = point;
			rest = path + point;
		}
	}
	return rest;
}

static void point_path(const struct mounts *m, const char *point, char *dst, size_t cap)
{
	snprintf(dst, cap, "%s%s", strcmp(m->root, "/") ? m->root : "", point);
}

/* --- operations */

static int read_fstab(void *arg)
{
	struct mounts *m = arg;
	char text[FSTAB_BYTES], real[PATH_CAP];
	const char *p = text, *line;
	unsigned number = 0;
	ssize_t len;
	size_t n;
	int root;

	/* as the mount table spells it */
	if (!realpath(m->root, real) || !str_copy(m->root, sizeof m->root, real))
		return errno;
	root = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	len = root < 0 ? -1 : path_read(root, "/etc/fstab", text, sizeof text);
	if (len < 0)
		return errno == ENOENT ? 0 : errno;
	while (line_next(&p, text + len, &line, &n)) {
		struct fstab_entry *e = &m->entries[m->n];
		int rc;

		if (m->n == MOUNTS_MAX)
			return E2BIG;
		rc = fstab_parse_line(line, n, e);
		number++;
		if (rc < 0)
			log_line("/etc/fstab:%u: malformed, left out", number);
		e->line = number;
		if (rc > 0 && !strcmp(e->point, "/"))
			str_copy(m->root_source, sizeof m->root_source, e->source);
		m->n += rc > 0 && mounts_wanted(e);
	}
	return 0;
}

static int try_types(const char *device, const char *point, unsigned long set, const char *data)
{
	static const char types[][6] = {"ext4", "vfat", "btrfs", "xfs", "f2fs"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (mount(device, point, types[i], set, data) == 0)
			return 0;
	return errno ? errno : EINVAL;
}

static bool is_looked_at(const struct mounts *m, const struct fstab_entry *e)
{
	return m->look &&
	       !(m->logs && (str_starts(e->point, "/boot") || str_starts(e->point, "/efi")));
}

/* fstab may leave the type open. */
static int look_at(const char *device, const struct fstab_entry *e, const char *point,
		   const char *data)
{
	struct device d = {0};
	bool open = !strcmp(e->type, "auto") || strchr(e->type, ',');

	if (open && device_probe(device, &d))
		return -1;
	return mount_look(device, open ? d.type : e->type, point, data);
}

static int mount_one(void *arg)
{
	struct mounts *m = arg;
	const struct fstab_entry *e = &m->entries[m->current];
	char device[300], data[256], inside[300];
	unsigned long set = mounts_flags(e->options, data, sizeof data);
	int root = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	/* a target's symlink must not lead the mount out of it */
	fd = root < 0 ? -1 : path_open(root, e->point, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return errno;
	snprintf(inside, sizeof inside, "/proc/self/fd/%d", fd);
	if (device_find(e->source, device, sizeof device))
		return errno;
	if (is_looked_at(m, e))
		return look_at(device, e, inside, data) ? errno : 0;
	if (m->readonly)
		set |= MS_RDONLY;
	if (!strcmp(e->type, "auto") || strchr(e->type, ','))
		return try_types(device, inside, set, data);
	return mount(device, inside, e->type, set, data) ? errno : 0;
}

static int unmount_one(void *arg)
{
	struct mounts *m = arg;
	char path[400];

	point_path(m, m->entries[m->current].point, path, sizeof path);
	return umount2(path, UMOUNT_NOFOLLOW) ? errno : 0;
}

static int remount_root(struct mounts *m, bool readonly)
{
	struct mount_entry e = {0};
	char data[256];
	unsigned long set;

	if (mount_find(m->root, &e))
		return errno;
	set = mounts_flags(e.options, data, sizeof data) & ~(unsigned long)MS_RDONLY;
	set |= MS_REMOUNT | (readonly ? MS_RDONLY : 0);
	return mount(NULL, m->root, NULL, set, NULL) ? errno : 0;
}

static int root_writable(void *arg)
{
	return remount_root(arg, false);
}

static int root_readonly(void *arg)
{
	return remount_root(arg, true);
}

/* --- life cycle */

int mounts_writable(struct mounts *m, char *why, size_t cap)
{
	struct mount_entry e = {0};
	char data[256];

	if (mount_find(m->root, &e)) {
		snprintf(why, cap, "%s is not mounted", m->root);
		return -1;
	}
	m->root_was_readonly = mounts_flags(e.options, data, sizeof data) & MS_RDONLY ||
			       mounts_flags(e.super, data, sizeof data) & MS_RDONLY;
	if (!m->root_was_readonly)
		return 0;
	if (supervisor_operation(
		&(struct operation){"remount root read-write", root_writable, m, m->seconds}, why,
		cap))
		return -1;
	m->root_changed = true;
	return 0;
}

static void unknown(struct target *t, const char *point)
{
	if (t->nunknown < TARGET_UNKNOWN)
		str_copy(t->unknown[t->nunknown++], sizeof t->unknown[0], point);
}

/* Without an fstab nobody can tell what should lie under a bare mount point. */
static void all_unknown(const struct mounts *m, struct target *t)
{
	struct mount_entry there = {0};
	char path[400];

	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		point_path(m, points[i], path, sizeof path);
		if (mount_find(path, &there))
			unknown(t, points[i]);
	}
}

/* Parents before what lies in them. */
static void sort_entries(struct mounts *m)
{
	for (unsigned i = 1; i < m->n; i++)
		for (unsigned k = i; k && strcmp(m->entries[k - 1].point, m->entries[k].point) > 0;
		     k--) {
			struct fstab_entry e = m->entries[k];

			m->entries[k] = m->entries[k - 1];
			m->entries[k - 1] = e;
		}
}

static int look_asleep(void *arg)
{
	struct mounts *m = arg;
	struct target t;
	bool asleep =
	    target_open(&t, m->root) == 0 && hibernation_of(&t, m->asleep, sizeof m->asleep);

	target_close(&t);
	return asleep ? 0 : ENOENT;
}

bool mounts_asleep(struct mounts *m, struct target *t)
{
	char why[320];

	if (m->asleep[0])
		return true;
	if (supervisor_operation(
		&(struct operation){"look for a hibernation image", look_asleep, m, m->seconds},
		why, sizeof why))
		return false;
	log_say("a hibernated system waits in %s: nothing is mounted, nothing is written",
		m->asleep);
	t->readonly = true;
	return true;
}

void mounts_usr(struct mounts *m)
{
	char why[320] = "";

	if (supervisor_operation(&(struct operation){"read fstab", read_fstab, m, m->seconds}, why,
				 sizeof why))
		m->n = 0;
	for (m->current = 0; m->current < m->n; m->current++)
		if (!strcmp(m->entries[m->current].point, "/usr") &&
		    mounts_believed(m, &m->entries[m->current]) &&
		    supervisor_operation(
			&(struct operation){"mount /usr", mount_one, m, m->seconds}, why,
			sizeof why))
			log_say("/usr could not be mounted: %s", why);
}

void mounts_begin(struct mounts *m, struct target *t)
{
	char why[320], path[400];
	struct mount_entry there = {0};
	bool asleep = mounts_asleep(m, t);

	if (supervisor_operation(&(struct operation){"read fstab", read_fstab, m, m->seconds}, why,
				 sizeof why)) {
		log_say("/etc/fstab cannot be used (%s): only what is mounted already is known",
			why);
		m->n = 0;
		all_unknown(m, t);
		return;
	}
	sort_entries(m);
	for (m->current = 0; m->current < m->n; m->current++) {
		const struct fstab_entry *e = &m->entries[m->current];
		char name[400];

		point_path(m, e->point, path, sizeof path);
		if (mount_find(path, &there) == 0)
			continue;
		if (asleep) {
			unknown(t, e->point);
			continue;
		}
		if (!mounts_believed(m, e)) {
			log_say("/etc/fstab:%u: %s: nothing says that %s is here the disk it was: "
				"what lies there is unknown",
				e->line, e->point, e->source);
			unknown(t, e->point);
			continue;
		}
		snprintf(name, sizeof name, "mount %s", e->point);
		if (supervisor_operation(&(struct operation){name, mount_one, m, m->seconds}, why,
					 sizeof why) == 0) {
			m->mounted[m->current] = true;
			log_line("mounted %s from %s", e->point, e->source);
		} else {
			log_say("/etc/fstab:%u: %s could not be mounted (%s): what lies there is "
				"unknown",
				e->line, e->point, why);
			unknown(t, e->point);
		}
	}
}

void mounts_end(struct mounts *m)
{
	char why[320];

	for (unsigned i = m->n; i-- > 0;) {
		m->current = i;
		if (m->mounted[i] &&
		    supervisor_operation(&(struct operation){"unmount", unmount_one, m, m->seconds},
					 why, sizeof why))
			log_say("%s could not be unmounted: %s", m->entries[i].point, why);
		m->mounted[i] = false;
	}
	if (m->root_changed &&
	    supervisor_operation(
		&(struct operation){"remount root read-only", root_readonly, m, m->seconds}, why,
		sizeof why))
		log_say("%s could not be made read-only again: %s", m->root, why);
	m->root_changed = false;
}
