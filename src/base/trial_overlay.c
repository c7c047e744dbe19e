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
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The upper layer's top shows through as the mount's own: it starts like the target's. */
static int like_lower(int lower, const char *upper)
{
	struct inode *in = malloc(sizeof *in);
	int fd = open(upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

	if (in && fd >= 0 && inode_read_fd(lower, in) == 0) {
		rc = inode_apply(AT_FDCWD, upper, fd, in);
		if (rc) { /* an attribute a tmpfs does not know */
			in->xattrs_any = true;
			rc = inode_apply(AT_FDCWD, upper, fd, in);
		}
	}
	if (fd >= 0)
		close(fd);
	free(in);
	return rc;
}

static int overlay_at(struct trial *t, int targetfd, const char *at)
{
	unsigned n = t->nmounts;
	int lower = path_open(targetfd, at, O_RDONLY | O_DIRECTORY, 0), upper = -1, rc = -1, error;
	char dir[280], data[256];
	struct trial_fs fs = {"overlay", "overlay", data, 0};

	errno = lower < 0 ? errno : ENOSPC;
	if (lower < 0 || n == TRIAL_MOUNTS)
		goto out;
	snprintf(dir, sizeof dir, "%s/%u", t->upper, n);
	snprintf(t->mounts[n].upper, sizeof t->mounts[n].upper, "%s/upper", dir);
	str_copy(t->mounts[n].at, sizeof t->mounts[n].at, at);
	if (mkdir(dir, 0700) || (upper = trial_open_root(dir)) < 0 ||
	    mkdirat(upper, "upper", 0755) || mkdirat(upper, "work", 0700) ||
	    like_lower(lower, t->mounts[n].upper))
		goto out;
	/* the target's path may hold what the option's syntax does not bear: descriptors do not */
	snprintf(data, sizeof data,
		 "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d/upper,"
		 "workdir=/proc/self/fd/%d/work,redirect_dir=off,metacopy=off,index=off",
		 lower, upper, upper);
	rc = trial_mount_at(t->path, at, &fs);
	if (rc && errno == EINVAL) { /* a kernel that does not know an option has it off */
		*strstr(data, ",redirect_dir") = '\0';
		rc = trial_mount_at(t->path, at, &fs);
	}
	if (rc == 0)
		t->nmounts++;
out:
	error = errno;
	if (upper >= 0)
		close(upper);
	if (rc && upper >= 0)
		place_remove_tree(AT_FDCWD, dir);
	if (lower >= 0)
		close(lower);
	errno = error;
	return rc;
}

static const char *const own_paths[] = {"/run", "/tmp", "/dev", "/proc", "/sys", NULL};

bool trial_below(const char *path, const char *const *dirs)
{
	for (; dirs && *dirs; dirs++) {
		size_t n = strlen(*dirs);

		if (!strncmp(path, *dirs, n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

bool trial_is_own(const char *path)
{
	return trial_below(path, own_paths);
}

struct below {
	struct trial *t;
	char at[64][256];
	unsigned n;
};

/* Note the directories below the target on which something is mounted. */
static int note_mount(void *arg, const struct mount_entry *m)
{
	struct below *b = arg;
	size_t len = strcmp(b->t->target, "/") ? strlen(b->t->target) : 0;
	const char *at = m->point + len;

	if (strncmp(m->point, b->t->target, len) || at[0] != '/' || !at[1] ||
	    !strcmp(m->type, "autofs") || trial_is_own(at) || b->n == 64)
		return 0;
	for (unsigned i = 0; i < b->n; i++)
		if (!strcmp(b->at[i], at))
			return 0;
	if (str_copy(b->at[b->n], sizeof b->at[0], at))
		b->n++;
	return 0;
}

/* A file system no overlay takes (vfat) or one too many: visible, not writable. */
static int bind_read_only(struct trial *t, const char *at)
{
	char source[600];
	struct trial_fs bind = {source, NULL, NULL, MS_BIND};
	const struct trial_fs ro = {NULL, NULL, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY};

	snprintf(source, sizeof source, "%s%s", strcmp(t->target, "/") ? t->target : "", at);
	if (trial_mount_at(t->path, at, &bind))
		return 0; /* it is missing in the trial: nothing is lost */
	return trial_mount_at(t->path, at, &ro);
}

bool trial_without_overlay;

int trial_overlay(struct trial *t)
{
	struct below *b = calloc(1, sizeof *b);
	int fd = trial_open_root(t->target), rc = -1;

	t->kind = TRIAL_OVERLAY;
	t->nmounts = 0;
	errno = trial_without_overlay ? ENODEV : errno;
	if (!b || fd < 0 || trial_without_overlay)
		goto out;
	b->t = t;
	if (mount_each(note_mount, b) || overlay_at(t, fd, "/"))
		goto out;
	rc = 0;
	for (unsigned i = 0; i < b->n && rc == 0; i++)
		if (overlay_at(t, fd, b->at[i]))
			rc = bind_read_only(t, b->at[i]);
out:
	if (fd >= 0)
		close(fd);
	free(b);
	return rc;
}
