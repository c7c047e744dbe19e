#include "checks/families.h"
#include "checks/space.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES 512
#define MIB (1LL << 20)

static const char points[][5] = {"/", "/var"};

/* Everything that may be deleted: what its own program makes again or nobody reads any more. Least
 * wanted first; the package managers' caches, from which phase 3 repairs, last. */
static const struct {
	char dir[26], pattern[14];
	unsigned depth;
} places[] = {
    {"/var/lib/systemd/coredump", "core.*", 0},
    {"/var/crash", "*.crash", 0},
    {"/var/crash", "vmcore*", 1},
    {"/var/log/journal", "*@*.journal", 1},
    {"/var/log/journal", "*.journal~", 1},
    {"/var/log", "*.gz", 1},
    {"/var/log", "*.1", 1},
    {"/var/cache/apt", "*pkgcache.bin", 0},
    {"/var/cache/apt/archives", "*.deb", 1},
    {"/var/cache/dnf", "*.rpm", 2},
    {"/var/cache/libdnf5", "*.rpm", 2},
    {"/var/cache/zypp/packages", "*.rpm", 3},
    {"/var/cache/pacman/pkg", "*.pkg.tar.*", 0},
};

bool space_keep(const char *name)
{
	static const char needed[][11] = {
	    "libc6",  "glibc", "libcrypt", "libxcrypt",	 "libpam", "pam", "login",  "passwd",
	    "shadow", "sudo",  "libaud",   "util-linux", "sddm",   "gdm", "lightdm"};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (str_starts(name, needed[i]))
			return true;
	return false;
}

bool space_full(const struct statvfs *v)
{
	if (v->f_flag & ST_RDONLY) /* an image has no room by design */
		return false;
	return (long long)(v->f_bavail * v->f_frsize) < MIB || (v->f_files && v->f_favail < 16);
}

bool space_enough(const struct statvfs *v)
{
	long long size = (long long)(v->f_blocks * v->f_frsize), want = size / 20;
	unsigned long long inodes = v->f_files / 20;

	want = want > 64 * MIB ? 64 * MIB : want < 2 * MIB ? 2 * MIB : want;
	inodes = inodes > 1024 ? 1024 : inodes < 32 ? 32 : inodes;
	return (long long)(v->f_bavail * v->f_frsize) >= want &&
	       (!v->f_files || v->f_favail >= inodes);
}

struct file {
	time_t time;
	long long bytes;
	char path[240];
};

struct room {
	struct check_context *c;
	int fd; /* of the full file system's mount point */
	const char *pattern, *dir;
	unsigned depth, n, deleted, rounds;
	long long since, bytes; /* freed since the last sync, in all */
	bool enough;
	struct file files[FILES];
};

static int measure(const struct target *t, const char *point, struct statvfs *v)
{
	int fd = target_is_unknown(t, point) ? -1 : path_open(t->fd, point, O_RDONLY, 0);
	int rc = fd < 0 ? -1 : fstatvfs(fd, v);

	if (rc && fd >= 0)
		close(fd);
	return rc ? -1 : fd;
}

/* The folder itself, on the full file system: a link may lead to what is somebody's. Subvolumes are
 * one file system with many device numbers: its own figures tell. */
static bool is_place(const struct room *r, const char *dir)
{
	struct statvfs here = {0}, full = {0};
	char real[PATH_CAP];
	int fd = path_open(r->c->t->fd, dir, O_RDONLY | O_DIRECTORY, 0);
	bool yes = fd >= 0 && !path_real_fd(r->c->t->fd, fd, real, sizeof real) &&
		   !strcmp(real, dir) && !fstatvfs(fd, &here) && !fstatvfs(r->fd, &full) &&
		   here.f_blocks == full.f_blocks && here.f_bfree == full.f_bfree &&
		   here.f_ffree == full.f_ffree;

	if (fd >= 0)
		close(fd);
	return yes;
}

static int look(void *arg, int dirfd, const char *name)
{
	struct room *r = arg;
	const char *dir = r->dir;
	char path[sizeof r->files->path];
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) || r->n == FILES ||
	    snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return 0;
	if (S_ISDIR(st.st_mode) && r->depth && is_place(r, path)) {
		r->dir = path;
		r->depth--;
		path_each(r->c->t->fd, path, look, r);
		r->depth++;
		r->dir = dir;
	} else if (S_ISREG(st.st_mode) && st.st_nlink == 1 && str_matches(name, r->pattern) &&
		   !space_keep(name)) {
		struct file *f = &r->files[r->n++];

		f->time = st.st_mtime;
		f->bytes = (long long)st.st_blocks * 512;
		strcpy(f->path, path);
	}
	return 0;
}

static int older(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/* Room is measured, not summed up: a file may be held open, a snapshot may keep its blocks. After
 * three times in vain as much as is needed nothing more is deleted. */
static bool is_enough(struct room *r, long long bytes)
{
	struct statvfs v;

	r->since += bytes;
	r->bytes += bytes;
	if (r->since >= 64 * MIB) {
		syncfs(r->fd);
		r->since = 0;
		r->rounds++;
	}
	return r->enough = r->rounds > 3 || (fstatvfs(r->fd, &v) == 0 && space_enough(&v));
}

/* Returns how many were deleted. */
static unsigned delete_files(struct room *r)
{
	unsigned before = r->deleted;

	qsort(r->files, r->n, sizeof *r->files, older);
	for (unsigned i = 0; i < r->n && !r->enough; i++) {
		const struct file *f = &r->files[i];

		if (file_delete_unjournalled(r->c->t->fd, f->path)) {
			log_line("%s: %s", f->path, strerror(errno));
			continue;
		}
		log_line("deleted to make room, for good: %s (%lld KiB)", f->path, f->bytes / 1024);
		r->deleted++;
		is_enough(r, f->bytes);
	}
	return r->deleted - before;
}

static void make_room(struct room *r)
{
	for (size_t i = 0; i < sizeof places / sizeof *places && !r->enough; i++) {
		unsigned n;

		if (!is_place(r, places[i].dir))
			continue;
		do {
			r->n = 0;
			r->pattern = places[i].pattern;
			r->dir = places[i].dir;
			r->depth = places[i].depth;
			path_each(r->c->t->fd, r->dir, look, r);
			n = delete_files(r);
		} while (n && !r->enough);
	}
}

void detect_space(struct check_context *c)
{
	static const struct cause cause = {
	    SPACE_ID, SEVERITY_ERROR, BLOCKS_DISPLAY,
	    "before any other change old journals, rotated logs, cores and package caches are "
	    "deleted, as few as needed; if that's not enough: du -xh / | sort -h | tail"};
	struct statvfs v;
	dev_t seen = 0;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		int fd = measure(c->t, points[i], &v);

		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && (!i || st.st_dev != seen) && space_full(&v))
			check_found(c, &cause, "%s: %llu KiB and %llu inodes left for users",
				    points[i], (unsigned long long)(v.f_bavail * v.f_frsize / 1024),
				    (unsigned long long)v.f_favail);
		seen = st.st_dev;
		close(fd);
	}
}

/* False: it could not be looked at, or is as full as before. */
static bool make_room_at(struct room *r, const char *point)
{
	struct statvfs v;
	bool full;

	r->fd = measure(r->c->t, point, &v);
	if (r->fd < 0)
		return true; /* unknown is no finding either */
	full = space_full(&v);
	if (full) {
		make_room(r);
		full = fstatvfs(r->fd, &v) || space_full(&v);
		r->c->report->deleted += r->deleted;
		log_say("%s was full: %u files (%lld KiB) deleted, which cannot be undone; "
			"main.log lists them",
			point, r->deleted, r->bytes / 1024);
	}
	close(r->fd);
	return !full;
}

void space_make_room(struct check_context *c)
{
	struct room *r = report_find(c->report, SPACE_ID) ? calloc(1, sizeof *r) : NULL;
	bool room = true;

	for (int i = 0; r && i < 2; i++) {
		*r = (struct room){.c = c};
		room = make_room_at(r, points[i]) && room;
	}
	if (r)
		report_settle(c->report, SPACE_ID, room ? FINDING_REPAIRED : FINDING_FAILED);
	free(r);
}
