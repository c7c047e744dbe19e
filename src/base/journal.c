#include "base/journal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RESERVE (1L << 20)
#define RESERVE_NAME "reserve"

const char *const journal_places[JOURNAL_PLACES] = {JOURNAL_DIR, "/rd-recovery",
						    "/home/.rd-recovery"};

const char *journal_item(char name[24], unsigned seq, const char *suffix)
{
	snprintf(name, 24, "%06u.%s", seq, suffix);
	return name;
}

void journal_seal(struct buf *line)
{
	char hex[DIGEST_HEX];

	digest_hex(line->p, line->len, hex);
	hex[16] = '\0';
	buf_addf(line, " end=%s\n", hex);
}

size_t journal_sealed(const char *line, size_t len)
{
	char hex[DIGEST_HEX];

	if (len < 22 || memcmp(line + len - 21, " end=", 5))
		return 0;
	digest_hex(line, len - 21, hex);
	return memcmp(line + len - 16, hex, 16) ? 0 : len - 21;
}

/* Space for what the journal still has to say, given back when there is no other. */
static int reserve(int dirfd, size_t bytes)
{
	int fd =
	    openat(dirfd, RESERVE_NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct statvfs vfs;
	int rc;

	if (fd < 0)
		return -1;
	rc = fallocate(fd, 0, 0, (off_t)bytes) ? errno : 0;
	if (rc == EOPNOTSUPP || rc == ENOSYS) /* it can only be asked for */
		rc = fstatvfs(fd, &vfs) ? errno : vfs.f_bavail * vfs.f_frsize < bytes ? ENOSPC : 0;
	close(fd);
	if (rc)
		unlinkat(dirfd, RESERVE_NAME, 0);
	errno = rc;
	return rc ? -1 : 0;
}

bool journal_give_back(int folder)
{
	return (errno == ENOSPC || errno == EDQUOT) && unlinkat(folder, RESERVE_NAME, 0) == 0;
}

static int append(struct journal *j, const struct buf *line)
{
	off_t end = lseek(j->fd, 0, SEEK_END);
	int rc, error;

	if (line->cut || end < 0) {
		errno = line->cut ? E2BIG : errno;
		return -1;
	}
	rc = place_write(j->fd, line->p, line->len);
	if (rc && journal_give_back(j->dirfd))
		rc = ftruncate(j->fd, end) || place_write(j->fd, line->p, line->len) ? -1 : 0;
	if (rc == 0)
		rc = place_sync(j->fd);
	error = errno;
	if (rc && ftruncate(j->fd, end)) /* a torn line is recognised by its seal */
		rc = -1;
	errno = error;
	return rc;
}

int journal_near(struct journal *j, const char *dir, unsigned flags)
{
	char mem[3 * PATH_CAP + 80];
	struct buf line = BUF_OF(mem);

	if (!strcmp(j->near, dir))
		return 0;
	buf_adds(&line, "op=near");
	field_add(&line, "path", dir);
	buf_addf(&line, " dirflags=%u", flags);
	journal_seal(&line);
	if (append(j, &line))
		return -1;
	if (!str_copy(j->near, sizeof j->near, dir))
		j->near[0] = '\0';
	return 0;
}

static int copy_content(struct journal *j, int from, const char *name, const struct inode *old)
{
	char hex[DIGEST_HEX];
	int to, rc = -1;

	unlinkat(j->dirfd, name, 0); /* it may be a link, to what must not be written to */
	to = openat(j->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	if (place_copy(from, to) &&
	    (!journal_give_back(j->dirfd) || ftruncate(to, 0) || place_copy(from, to)))
		goto out;
	if (place_sync(to) || digest_fd(to, hex))
		goto out;
	rc = strcmp(hex, old->sha256) ? -1 : 0;
	if (rc)
		errno = ESTALE;
out:
	if (close(to))
		rc = -1;
	return rc;
}

/* One that loses its last name is the journal's alone by this: no copy could be safer, and none has
 * to be written. */
static int link_content(struct journal *j, const struct place *p, const char *name,
			const struct inode *old)
{
	int fd = openat(p->dirfd, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int rc = -1;

	if (fd < 0 || fstat(fd, &st))
		goto out;
	errno = ESTALE;
	if (st.st_ino != old->ino || st.st_size != old->size || st.st_nlink != 1 ||
	    st.st_mtim.tv_sec != old->mtime.tv_sec || st.st_mtim.tv_nsec != old->mtime.tv_nsec)
		goto out;
	unlinkat(j->dirfd, name, 0); /* what a crash left */
	rc = linkat(p->dirfd, p->name, j->dirfd, name, 0) || place_sync(fd) ? -1 : 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool is_linked(const struct inode *old, bool stays)
{
	return old->size > JOURNAL_LINKED && old->size <= INODE_HASHED && old->nlink == 1 &&
	       !(old->mode & 07000) && !stays;
}

int journal_keep(struct journal *j, const struct place *p, const struct inode *old, bool stays)
{
	char name[24];
	int from, rc, error;

	journal_item(name, j->next, "data");
	j->linked = is_linked(old, stays) && link_content(j, p, name, old) == 0;
	if (j->linked) {
		rc = 0;
	} else if (old->size > INODE_HASHED) {
		rc = linkat(p->dirfd, p->name, j->dirfd, name, 0);
	} else {
		from = openat(p->dirfd, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (from < 0)
			return -1;
		rc = copy_content(j, from, name, old);
		close(from);
	}
	if (rc == 0)
		rc = place_sync(j->dirfd);
	error = errno;
	if (rc)
		unlinkat(j->dirfd, name, 0);
	errno = error;
	return rc;
}

void journal_seclude(struct journal *j, unsigned seq)
{
	char name[24];

	if (!j->linked)
		return;
	journal_item(name, seq, "data");
	/* where it fails, the folder's own mode still keeps everybody out */
	if (fchownat(j->dirfd, name, 0, 0, 0) == 0 || errno == EPERM)
		fchmodat(j->dirfd, name, 0600, 0);
}

void record_print(struct buf *line, const struct record *r)
{
	buf_addf(line, "seq=%u op=%s", r->seq, r->op);
	field_add(line, "path", r->path);
	buf_addf(line, " dirflags=%u", r->dirflags);
	inode_print(line, "old", &r->old);
	inode_print(line, "new", &r->now);
	journal_seal(line);
}

int journal_amend(struct journal *j, struct record *r)
{
	size_t cap = 2 * INODE_TEXT + 4 * PATH_CAP;
	struct buf line = {.p = malloc(cap), .cap = cap};
	int rc = -1;

	if (line.p) {
		record_print(&line, r);
		rc = append(j, &line);
	}
	free(line.p);
	return rc;
}

int journal_record(struct journal *j, struct record *r)
{
	int rc;

	r->seq = j->next;
	rc = journal_amend(j, r);
	if (rc == 0)
		j->next++;
	return rc;
}

int journal_note(struct journal *j, unsigned seq, const char *op)
{
	char mem[64];
	struct buf line = BUF_OF(mem);

	if (seq)
		buf_addf(&line, "seq=%u ", seq);
	buf_addf(&line, "op=%s", op);
	journal_seal(&line);
	if (append(j, &line))
		return -1;
	j->voided += seq != 0;
	return 0;
}

bool record_parse(const char *line, size_t len, struct record *r)
{
	struct buf op = BUF_OF(r->op), path = BUF_OF(r->path);
	unsigned long long seq, flags;

	len = journal_sealed(line, len);
	if (!len || !field_number(line, len, "seq", &seq) || !field_get(line, len, "op", &op) ||
	    !strcmp(r->op, "undone") || !field_get(line, len, "path", &path) ||
	    !field_number(line, len, "dirflags", &flags))
		return false;
	r->seq = (unsigned)seq;
	r->dirflags = (unsigned)flags;
	return inode_parse(line, len, "old", &r->old) == 0 &&
	       inode_parse(line, len, "new", &r->now) == 0;
}

bool journal_touched(const struct record *r, const struct inode *cur)
{
	return str_starts(r->op, "ke") && S_ISREG(cur->mode) &&
	       (r->old.mtime.tv_sec != cur->mtime.tv_sec ||
		r->old.mtime.tv_nsec != cur->mtime.tv_nsec);
}

/* --- opening */

static bool run_ok(const char *run)
{
	size_t len = strlen(run);

	return len && len < sizeof((struct journal *)0)->run && run[0] != '.' && !strchr(run, '/');
}

/* mkdir -p inside the root; the last one 0700. */
static int make_folders(int rootfd, const char *path)
{
	char part[256];

	for (const char *p = path; p; p = strchr(p + 1, '/')) {
		const char *end = strchr(p + 1, '/');
		char name[256];
		int dirfd, rc;

		snprintf(part, sizeof part, "%.*s", (int)(end ? end - path : (long)strlen(path)),
			 path);
		dirfd = path_parent(rootfd, part, true, name);
		if (dirfd < 0)
			return -1;
		rc = mkdirat(dirfd, name, end ? 0755 : 0700);
		if (rc == 0)
			place_sync(dirfd);
		else if (errno == EEXIST)
			rc = 0;
		close(dirfd);
		if (rc)
			return -1;
	}
	return 0;
}

static int newest(void *arg, const struct run_folder *f)
{
	unsigned long long *order = arg, n;
	int rc = journal_order(f->fd, &n);

	if (n > *order)
		*order = n;
	return rc;
}

static void count(struct journal *j, const char *line, size_t n, struct record *r, unsigned *kept)
{
	size_t whole = journal_sealed(line, n);
	char op[12] = "";
	struct buf b = BUF_OF(op);

	if (record_parse(line, n, r)) {
		if (r->seq >= j->next)
			j->next = r->seq + 1;
		if (!strcmp(r->op, "keep") && !*kept)
			*kept = r->seq;
	} else if (whole && field_get(line, whole, "op", &b)) {
		j->voided += !strcmp(op, "undone");
		if (!strcmp(op, JOURNAL_BEGIN) && !*kept)
			*kept = j->next;
		if (!strcmp(op, JOURNAL_SETTLED))
			*kept = 0;
	}
}

/* Count the changes a journal holds, and see that it ends in a whole line. What was cut off, a
 * program's run or a commit, goes back. */
static int resume(struct journal *j, int rootfd)
{
	unsigned kept = 0;
	char path[300];
	struct record *r = malloc(sizeof *r);
	const char *p, *line;
	size_t len = 0, n;
	char *text;

	snprintf(path, sizeof path, "%s/journal", j->where);
	text = r ? path_slurp(rootfd, path, JOURNAL_MOST, &len) : NULL;
	if (!text) {
		free(r);
		return -1;
	}
	p = text;
	while (line_next(&p, text + len, &line, &n))
		count(j, line, n, r, &kept);
	free(r);
	n = len && text[len - 1] != '\n';
	path_release(text, len);
	if (n && place_write(j->fd, "\n", 1))
		return -1;
	if (kept && journal_undo_since(j, kept))
		log_say("what was cut off before: not all of it could be undone");
	else if (kept)
		journal_note(j, 0, JOURNAL_SETTLED);
	return 0;
}

static int open_line(struct journal *j, int rootfd)
{
	char mem[200];
	struct buf line = BUF_OF(mem);
	unsigned long long order = 0;

	if (journal_each_run(rootfd, newest, &order)) /* or this one would not be the newest */
		return -1;
	buf_adds(&line, "op=open");
	field_add(&line, "run", j->run);
	buf_addf(&line, " order=%llu", order + 1);
	journal_seal(&line);
	return append(j, &line);
}

static int open_files(struct journal *j, int flags)
{
	j->dirfd = path_open(j->rootfd, j->where, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (j->dirfd < 0)
		return -1;
	j->fd =
	    openat(j->dirfd, "journal", O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	return j->fd < 0 ? -1 : 0;
}

static void drop(struct journal *j)
{
	int error = errno;

	if (j->fd >= 0)
		close(j->fd);
	if (j->dirfd >= 0)
		close(j->dirfd);
	j->fd = j->dirfd = -1;
	errno = error;
}

void journal_leave(int rootfd, const char *place)
{
	const char *name = strrchr(place, '/') + 1;
	char folder[64];
	int fd;

	snprintf(folder, sizeof folder, "%.*s", (int)(name - place), place);
	fd = path_open(rootfd, folder, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return;
	unlinkat(fd, name, AT_REMOVEDIR);
	close(fd);
}

/* A new run's folder at place; nothing stays of it when it fails. */
static int create(struct journal *j, const char *place, size_t bytes)
{
	int parent = -1, rc = -1, error;

	if (make_folders(j->rootfd, place))
		return -1;
	parent = path_open(j->rootfd, place, O_RDONLY | O_DIRECTORY, 0);
	if (parent < 0)
		return -1;
	if (fchmod(parent, 0700) || mkdirat(parent, j->run, 0700))
		goto out;
	rc = open_files(j, O_CREAT | O_EXCL) || reserve(j->dirfd, bytes) ||
		     open_line(j, j->rootfd) || place_sync(j->dirfd) || place_sync(parent)
		 ? -1
		 : 0;
	if (rc) {
		drop(j);
		error = errno;
		place_remove_tree(parent, j->run);
		errno = error;
	}
out:
	error = errno;
	close(parent);
	if (rc)
		journal_leave(j->rootfd, place);
	errno = error;
	return rc;
}

int journal_open(struct journal *j, int rootfd, const char *run, size_t bytes)
{
	int error = 0;

	memset(j, 0, sizeof *j);
	j->rootfd = rootfd;
	j->dirfd = j->fd = -1;
	j->next = 1;
	errno = EINVAL;
	if (!run_ok(run))
		return -1;
	str_copy(j->run, sizeof j->run, run);
	bytes = bytes ? bytes : RESERVE;
	for (int i = 0; i < JOURNAL_PLACES; i++) {
		snprintf(j->where, sizeof j->where, "%s/%s", journal_places[i], run);
		if (open_files(j, 0) == 0) {
			if (reserve(j->dirfd, bytes) == 0 && resume(j, rootfd) == 0) {
				journal_mend(rootfd);
				return 0;
			}
			drop(j);
			return -1;
		}
		drop(j);
		if (errno != ENOENT && errno != ENOTDIR) /* or the run would get a second one */
			return -1;
	}
	journal_mend(rootfd);
	for (int i = 0; i < JOURNAL_PLACES; i++) {
		snprintf(j->where, sizeof j->where, "%s/%s", journal_places[i], run);
		if (create(j, journal_places[i], bytes) == 0)
			return 0;
		error = error ? error : errno;
	}
	errno = error;
	return -1;
}

void journal_close(struct journal *j)
{
	if (j->dirfd >= 0) {
		if (!j->owed) /* else it ends as after a crash, for journal_mend */
			journal_end(j->dirfd);
		unlinkat(j->dirfd, RESERVE_NAME, 0);
	}
	drop(j);
}

unsigned journal_count(const struct journal *j)
{
	return j->next - 1 - j->voided;
}
