#include "target/capture.h"

#include "base/buf.h"
#include "base/inode.h"
#include "base/log.h"
#include "base/mount.h"
#include "base/place.h"
#include "target/closure.h"
#include "target/init_own.h"
#include "target/pam.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST "manifest"
#define UNFINISHED "manifest.new" /* of a capture that was cut off */
#define FILES 400
#define LARGEST (16L << 20)
#define TEXT (256u << 10)

struct maker {
	const struct target *t;
	struct buf text; /* the manifest */
	int fd;		 /* the fresh folder */
	unsigned files;
	char why[200]; /* the first error: a capture with holes is none */
};

static void failed(struct maker *m, const char *path)
{
	if (!m->why[0])
		snprintf(m->why, sizeof m->why, "%.120s: %s", path, strerror(errno));
}

static int make_folders(int fd, const char *path)
{
	char part[300];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(p - path) - 1, path + 1);
		if (mkdirat(fd, part, 0700) && errno != EEXIST)
			return -1;
	}
	return 0;
}

static void note_file(struct maker *m, const char *path, const struct stat *st, const char *sum)
{
	buf_adds(&m->text, "file");
	field_add(&m->text, "path", path);
	buf_addf(&m->text, " mode=%o uid=%u gid=%u sha256=%s\n", st->st_mode & 07777u,
		 (unsigned)st->st_uid, (unsigned)st->st_gid, sum);
}

/* A word like bindpw=x: PAM modules are given secrets that way. */
static bool holds_secret(int fd)
{
	char text[65536], *save = NULL;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	bool found = n < 0 || n == (ssize_t)sizeof text - 1;

	text[n < 0 ? 0 : n] = '\0';
	for (char *w = strtok_r(text, " \t\r\n#", &save); w && !found;
	     w = strtok_r(NULL, " \t\r\n#", &save))
		found = pam_secret(w);
	explicit_bzero(text, sizeof text);
	return found;
}

static int copy_open(struct maker *m, const char *path, int in, const struct stat *st)
{
	int out, rc = -1;
	char sum[DIGEST_HEX];

	errno = EFBIG;
	if (!S_ISREG(st->st_mode) || st->st_size > LARGEST || m->files == FILES ||
	    make_folders(m->fd, path))
		return -1;
	out = openat(m->fd, path + 1, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -1;
	if (!place_copy(in, out) && !digest_fd(out, sum) && !place_sync(out)) {
		note_file(m, path, st, sum);
		m->files++;
		rc = 0;
	}
	return close(out) ? -1 : rc;
}

static void copy(struct maker *m, const char *path)
{
	int in = path_open(m->t->fd, path, O_RDONLY | O_NOFOLLOW, 0);
	struct stat st;

	if (in < 0 || fstat(in, &st))
		failed(m, path);
	else if (str_starts(path, "/etc/") && holds_secret(in))
		log_say("%s is left out: it holds a secret, or is too large", path);
	else if (copy_open(m, path, in, &st))
		failed(m, path);
	if (in >= 0)
		close(in);
}

/* A link is in the manifest alone; its end comes by itself. */
static int take(void *arg, const char *path, const struct stat *st)
{
	struct maker *m = arg;
	char to[256];

	if (!st)
		return 0;
	if (!S_ISLNK(st->st_mode)) {
		copy(m, path);
	} else if (!init_link(m->t, path, to, sizeof to)) {
		buf_adds(&m->text, "link");
		field_add(&m->text, "path", path);
		field_add(&m->text, "to", to);
		buf_adds(&m->text, "\n");
	}
	return m->why[0] != '\0';
}

/* --- facts */

static void fact(struct maker *m, const char *name, const char *value)
{
	buf_adds(&m->text, "fact");
	field_add(&m->text, "name", name);
	field_add(&m->text, "value", value);
	buf_adds(&m->text, "\n");
}

struct disk {
	dev_t dev;
	char uuid[64];
};

static int is_disk(void *arg, int dirfd, const char *name)
{
	struct disk *d = arg;
	struct stat st;

	return !fstatat(dirfd, name, &st, 0) && S_ISBLK(st.st_mode) && st.st_rdev == d->dev &&
	       str_copy(d->uuid, sizeof d->uuid, name);
}

/* The file system /boot lies on, as fstab or udev's links name it. */
static bool fstab_uuid(const struct target *t, char uuid[64])
{
	char text[16384];
	ssize_t n = path_read(t->fd, "/etc/fstab", text, sizeof text);
	const char *p = text, *line;
	struct fstab_entry e;
	size_t len;

	while (n > 0 && line_next(&p, text + n, &line, &len))
		if (fstab_parse_line(line, len, &e) == 1 && !strcmp(e.point, "/boot") &&
		    str_starts(e.source, "UUID="))
			return str_copy(uuid, 64, e.source + 5);
	return false;
}

static void boot_uuid(struct maker *m)
{
	struct disk d = {0};
	struct stat st;
	int fd = open("/dev/disk/by-uuid", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!path_stat(m->t->fd, "/boot", true, &st))
		d.dev = st.st_dev;
	if (fstab_uuid(m->t, d.uuid) || (d.dev && path_each(fd, "/", is_disk, &d) == 1))
		fact(m, "boot-uuid", d.uuid);
	if (fd >= 0)
		close(fd);
}

static void facts(struct maker *m)
{
	const struct init_system *init = init_in_use(m->t);
	char value[128];

	if (init && !init->enabled(m->t, value, sizeof value))
		fact(m, "display-manager", value);
	if (init && !init->level(m->t, value, sizeof value))
		fact(m, "level", value);
	boot_uuid(m);
}

/* --- the folder */

static int write_manifest(struct maker *m)
{
	int fd = openat(m->fd, UNFINISHED, O_WRONLY | O_CLOEXEC), rc = -1;

	errno = E2BIG;
	if (fd >= 0 && !m->text.cut && !place_write(fd, m->text.p, m->text.len) && !place_sync(fd))
		rc = 0;
	if (fd >= 0 && close(fd))
		rc = -1;
	return rc || renameat(m->fd, UNFINISHED, m->fd, MANIFEST) ? -1 : place_sync(m->fd);
}

/* The fresh folder takes the old one's place. */
static int put_in_place(const char *fresh, const char *output)
{
	if (access(output, F_OK))
		return rename(fresh, output);
	if (place_rename(AT_FDCWD, fresh, AT_FDCWD, output, RENAME_EXCHANGE) == 0) {
		place_remove_tree(AT_FDCWD, fresh);
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* a file system that cannot exchange */
	return place_remove_tree(AT_FDCWD, output) ? -1 : rename(fresh, output);
}

static int any_entry(void *arg, int dirfd, const char *name)
{
	(void)arg;
	(void)dirfd;
	(void)name;
	return 1;
}

/* Only what this program made, or nothing, may give way. 0, or -1 ENOTEMPTY. */
static int may_replace(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (faccessat(fd, MANIFEST, F_OK, AT_SYMLINK_NOFOLLOW) &&
	    faccessat(fd, UNFINISHED, F_OK, AT_SYMLINK_NOFOLLOW) &&
	    path_each(fd, "/", any_entry, NULL) != 0)
		rc = -1;
	close(fd);
	errno = ENOTEMPTY;
	return rc;
}

static int make_fresh(struct maker *m, const char *fresh)
{
	int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (top < 0)
		return -1;
	rc = make_folders(top, fresh);
	close(top);
	if (rc || may_replace(fresh) || (place_remove_tree(AT_FDCWD, fresh) && errno != ENOENT) ||
	    mkdir(fresh, 0700))
		return -1;
	m->fd = open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = m->fd < 0 ? -1
		       : openat(m->fd, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return rc < 0 ? -1 : close(rc);
}

static void fill(struct maker *m)
{
	struct closure *c = closure_open(m->t, take, m);

	if (c)
		closure_login(c);
	else
		failed(m, "closure");
	closure_close(c);
	facts(m);
}

int capture_make(const struct target *t, const char *output, char *why, size_t cap)
{
	struct maker *m = calloc(1, sizeof *m + TEXT);
	char fresh[270];
	int rc = -1;

	if (!m)
		return -1;
	m->t = t;
	m->fd = -1;
	m->text = (struct buf){.p = (char *)(m + 1), .cap = TEXT};
	snprintf(fresh, sizeof fresh, "%.256s.new", output);
	if (may_replace(output))
		failed(m, output);
	else if (make_fresh(m, fresh))
		failed(m, fresh);
	else
		fill(m);
	if (!m->why[0] && m->files && (write_manifest(m) || put_in_place(fresh, output)))
		failed(m, output);
	if (!m->why[0] && m->files)
		rc = (int)m->files;
	else if (m->fd >= 0)
		place_remove_tree(AT_FDCWD, fresh);
	snprintf(why, cap, "%s", m->why[0] ? m->why : "nothing was found");
	if (m->fd >= 0)
		close(m->fd);
	free(m);
	return rc;
}
