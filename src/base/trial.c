#include "base/trial.h"

#include "base/inode.h"
#include "base/mount.h"
#include "base/place.h"
#include "base/trial_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ROOT "/root" /* below the base: where the trial is put together */

/* --- mounts inside the trial: by descriptor, because a symlink of the target must not lead out */

struct fs {
	const char *source, *type, *data;
	unsigned long flags;
};

static int open_root(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int mount_at(const char *root, const char *at, const struct fs *fs)
{
	int rootfd = open_root(root), fd = -1, rc = -1, error;
	char proc[40];

	if (rootfd < 0)
		return -1;
	fd = path_open(rootfd, at, O_PATH, 0);
	if (fd >= 0) {
		snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
		rc = mount(fs->source, proc, fs->type, fs->flags, fs->data);
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	close(rootfd);
	errno = error;
	return rc;
}

static int mkdir_at(const char *root, const char *at, mode_t mode)
{
	int rootfd = open_root(root), dirfd, rc = -1;
	char name[256];

	if (rootfd < 0)
		return -1;
	dirfd = path_parent(rootfd, at, false, name);
	if (dirfd >= 0) {
		rc = mkdirat(dirfd, name, mode);
		close(dirfd);
	}
	close(rootfd);
	return rc;
}

static int make_dev(const char *root)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = {{"null", 1, 3},   {"zero", 1, 5},	  {"full", 1, 7},
		     {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const char *const links[][2] = {{"pts/ptmx", "ptmx"},
					       {"/proc/self/fd", "fd"},
					       {"/proc/self/fd/0", "stdin"},
					       {"/proc/self/fd/1", "stdout"},
					       {"/proc/self/fd/2", "stderr"}};
	const struct fs dev = {"dev", "tmpfs", "mode=0755", MS_NOSUID};
	const struct fs pts = {"devpts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
			       MS_NOSUID | MS_NOEXEC};
	int rootfd, fd, rc = 0;

	if (mount_at(root, "/dev", &dev) || (rootfd = open_root(root)) < 0)
		return -1;
	fd = path_open(rootfd, "/dev", O_RDONLY | O_DIRECTORY, 0);
	close(rootfd);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (mknodat(fd, nodes[i].name, S_IFCHR | 0666,
			    makedev(nodes[i].major, nodes[i].minor)) ||
		    fchmodat(fd, nodes[i].name, 0666, 0))
			rc = -1;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i][0], fd, links[i][1]))
			rc = -1;
	if (mkdirat(fd, "pts", 0755) || mkdirat(fd, "shm", 01777) || fchmodat(fd, "shm", 01777, 0))
		rc = -1;
	close(fd);
	return rc || mount_at(root, "/dev/pts", &pts) ? -1 : 0;
}

/* What every Linux program expects around it, none of it the machine's own but /sys. */
static int make_system(const char *root)
{
	static const struct fs proc = {"proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
			       outer = {"/proc", NULL, NULL, MS_BIND | MS_REC},
			       sys = {"sysfs", "sysfs", NULL,
				      MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY},
			       run = {"run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
			       tmp = {"tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV};
	static const char points[][6] = {"/proc", "/sys", "/dev", "/run", "/tmp"};

	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		mkdir_at(root, points[i], 0755); /* there already, or the mount says so */
	if (mount_at(root, "/proc", &proc) && mount_at(root, "/proc", &outer))
		return -1;
	mount_at(root, "/sys", &sys); /* a login does without */
	return make_dev(root) || mount_at(root, "/run", &run) || mount_at(root, "/tmp", &tmp) ? -1
											      : 0;
}

/* --- the overlay kind */

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

static int overlay_one(struct trial *t, int targetfd, const char *at)
{
	unsigned n = t->nmounts;
	int lower = path_open(targetfd, at, O_RDONLY | O_DIRECTORY, 0), rc = -1, error;
	char dir[280], data[1024];
	struct fs fs = {"overlay", "overlay", data, 0};

	if (lower < 0)
		return -1;
	snprintf(dir, sizeof dir, "%s/%u", t->upper, n);
	snprintf(t->mounts[n].upper, sizeof t->mounts[n].upper, "%s/upper", dir);
	str_copy(t->mounts[n].at, sizeof t->mounts[n].at, at);
	/* the target's path may hold what the option's syntax does not bear: a descriptor does not
	 */
	snprintf(data, sizeof data,
		 "lowerdir=/proc/self/fd/%d,upperdir=%s/upper,workdir=%s/work,"
		 "redirect_dir=off,metacopy=off,index=off",
		 lower, dir, dir);
	if ((mkdir(dir, 0700) && errno != EEXIST) || mkdir(t->mounts[n].upper, 0755))
		goto out;
	snprintf(dir, sizeof dir, "%s/%u/work", t->upper, n);
	if (mkdir(dir, 0700) || like_lower(lower, t->mounts[n].upper))
		goto out;
	rc = mount_at(t->path, at, &fs);
	if (rc && errno == EINVAL) { /* a kernel that does not know an option has it off */
		*strstr(data, ",redirect_dir") = '\0';
		rc = mount_at(t->path, at, &fs);
	}
	if (rc == 0)
		t->nmounts++;
out:
	error = errno;
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
	struct fs bind = {source, NULL, NULL, MS_BIND};
	const struct fs ro = {NULL, NULL, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY};

	snprintf(source, sizeof source, "%s%s", strcmp(t->target, "/") ? t->target : "", at);
	if (mount_at(t->path, at, &bind))
		return 0; /* it is missing in the trial: nothing is lost */
	return mount_at(t->path, at, &ro);
}

bool trial_without_overlay;

static int open_overlay(struct trial *t)
{
	struct below *b = calloc(1, sizeof *b);
	int fd = open_root(t->target), rc = -1;

	t->kind = TRIAL_OVERLAY;
	t->nmounts = 0;
	errno = trial_without_overlay ? ENODEV : errno;
	if (!b || fd < 0 || trial_without_overlay)
		goto out;
	b->t = t;
	if (mount_each(note_mount, b) || overlay_one(t, fd, "/"))
		goto out;
	rc = 0;
	for (unsigned i = 0; i < b->n && rc == 0; i++)
		if (t->nmounts == TRIAL_MOUNTS || overlay_one(t, fd, b->at[i]))
			rc = bind_read_only(t, b->at[i]);
out:
	if (fd >= 0)
		close(fd);
	free(b);
	return rc;
}

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
	int fd = open_root(t->target), rc = 0;
	char copy[280];
	struct stat st;

	if (fd < 0)
		return -1;
	unsigned n = t->kind == TRIAL_TARGET ? 3 : sizeof written / sizeof *written;

	for (unsigned i = 0; i < n && rc == 0; i++) {
		struct fs bind = {copy, NULL, NULL, MS_BIND};

		if (path_stat(fd, written[i], false, &st) || !S_ISDIR(st.st_mode))
			continue;
		snprintf(copy, sizeof copy, "%s/c%u", base, i);
		/* a copy of the people's files is neither possible nor wanted: their tops do */
		rc = trial_copy(fd, written[i], copy, strcmp(written[i], "/etc") ? 2 : 16) ||
			     mount_at(t->path, written[i], &bind)
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

static void disk_layer(const char *target, char path[256])
{
	snprintf(path, 256, "%.180s" JOURNAL_DIR "/trial", strcmp(target, "/") ? target : "");
}

void trial_sweep(const char *target)
{
	char path[256];

	disk_layer(target, path);
	place_remove_tree(AT_FDCWD, path);
}

static void upper_on_disk(struct trial *t)
{
	disk_layer(t->target, t->upper);
	trial_sweep(t->target);
	if (mkdir(t->upper, 0700))
		base_of(t, t->upper);
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
		upper_on_disk(t);
		rc = open_overlay(t);
		if (rc) { /* the kernel refuses an upper layer that lies inside its lower one */
			umount2(t->path, MNT_DETACH);
			drop_upper(t);
		}
	}
	if (rc)
		rc = open_overlay(t);
	if (rc) {
		snprintf(t->weaker, sizeof t->weaker, "no overlay of %.80s: %s", t->target,
			 strerror(errno));
		umount2(t->path, MNT_DETACH);
		rc = open_bound(t, base, flags & TRIAL_IN_PLACE ? TRIAL_TARGET : TRIAL_PATCHED);
	}
	if (rc == 0)
		rc = make_system(t->path);
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
	struct fs bind = {copy, NULL, NULL, MS_BIND};
	int from = path_open(rootfd, path, O_RDONLY, 0), to = -1, rc = -1;

	base_of(t, base);
	snprintf(copy, sizeof copy, "%s/w%u", base, t->nmounts);
	if (in && from >= 0 && inode_read_fd(from, in) == 0 && S_ISREG(in->mode))
		to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to >= 0 && inode_apply(AT_FDCWD, copy, to, in) == 0)
		rc = mount_at(t->path, path, &bind);
	if (rc == 0)
		t->nmounts++; /* counts the copies in this kind */
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	free(in);
	return rc;
}

int trial_write(struct trial *t, const char *path, const void *data, size_t len)
{
	int rootfd = open_root(t->path), fd, rc = -1, error;
	struct stat st;

	if (rootfd < 0)
		return -1;
	fd = path_open(rootfd, path, O_WRONLY | O_CREAT, 0644);
	if (fd < 0 && errno == EROFS && t->kind == TRIAL_PATCHED &&
	    write_over(t, rootfd, path) == 0)
		fd = path_open(rootfd, path, O_WRONLY, 0);
	error = errno;
	if (fd >= 0) {
		errno = EINVAL;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			rc = ftruncate(fd, 0) || place_write(fd, data, len) ? -1 : 0;
		error = errno;
		close(fd);
	}
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
