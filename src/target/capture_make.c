#include "target/capture.h"

#include "base/buf.h"
#include "base/inode.h"
#include "base/log.h"
#include "base/mount.h"
#include "base/place.h"
#include "target/init_own.h"
#include "target/libcrypt.h"
#include "target/libdirs.h"
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
	struct libdirs dirs;
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

/* The name under which path is kept: its directory's symlinks resolved. */
static bool canonical(const struct maker *m, const char *path, char dst[300])
{
	char real[PATH_CAP], dir[300], *slash;

	if (!str_copy(dir, sizeof dir, path) || !(slash = strrchr(dir, '/')))
		return false;
	*slash++ = '\0';
	if (path_real(m->t->fd, *dir ? dir : "/", real, sizeof real))
		return false;
	return snprintf(dst, 300, "%s/%s", strcmp(real, "/") ? real : "", slash) < 280;
}

static bool is_taken(const struct maker *m, const char *path)
{
	char field[1000] = "";
	struct buf b = BUF_OF(field);

	field_add(&b, "path", path);
	buf_adds(&b, " ");
	return strstr(m->text.p, field) != NULL;
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

static void take(struct maker *m, const char *path);

static void take_needed(struct maker *m, const char *path)
{
	struct elf_info e;
	char lib[300];

	if (libdirs_elf(m->t, path, &e))
		return;
	for (unsigned i = 0; i < e.nneeded; i++) {
		const struct libdirs_query q = {e.needed[i], e.bits};

		if (!libdirs_lookup(m->t, &m->dirs, &q, lib))
			take(m, lib);
	}
	if (e.interp[0])
		take(m, e.interp);
}

/* What stands at path, each link on the way, and what an ELF file needs to be loaded. */
static void take(struct maker *m, const char *path)
{
	char name[300], to[256];
	struct stat st;

	if (m->why[0] || !canonical(m, path, name) || is_taken(m, name) ||
	    path_stat(m->t->fd, name, false, &st))
		return;
	if (!S_ISLNK(st.st_mode)) {
		copy(m, name);
		if (!str_starts(name, "/etc/"))
			take_needed(m, name);
		return;
	}
	if (init_link(m->t, name, to, sizeof to))
		return;
	buf_adds(&m->text, "link");
	field_add(&m->text, "path", name);
	field_add(&m->text, "to", to);
	buf_adds(&m->text, "\n");
	if (capture_hop(name, to))
		take(m, name);
}

/* --- what is taken */

static void take_libraries(struct maker *m)
{
	static const struct libdirs_query old_nss[] = {{"libnss_files.so.2", 64},
						       {"libnss_files.so.2", 32}};
	struct libcrypt list[LIBCRYPT_MAX];
	int n = libcrypt_find(m->t, list, LIBCRYPT_MAX);
	char path[300];

	for (int i = 0; i < n; i++)
		take(m, list[i].path);
	for (int i = 0; i < 2; i++) {
		if (!libcrypt_loader(m->t, old_nss[i].bits, path, sizeof path))
			take(m, path);
		if (!libdirs_lookup(m->t, &m->dirs, &old_nss[i], path))
			take(m, path);
	}
}

static void take_programs(struct maker *m)
{
	static const char names[][12] = {"login", "su", "unix_chkpwd", "agetty", "sulogin"};
	static const char folders[][10] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin"};
	char path[32];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
			snprintf(path, sizeof path, "%s/%s", folders[k], names[i]);
			take(m, path);
		}
}

static int take_module(void *arg, const struct pam_use *u)
{
	struct maker *m = arg;

	take(m, u->file);
	if (u->state == PAM_FOUND)
		take(m, u->path);
	return 0;
}

static int take_service(void *arg, int dirfd, const char *name)
{
	char path[300];

	(void)dirfd;
	snprintf(path, sizeof path, "/etc/pam.d/%s", name);
	if (*name != '.' && !strchr(name, '~'))
		take(arg, path);
	return 0;
}

static void take_pam(struct maker *m)
{
	static const char services[][7] = {"login", "su", "su-l", "sudo", "passwd", "other"};
	static const char files[][20] = {"/etc/pam.conf", "/etc/nsswitch.conf", "/etc/shells"};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		pam_each(&(struct pam_source){.rootfd = m->t->fd}, services[i], take_module, m);
	for (const struct display_manager *d = display_managers; d->name; d++)
		if (path_exists(m->t->fd, d->binary))
			pam_each(&(struct pam_source){.rootfd = m->t->fd}, d->pam, take_module, m);
	path_each(m->t->fd, "/etc/pam.d", take_service, m);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		take(m, files[i]);
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
	libdirs_find(m->t, &m->dirs);
	take_libraries(m);
	take_programs(m);
	take_pam(m);
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
