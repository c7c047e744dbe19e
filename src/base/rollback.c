#include "base/journal.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK "undone"
#define CUT_SECONDS 7200 /* no program runs longer */

struct undo {
	int rootfd, folder, fd; /* fd: the journal, to note what is undone */
	unsigned first, count;	/* undo from this number on; how many were */
	time_t cut;		/* when a program that was cut off had ended, at the latest */
	char run[64];
	struct record r;
	struct inode cur;
	char done[64];	       /* "failed: ..." */
	unsigned char *undone; /* by number: undone before */
	size_t most;	       /* the highest number that can be */
	void (*line)(void *arg, const struct rollback_line *l);
	void *arg;
};

/* --- one change */

static int restore_regular(struct undo *u, struct place *p)
{
	char name[24], hex[DIGEST_HEX];
	struct source src = {.fd = -1};
	int rc = -1;

	journal_item(name, u->r.seq, "data");
	if (u->r.old.size > INODE_HASHED) {
		src.linkdir = u->folder;
		src.link = name;
		return place_stage(p, &u->r.old, &src);
	}
	if (!u->r.old.size)
		return place_stage(p, &u->r.old, NULL);
	src.fd = openat(u->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (src.fd < 0 || digest_fd(src.fd, hex))
		goto out;
	if (strcmp(hex, u->r.old.sha256))
		errno = EBADMSG; /* the backup is damaged: what is there now is better than that */
	else
		rc = place_stage(p, &u->r.old, &src);
out:
	if (src.fd >= 0)
		close(src.fd);
	return rc;
}

/* No rename puts a directory over a file: they change places. */
static int restore_directory(struct undo *u, struct place *p)
{
	char name[24];
	const struct source aside = {.fd = -1, .linkdir = u->folder, .link = name};
	bool kept;

	journal_item(name, u->r.seq, "dir");
	kept = faccessat(u->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (place_stage(p, &u->r.old, kept ? &aside : NULL) ||
	    place_swap(p, u->cur.mode ? S_IFDIR : 0, u->r.old.flags))
		return -1;
	return place_sync(u->folder);
}

static int restore(struct undo *u, struct place *p)
{
	const struct inode *old = &u->r.old;
	bool attributes = S_ISREG(old->mode) && (u->cur.nlink > 1 || old->size > INODE_HASHED) &&
			  !strcmp(old->sha256, u->cur.sha256);

	if (!old->mode)
		return place_unlink(p, u->cur.mode);
	if ((S_ISDIR(old->mode) && S_ISDIR(u->cur.mode)) || attributes)
		return place_set(p, old);
	if (S_ISDIR(u->cur.mode)) {
		if (place_unlink(p, u->cur.mode))
			return -1;
		u->cur.mode = 0;
	}
	if (S_ISDIR(old->mode))
		return restore_directory(u, p);
	if (S_ISREG(old->mode) ? restore_regular(u, p) : place_stage(p, old, NULL))
		return -1;
	return place_swap(p, u->cur.mode, old->flags);
}

/* A program that was cut off may have left anything, but not long after. */
static bool by_program(const struct undo *u, const struct place *p)
{
	struct stat st;

	return !u->cur.mode ||
	       (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ctime <= u->cut);
}

static const char *undo_at(struct undo *u, struct place *p)
{
	static const char *const refused = "changed since: left alone";

	if (inode_read(p->dirfd, p->name, &u->cur))
		return NULL;
	if (inode_lifted(&u->cur, &u->r.old))
		return place_set(p, &u->r.old) ? NULL : "restored";
	if (inode_same(&u->cur, &u->r.old)) {
		if (!journal_touched(&u->r, &u->cur))
			return "already as it was";
		return place_set(p, &u->r.old) ? NULL : "restored";
	}
	if (!strcmp(u->r.op, "keep")
		? !by_program(u, p)
		: !inode_same(&u->cur, &u->r.now) && !inode_lifted(&u->cur, &u->r.now) &&
		      !inode_between(&u->cur, &u->r.old, &u->r.now))
		return refused;
	if (restore(u, p))
		return errno == ENOTEMPTY || errno == EEXIST ? refused : NULL;
	return "restored";
}

static struct rollback_line undo_one(struct undo *u)
{
	struct rollback_line l = {.path = u->r.path};
	struct place p;

	if (place_open(&p, u->rootfd, u->r.path, false) == 0) {
		snprintf(p.temp, sizeof p.temp, TEMP_PREFIX "%.40s.%06u", u->run, u->r.seq);
		l.result = undo_at(u, &p);
		place_close(&p);
	} else if (errno == ENOENT && !u->r.old.mode) {
		l.result = "already as it was";
	}
	if (!l.result) {
		snprintf(u->done, sizeof u->done, "failed: %s", strerror(errno));
		l.result = u->done;
	}
	l.refused = l.result == u->done || l.result[0] == 'c';
	return l;
}

/* --- a run */

/* On a full disk with what the journal kept for that. */
static int note(struct undo *u, const char *text, size_t len)
{
	if (place_write(u->fd, text, len) == 0)
		return 0;
	return journal_give_back(u->folder) && place_write(u->fd, text, len) == 0 ? 0 : -1;
}

static int note_undone(struct undo *u)
{
	char mem[64];
	struct buf b = BUF_OF(mem);

	buf_addf(&b, "seq=%u op=undone", u->r.seq);
	journal_seal(&b);
	u->count++;
	if (note(u, b.p, b.len))
		return -1;
	place_sync(u->fd);
	return 0;
}

/* What an interrupted rollback undid before must not be judged by what lies under it. A journal
 * has no more changes than bytes. */
static int read_undone(struct undo *u, const char *text, size_t len)
{
	const char *p = text, *line;
	unsigned long long seq;
	char op[12] = "";
	size_t n;

	u->most = len;
	u->undone = calloc(len + 1, 1);
	while (u->undone && line_next(&p, text + len, &line, &n)) {
		size_t whole = journal_sealed(line, n);
		struct buf b = BUF_OF(op);

		if (whole && field_number(line, whole, "seq", &seq) && seq <= len &&
		    field_get(line, whole, "op", &b) && !strcmp(op, "undone"))
			u->undone[seq] = 1;
	}
	return u->undone ? 0 : -1;
}

/* The lines from the last to the first. Returns how many were refused. */
static int undo_lines(struct undo *u, const char *text, size_t len)
{
	int refused = 0;
	bool unnoted;

	for (size_t end = len; end > 0;) {
		size_t start = end - (text[end - 1] == '\n');
		size_t stop = start;
		struct rollback_line l;

		while (start > 0 && text[start - 1] != '\n')
			start--;
		end = start;
		if (!record_parse(text + start, stop - start, &u->r) || u->r.seq > u->most ||
		    u->r.seq < u->first || u->undone[u->r.seq])
			continue;
		u->undone[u->r.seq] = 1; /* of its lines the last one counts */
		l = undo_one(u);
		unnoted = !l.refused && note_undone(u);
		refused += l.refused || unnoted;
		if (u->line)
			u->line(u->arg, &l);
		if (unnoted) /* what lies under it would be misjudged by who comes next */
			break;
	}
	return refused;
}

struct choice {
	const char *run; /* NULL: the newest not undone */
	char path[300], name[64];
	unsigned long long order;
};

static int choose(void *arg, const struct run_folder *f)
{
	struct choice *c = arg;
	unsigned long long order = 0;

	if (c->run ? strcmp(c->run, f->name) != 0
		   : faccessat(f->fd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (!c->run && (errno != ENOENT || journal_order(f->fd, &order)))
		return -1;
	if (order < c->order)
		return 0;
	c->order = order;
	snprintf(c->path, sizeof c->path, "%s/%s", f->place, f->name);
	str_copy(c->name, sizeof c->name, f->name);
	return c->run != NULL;
}

static int undo_run(struct undo *u, const char *where)
{
	char path[320];
	size_t len = 0;
	struct stat st;
	char *text;
	int rc = -1;

	snprintf(path, sizeof path, "%s/journal", where);
	u->folder = path_open(u->rootfd, where, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (u->folder < 0)
		return -1;
	u->fd = openat(u->folder, "journal", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	text = u->fd < 0 ? NULL : path_slurp(u->rootfd, path, JOURNAL_MOST, &len);
	if (text && fstat(u->folder, &st) == 0 && read_undone(u, text, len) == 0 &&
	    note(u, "\n", 1) == 0) {
		/* the last backup was made before the program started */
		u->cut = st.st_mtime + CUT_SECONDS;
		rc = undo_lines(u, text, len) ? 1 : 0;
	}
	if (rc == 0 && !u->first)
		rc = file_write_unjournalled(u->folder, MARK, "", 0, 0600) ? 1 : 0;
	path_release(text, len);
	if (u->fd >= 0)
		close(u->fd);
	close(u->folder);
	return rc;
}

int journal_rollback(int rootfd, const char *run, char *name,
		     void (*line)(void *arg, const struct rollback_line *l), void *arg)
{
	struct choice *c;
	struct undo *u;
	int rc = -1;

	journal_mend(rootfd);
	c = calloc(1, sizeof *c);
	u = calloc(1, sizeof *u);
	if (c)
		c->run = run;
	if (!c || !u || journal_each_run(rootfd, choose, c) < 0)
		goto out;
	errno = ENOENT;
	if (!c->name[0])
		goto out;
	str_copy(name, 40, c->name);
	str_copy(u->run, sizeof u->run, c->name);
	u->rootfd = rootfd;
	u->line = line;
	u->arg = arg;
	rc = undo_run(u, c->path);
out:
	if (u)
		free(u->undone);
	free(u);
	free(c);
	return rc;
}

static void tell(void *arg, const struct rollback_line *l)
{
	(void)arg;
	if (strcmp(l->result, "already as it was"))
		log_line("%s: %s", l->path, l->result);
}

int journal_undo_since(struct journal *j, unsigned from)
{
	struct undo *u = calloc(1, sizeof *u);
	int rc = -1;

	if (u) {
		u->rootfd = j->rootfd;
		u->first = from;
		u->line = tell;
		str_copy(u->run, sizeof u->run, j->run);
		rc = undo_run(u, j->where);
		j->voided += u->count;
		free(u->undone);
	}
	free(u);
	return rc;
}
