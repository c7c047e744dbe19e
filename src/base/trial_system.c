#include "base/path.h"
#include "base/trial_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* --- mounts inside the trial: by descriptor, because a symlink of the target must not lead out */

int trial_open_root(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int trial_mount_at(const char *root, const char *at, const struct trial_fs *fs)
{
	int rootfd = trial_open_root(root), fd = -1, rc = -1, error;
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
	int rootfd = trial_open_root(root), dirfd, rc = -1;
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
	const struct trial_fs dev = {"dev", "tmpfs", "mode=0755", MS_NOSUID};
	const struct trial_fs pts = {
	    "devpts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC};
	int rootfd, fd, rc = 0;

	if (trial_mount_at(root, "/dev", &dev) || (rootfd = trial_open_root(root)) < 0)
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
	return rc || trial_mount_at(root, "/dev/pts", &pts) ? -1 : 0;
}

/* What every Linux program expects around it, none of it the machine's own but /sys. */
int trial_make_system(const char *root)
{
	static const struct trial_fs proc = {"proc", "proc", NULL,
					     MS_NOSUID | MS_NODEV | MS_NOEXEC},
				     outer = {"/proc", NULL, NULL, MS_BIND | MS_REC},
				     sys = {"sysfs", "sysfs", NULL,
					    MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY},
				     run = {"run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
				     tmp = {"tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV};
	static const char points[][6] = {"/proc", "/sys", "/dev", "/run", "/tmp"};

	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		mkdir_at(root, points[i], 0755); /* there already, or the mount says so */
	if (trial_mount_at(root, "/proc", &proc) && trial_mount_at(root, "/proc", &outer))
		return -1;
	trial_mount_at(root, "/sys", &sys); /* a login does without */
	return make_dev(root) || trial_mount_at(root, "/run", &run) ||
		       trial_mount_at(root, "/tmp", &tmp)
		   ? -1
		   : 0;
}

long trial_memory(void)
{
	static const char key[] = "MemAvailable:";
	char line[100];
	long mib = -1;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && mib < 0 && fgets(line, sizeof line, f))
		if (!strncmp(line, key, sizeof key - 1))
			mib = strtol(line + sizeof key - 1, NULL, 10) / 1024;
	if (f)
		fclose(f);
	return mib;
}
