#include "run/switch.h"

#include "base/child.h"
#include "base/log.h"
#include "base/path.h"
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* Into the folder of the same name, which a target's symlink must not lead elsewhere. /proc comes
 * last: the others may need it. */
static void move_mounts(int root)
{
	static const char points[][6] = {"/dev", "/sys", "/run", "/proc"};

	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		int fd = path_open(root, points[i], O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

		if (fd < 0 || fchdir(fd) || mount(points[i], ".", NULL, MS_MOVE, NULL))
			umount2(points[i], MNT_DETACH);
		if (fd >= 0)
			close(fd);
	}
}

/* Frees its memory; what is mounted there is somebody's. */
static int forget_one(void *arg, int dirfd, const char *name)
{
	const dev_t *own = arg;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == *own)
		place_remove_tree(dirfd, name);
	return 0;
}

static void forget(int old)
{
	struct stat st;

	if (fstat(old, &st) == 0)
		path_each(old, ".", forget_one, &st.st_dev);
}

bool switch_can(void)
{
	struct statfs s;

	return statfs("/", &s) == 0 && (s.f_type == RAMFS_MAGIC || s.f_type == TMPFS_MAGIC);
}

/* What is ignored or blocked stays so for the next program: an init whose children do not die of
 * SIGPIPE, or do not hear TERM. */
static void forget_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ENOENT: it is not there; all else is said. */
static int try_init(const char *init, char **argv)
{
	char why[320];
	int error;

	argv[0] = (char *)init;
	execv(init, argv);
	error = errno;
	if (error == ENOENT && access(init, F_OK)) /* a link into nothing, too */
		return ENOENT;
	child_exec_reason("/", init, error, why, sizeof why);
	log_say("%s", why);
	return error == ENOENT ? ENOEXEC : error;
}

int switch_init(const char *init, char **argv)
{
	static const char *const usual[] = {"/sbin/init",
					    "/usr/lib/systemd/systemd",
					    "/lib/systemd/systemd",
					    "/etc/init",
					    "/bin/init",
					    "/bin/sh"};

	forget_signals();
	if (init[0] && try_init(init, argv) == ENOENT)
		log_say("init=%s: %s", init, strerror(ENOENT));
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		try_init(usual[i], argv);
	errno = ENOENT;
	return -1;
}

int switch_root(const char *root, const char *init, char **argv)
{
	int old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int new = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (old < 0 || new < 0 || !switch_can())
		return -1;
	move_mounts(new);
	if (fchdir(new) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		return -1;
	forget(old);
	close(old);
	close(new);
	return switch_init(init, argv);
}
