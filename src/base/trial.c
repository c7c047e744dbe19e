#include "base/trial.h"

#include "base/inode.h"
#include "base/mount.h"
#include "base/place.h"
#include "base/trial_copy.h"
#include "base/trial_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/root" /* below the base: where the trial is put together */

/* --- the patched kind */

static int make_read_only(void *arg, const struct mount_entry *m)
{
	static const struct {
		const char *word;
		unsigned long flag;
	} kept[] = {{"nosuid", MS_NOSUID}, {"nodev", MS_NODEV}, {"noexec", MS_NOEXEC}};
	const struct trial *t = arg;
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
	size_t len = strlen(t->path);

	if (strncmp(m->point, t->path, len) || (m->point[len] && m->point[len] != '/'))
		return 0;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (strstr(m->options, kept[i].word))
			flags |= kept[i].flag;
	/* one under another mount cannot be reached, by nobody */
	return mount(NULL, m->point, NULL, flags, NULL) && errno != EINVAL && errno != ENOENT;
}

/* What a login writes to, the first of them any program: small trees on the base's tmpfs take their
 * place. */
static int lay_copies(struct trial *t, const char *base)
{
	static const char written[][25] = {"/var/log",
					   "/var/tmp",
					   "/root",
					   "/etc",
					   "/var/run",
					   "/var/lock",
					   "/var/spool",
					   "/var/lib/faillock",
					   "/var/lib/lastlog",
					   "/var/lib/wtmpdb",
					   "/var/lib/systemd",
					   "/var/lib/AccountsService",
					   "/home"};
	int fd = trial_open_root(t->target), rc = 0;
	char copy[280];
	struct stat st;

	if (fd < 0)
		return -1;
	unsigned n = t->kind == TRIAL_TARGET ? 3 : sizeof written / sizeof *written;

	for (unsigned i = 0; i < n && rc == 0; i++) {
		struct trial_fs bind = {copy, NULL, NULL, MS_BIND};

		if (path_stat(fd, written[i], false, &st) || !S_ISDIR(st.st_mode))
			continue;
		snprintf(copy, sizeof copy, "%s/c%u", base, i);
		/* a copy of the people's files is neither possible nor wanted: their tops do */
		rc = trial_copy(fd, written[i], copy, strcmp(written[i], "/etc") ? 2 : 16) ||
			     trial_mount_at(t->path, written[i], &bind)
			 ? -1
			 : 0;
	}
	close(fd);
	return rc;
}

static int open_bound(struct trial *t, const char *base, enum trial_kind kind)
{
	t->kind = kind;
	t->nmounts = 0;
	if (mount(t->target, t->path, NULL, MS_BIND | MS_REC, NULL))
		return -1;
	if (kind == TRIAL_PATCHED && mount_each(make_read_only, t))
		return -1;
	return lay_copies(t, base);
}

/* --- open, write, close */

static void base_of(const struct trial *t, char base[256])
{
	str_copy(base, 256, t->path);
	base[strlen(base) - strlen(ROOT)] = '\0';
}

static int make_base(struct trial *t)
{
	static const char places[][21] = {"/run/rd-trial.XXXXXX", "/tmp/rd-trial.XXXXXX"};
	char base[64];

	for (int i = 0; i < 2; i++) {
		str_copy(base, sizeof base, places[i]);
		if (!mkdtemp(base))
			continue;
		snprintf(t->path, sizeof t->path, "%s" ROOT, base);
		str_copy(t->upper, sizeof t->upper, base);
		if (mount("trial", base, "tmpfs", 0, "mode=0700,size=75%") == 0 &&
		    mkdir(t->path, 0755) == 0)
			return 0;
		umount2(base, MNT_DETACH);
		rmdir(base);
	}
	t->path[0] = t->upper[0] = '\0';
	return -1;
}

/* By its real place: a link on the way leads nowhere but inside the target. 0/-1. */
static int disk_layer(const char *target, char path[256])
{
	char real[PATH_CAP];
	int fd = trial_open_root(target), rc = -1;

	if (fd >= 0 && path_real(fd, JOURNAL_DIR, real, sizeof real) == 0 &&
	    snprintf(path, 256, "%s%s/trial", strcmp(target, "/") ? target : "", real) < 256)
		rc = 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

void trial_sweep(const char *target)
{
	char path[256];

	if (disk_layer(target, path) == 0)
		place_remove_tree(AT_FDCWD, path);
}

static int upper_on_disk(struct trial *t)
{
	char path[256];

	trial_sweep(t->target);
	if (disk_layer(t->target, path) || mkdir(path, 0700))
		return -1;
	return str_copy(t->upper, sizeof t->upper, path) ? 0 : -1;
}

static void drop_upper(struct trial *t)
{
	char base[256];

	base_of(t, base);
	if (strcmp(t->upper, base))
		place_remove_tree(AT_FDCWD, t->upper);
	str_copy(t->upper, sizeof t->upper, base);
}

int trial_open(struct trial *t, const char *target, unsigned flags)
{
	char base[256];
	int rc = -1, error;

	memset(t, 0, sizeof *t);
	if (!str_copy(t->target, sizeof t->target, target)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL); /* in a chroot "/" is no mount */
	if (make_base(t))
		return -1;
	base_of(t, base);
	if (flags & TRIAL_ON_DISK) {
		rc = upper_on_disk(t) || trial_overlay(t) ? -1 : 0;
		t->on_disk = rc == 0;
		/* Linux 5.2 to 5.12, where the fix was not taken back, refuses an upper layer
		 * inside its lower one (ELOOP); later ones take it, and show nothing of it in
		 * itself */
		if (rc) {
			umount2(t->path, MNT_DETACH);
			drop_upper(t);
		}
	}
	if (rc)
		rc = trial_overlay(t);
	if (rc) {
		snprintf(t->weaker, sizeof t->weaker, "no overlay of %.80s: %s", t->target,
			 strerror(errno));
		umount2(t->path, MNT_DETACH);
		rc = open_bound(t, base, flags & TRIAL_IN_PLACE ? TRIAL_TARGET : TRIAL_PATCHED);
	}
	if (rc == 0)
		rc = trial_make_system(t->path);
	error = errno;
	if (rc)
		trial_close(t);
	errno = error;
	return rc;
}

/* Where the trial is read-only: a copy of the file is bound over it. */
static int write_over(struct trial *t, int rootfd, const char *path)
{
	struct inode *in = malloc(sizeof *in);
	char base[256], copy[300];
	struct trial_fs bind = {copy, NULL, NULL, MS_BIND};
	int from = path_open(rootfd, path, O_RDONLY, 0), to = -1, rc = -1;

	base_of(t, base);
	snprintf(copy, sizeof copy, "%s/w%u", base, t->nmounts);
	if (in && from >= 0 && inode_read_fd(from, in) == 0 && S_ISREG(in->mode))
		to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to >= 0 && inode_apply(AT_FDCWD, copy, to, in) == 0)
		rc = trial_mount_at(t->path, path, &bind);
	if (rc == 0)
		t->nmounts++; /* counts the copies in this kind */
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	free(in);
	return rc;
}

/* A regular file of the trial, emptied. fd/-1. */
static int open_emptied(struct trial *t, int rootfd, const char *path)
{
	int fd = path_open(rootfd, path, O_WRONLY | O_CREAT, 0644);
	struct stat st;

	if (fd < 0 && errno == EROFS && t->kind == TRIAL_PATCHED &&
	    write_over(t, rootfd, path) == 0)
		fd = path_open(rootfd, path, O_WRONLY, 0);
	if (fd < 0)
		return -1;
	errno = EINVAL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
		return fd;
	close(fd);
	return -1;
}

int trial_write(struct trial *t, const char *path, const void *data, size_t len)
{
	int rootfd = trial_open_root(t->path), fd, rc = -1, error;

	if (rootfd < 0)
		return -1;
	fd = open_emptied(t, rootfd, path);
	if (fd >= 0)
		rc = place_write(fd, data, len);
	error = errno;
	if (fd >= 0)
		close(fd);
	close(rootfd);
	errno = error;
	return rc;
}

/* By way of memory, where the upper layer lies too: the file may be the very one that is emptied.
 */
int trial_splice(struct trial *t, const char *path, int from, const struct splice *s)
{
	int rootfd = trial_open_root(t->path), fd = -1, rc = -1, error;
	int memory = memfd_create("rd-recovery", MFD_CLOEXEC);

	if (rootfd >= 0 && memory >= 0 && place_splice(from, s, memory) == 0)
		fd = open_emptied(t, rootfd, path);
	if (fd >= 0)
		rc = place_copy(memory, fd);
	error = errno;
	if (fd >= 0)
		close(fd);
	if (memory >= 0)
		close(memory);
	if (rootfd >= 0)
		close(rootfd);
	errno = error;
	return rc;
}

void trial_close(struct trial *t)
{
	char base[256];

	if (!t->path[0])
		return;
	base_of(t, base);
	umount2(t->path, MNT_DETACH);
	drop_upper(t);
	umount2(base, MNT_DETACH);
	rmdir(base);
	t->path[0] = '\0';
}
