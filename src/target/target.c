#include "target/target.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/distro.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An ID names a folder on /boot: nothing but what os-release(5) allows there. */
static bool good_id(const char *id)
{
	return *id && *id != '.' && !id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

static void read_release(struct target *t)
{
	static const char files[][20] = {"/etc/os-release", "/usr/lib/os-release"};
	char data[16384];
	ssize_t len = -1;

	for (unsigned i = 0; i < 2 && len < 0; i++)
		len = path_read(t->fd, files[i], data, sizeof data);
	if (len < 0 || distro_release(data, (size_t)len, "ID", t->os_id, sizeof t->os_id) ||
	    !good_id(t->os_id))
		str_copy(t->os_id, sizeof t->os_id, "linux");
	if (len < 0 ||
	    distro_release(data, (size_t)len, "PRETTY_NAME", t->os_name, sizeof t->os_name))
		str_copy(t->os_name, sizeof t->os_name, t->os_id);
}

static void find_boot(struct target *t, const struct stat *root)
{
	struct stat st;

	if (path_stat(t->fd, "/boot", true, &st) || !S_ISDIR(st.st_mode))
		return;
	snprintf(t->boot, sizeof t->boot, "%.240s/boot", strcmp(t->root, "/") ? t->root : "");
	t->boot_own = st.st_dev != root->st_dev;
}

static bool is_folder(const struct target *t, const char *path)
{
	struct stat st;

	return !path_stat(t->fd, path, true, &st) && S_ISDIR(st.st_mode);
}

int target_open(struct target *t, const char *root)
{
	char real[PATH_MAX];
	struct stat st, own;

	*t = (struct target){.fd = -1};
	if (!realpath(root, real))
		return -1;
	if (!str_copy(t->root, sizeof t->root, real)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	t->fd = open(t->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) || stat("/", &own))
		goto fail;
	if (!is_folder(t, "/etc") || !is_folder(t, "/usr")) {
		errno = ENOENT;
		goto fail;
	}
	t->live = st.st_dev == own.st_dev && st.st_ino == own.st_ino;
	read_release(t);
	find_boot(t, &st);
	return 0;
fail:
	target_close(t);
	return -1;
}

const char *target_needs(const char *why)
{
	return strcmp(why, strerror(ENOENT)) ? "" : " (a target has /etc and /usr)";
}

void target_close(struct target *t)
{
	int error = errno;

	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	errno = error;
}

bool target_is_unknown(const struct target *t, const char *path)
{
	size_t n;

	for (unsigned i = 0; i < t->nunknown && i < TARGET_UNKNOWN; i++) {
		n = strlen(t->unknown[i]);
		if (n && !strncmp(path, t->unknown[i], n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

bool target_ostree(const struct target *t)
{
	struct stat st;

	return (!path_stat(t->fd, "/ostree", false, &st) && S_ISLNK(st.st_mode)) ||
	       is_folder(t, "/sysroot/ostree") || path_exists(t->fd, "/run/ostree-booted");
}

bool target_selinux(const struct target *t)
{
	char data[8192], mode[16];
	ssize_t len = path_read(t->fd, "/etc/selinux/config", data, sizeof data);

	return len > 0 && !distro_release(data, (size_t)len, "SELINUX", mode, sizeof mode) &&
	       !strcmp(mode, "enforcing");
}

void target_host(const struct target *t, char *dst, size_t cap)
{
	char data[4096], *p = data;
	ssize_t len = path_read(t->fd, "/etc/hostname", data, sizeof data);

	dst[0] = '\0';
	while (len > 0 && *p == '#') /* a comment is a line of its own */
		p += strcspn(p, "\n") + (strchr(p, '\n') != NULL);
	if (len > 0) {
		p[strcspn(p, " \t\r\n")] = '\0';
		str_copy(dst, cap, p);
	}
	len = dst[0] ? -1 : path_read(t->fd, "/etc/conf.d/hostname", data, sizeof data);
	if (len > 0)
		distro_release(data, (size_t)len, "hostname", dst, cap);
}
