#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct walk {
	int (*fn)(void *arg, const struct run_folder *f);
	void *arg;
	const char *place;
	int error; /* of a folder that may be a run's */
};

static int one_folder(void *arg, int dirfd, const char *name)
{
	struct walk *w = arg;
	struct run_folder f = {-1, dirfd, w->place, name};
	int rc = 0;

	f.fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f.fd < 0) {
		if (errno != ENOTDIR && errno != ELOOP && errno != ENOENT)
			w->error = errno;
		return 0;
	}
	if (faccessat(f.fd, "journal", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = w->fn(w->arg, &f);
	else if (errno != ENOENT)
		w->error = errno;
	close(f.fd);
	return rc;
}

int journal_each_run(int rootfd, int (*fn)(void *arg, const struct run_folder *f), void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};
	int rc = 0;

	for (int i = 0; i < JOURNAL_PLACES && rc == 0; i++) {
		w.place = journal_places[i];
		rc = path_each(rootfd, w.place, one_folder, &w);
		if (rc < 0 && (errno == ENOENT || errno == ENOTDIR))
			rc = 0;
	}
	if (rc || !w.error)
		return rc;
	errno = w.error;
	return -1;
}

int journal_order(int folder, unsigned long long *order)
{
	char text[512];
	int fd = openat(folder, "journal", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	int error = errno;
	size_t len;

	if (fd >= 0)
		close(fd);
	errno = error;
	*order = 0;
	if (n < 0)
		return -1;
	text[n] = '\0';
	len = journal_sealed(text, strcspn(text, "\n"));
	if (!len || !field_number(text, len, "order", order))
		*order = 0;
	return 0;
}

/* --- after a crash */

/* ".rd-recovery.<run>.<number>": a directory with something in it stood in the way of a change and
 * belongs into that run's folder; all else was never in use. */
static int sweep_one(void *arg, int dirfd, const char *name)
{
	const int rootfd = *(const int *)arg;
	char run[64], item[24], path[256];
	const char *dot;
	int fd;

	if (!str_starts(name, TEMP_PREFIX))
		return 0;
	if (unlinkat(dirfd, name, 0) == 0 || unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return 0;
	name += strlen(TEMP_PREFIX);
	dot = strrchr(name, '.');
	if (!dot || (size_t)(dot - name) >= sizeof run)
		return 0;
	memcpy(run, name, (size_t)(dot - name));
	run[dot - name] = '\0';
	journal_item(item, (unsigned)strtoul(dot + 1, NULL, 10), "dir");
	name -= strlen(TEMP_PREFIX);
	for (int i = 0; i < JOURNAL_PLACES; i++) {
		snprintf(path, sizeof path, "%s/%s", journal_places[i], run);
		fd = path_open(rootfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (fd < 0)
			continue;
		if (place_rename(dirfd, name, fd, item, RENAME_NOREPLACE) == 0)
			i = JOURNAL_PLACES;
		close(fd);
	}
	return 0;
}

/* Flags lifted for a change the crash interrupted: the inode is as before the change or as after
 * it, its flags are not. */
static int mend_flags(int rootfd, const struct record *r)
{
	struct inode *now = malloc(sizeof *now);
	const struct inode *is = NULL;
	struct place p;
	int rc = -1, fd = -1;

	if (!now || place_open(&p, rootfd, r->path, false)) {
		free(now);
		return now && (errno == ENOENT || errno == ENOTDIR) ? 0 : -1;
	}
	if (inode_read(p.dirfd, p.name, now) == 0) {
		is = inode_lifted(now, &r->now)	  ? &r->now
		     : inode_lifted(now, &r->old) ? &r->old
						  : NULL;
		rc = 0;
	}
	if (is) {
		fd = openat(p.dirfd, p.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		rc = fd < 0 ? -1 : inode_flags_set(fd, is->flags);
	}
	if (fd >= 0)
		close(fd);
	free(now);
	place_close(&p);
	return rc;
}

static int mend_directory(int rootfd, const char *path, unsigned flags)
{
	int fd = path_open(rootfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), rc = -1;
	unsigned now;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (inode_flags(fd, &now) == 0)
		rc = inode_flags_set(fd, now | flags);
	close(fd);
	return rc;
}

/* One line of a journal that has no end. */
static int mend_line(int rootfd, const char *line, size_t n, struct record *r)
{
	size_t whole = journal_sealed(line, n);
	char near[PATH_CAP], op[12] = "";
	struct buf dir = BUF_OF(near), b = BUF_OF(op);
	unsigned long long flags;

	if (!whole || !field_get(line, whole, "op", &b))
		return 0;
	if (!strcmp(op, "near") && field_get(line, whole, "path", &dir) &&
	    field_number(line, whole, "dirflags", &flags) && flags)
		return mend_directory(rootfd, near, (unsigned)flags);
	if (record_parse(line, n, r) && (r->old.flags || r->now.flags))
		return mend_flags(rootfd, r);
	return 0;
}

/* The directories a journal noted are swept. Returns where what was done after its last end begins.
 */
static const char *sweep(int rootfd, const char *text, size_t len)
{
	const char *p = text, *line, *since = text;
	char near[PATH_CAP], op[12] = "";
	size_t n;

	while (line_next(&p, text + len, &line, &n)) {
		size_t whole = journal_sealed(line, n);
		struct buf dir = BUF_OF(near), b = BUF_OF(op);

		if (!whole || !field_get(line, whole, "op", &b))
			continue;
		if (!strcmp(op, "closed"))
			since = p;
		if (!strcmp(op, "near") && field_get(line, whole, "path", &dir))
			path_each(rootfd, near, sweep_one, &rootfd);
	}
	return since;
}

static int mend_run(void *arg, const struct run_folder *f)
{
	const int rootfd = *(const int *)arg;
	struct record *r = malloc(sizeof *r);
	const char *p, *line;
	char path[300], *text;
	size_t len = 0, n;
	int rc = 0;
	bool open = false;

	snprintf(path, sizeof path, "%s/%s/journal", f->place, f->name);
	text = r ? path_slurp(rootfd, path, JOURNAL_MOST, &len) : NULL;
	if (text) {
		p = sweep(rootfd, text, len);
		while (line_next(&p, text + len, &line, &n)) {
			open = true;
			rc |= mend_line(rootfd, line, n, r);
		}
		if (open && rc == 0) /* once: whoever takes a flag away after this means it */
			journal_end(f->fd);
		path_release(text, len);
	}
	free(r);
	return 0;
}

int journal_end(int folder)
{
	char mem[64] = "";
	struct buf line = BUF_OF(mem);
	int fd =
	    openat(folder, "journal", O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -1;
	/* what stands before it may be torn: a line of its own */
	buf_adds(&line, "op=closed");
	journal_seal(&line);
	rc = place_write(fd, "\n", 1) || place_write(fd, line.p, line.len) || place_sync(fd) ? -1
											     : 0;
	close(fd);
	return rc;
}

void journal_mend(int rootfd)
{
	journal_each_run(rootfd, mend_run, &rootfd);
}

/* --- numbers and ends */

long journal_sequence(int rootfd)
{
	char text[24], name[256];
	long n = 0, rc = -1;
	ssize_t len = path_read(rootfd, JOURNAL_DIR "/sequence", text, sizeof text);
	int fd;

	if (len > 0) {
		text[strcspn(text, "\n")] = '\0';
		if (str_number(text, 0, 999999999, &n))
			n = 0; /* damaged: it only orders log folders */
	}
	fd = path_parent(rootfd, JOURNAL_DIR, true, name);
	if (fd >= 0) {
		if (mkdirat(fd, name, 0700) == 0)
			place_sync(fd);
		close(fd);
	}
	fd = path_open(rootfd, JOURNAL_DIR, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	snprintf(text, sizeof text, "%ld\n", n + 1);
	if (file_write_unjournalled(fd, "sequence", text, strlen(text), 0600) == 0)
		rc = n + 1;
	close(fd);
	return rc;
}

struct forgetting {
	const char *run, *place;
};

static int forget_one(void *arg, const struct run_folder *f)
{
	struct forgetting *g = arg;

	if (strcmp(f->name, g->run))
		return 0;
	g->place = f->place;
	/* without its journal it is no run any more, however far the rest gets */
	if (unlinkat(f->fd, "journal", 0))
		return -1;
	return place_remove_tree(f->parentfd, f->name) ? -1 : 1;
}

int journal_forget(int rootfd, const char *run)
{
	struct forgetting g = {.run = run};
	int rc = journal_each_run(rootfd, forget_one, &g);

	if (rc == 0)
		errno = ENOENT;
	/* the other places are there for want of this one */
	if (rc > 0 && strcmp(g.place, JOURNAL_DIR))
		journal_leave(rootfd, g.place);
	return rc > 0 ? 0 : -1;
}
