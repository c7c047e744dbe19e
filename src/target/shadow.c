#include "target/shadow.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "target/accounts_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define SHADOW "/etc/shadow"
#define PASSWD "/etc/passwd"

char *shadow_memory(size_t cap)
{
	void *p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void shadow_memory_release(char *p, size_t cap)
{
	int error = errno;

	if (!p)
		return;
	explicit_bzero(p, cap);
	munmap(p, cap);
	errno = error;
}

/* name's line with e in it: what is not edited stays as it is. */
static void edit_line(const char *line, size_t len, const struct shadow_edit *e, struct buf *b)
{
	const char *field;
	size_t n;

	for (unsigned f = 0; f < 9 && !accounts_field(line, len, f, &field, &n); f++) {
		buf_adds(b, f ? ":" : "");
		if (f == 1 && e->hash) {
			buf_adds(b, e->hash);
			continue;
		}
		while (f == 1 && e->unlock && n && (*field == '!' || *field == '*'))
			field++, n--;
		if (f == 2 && e->set_lastchg)
			buf_adds(b, e->lastchg);
		else if (f != 7 || !e->clear_expire)
			buf_add(b, field, n);
	}
}

/* The change at the line l stands at. 0/-1. */
static int change_line(const struct lines *l, const struct shadow_edit *e, struct shadow_change *to)
{
	struct buf b = BUF_OF(to->line);

	to->there = true;
	if (l->cut) {
		log_line(SHADOW " line %u is too long to edit", l->number);
		errno = EMSGSIZE;
		return -1;
	}
	if (accounts_whole_line(l->line, l->len)) {
		edit_line(l->line, l->len, e, &b);
	} else if (e->hash) {
		buf_addf(&b, "%s:%s:%s:0:99999:7:::", e->name, e->hash, e->lastchg);
	} else {
		errno = ENOENT;
		return -1;
	}
	to->s = (struct splice){.at = l->at, .drop = l->len, .data = b.p, .len = b.len};
	to->none = b.len == l->len && !memcmp(b.p, l->line, b.len);
	errno = EMSGSIZE;
	return b.cut ? -1 : 0;
}

/* A line behind the last one, which ends where l does. */
static int add_line(const struct lines *l, bool ended, const struct shadow_edit *e,
		    struct shadow_change *to)
{
	struct buf b = BUF_OF(to->line);

	errno = ENOENT;
	if (!e->hash)
		return -1;
	buf_addf(&b, "%s%s:%s:%s:0:99999:7:::\n", ended ? "" : "\n", e->name, e->hash, e->lastchg);
	to->s = (struct splice){.at = l->read, .data = b.p, .len = b.len};
	errno = EMSGSIZE;
	return b.cut ? -1 : 0;
}

int shadow_find(struct lines *l, const struct shadow_edit *e, struct shadow_change *to)
{
	bool ended = true;
	int rc = 0, error = 0;

	memset(to, 0, offsetof(struct shadow_change, line));
	while (lines_next(l)) {
		to->whole += accounts_whole_line(l->line, l->len) && !l->cut;
		ended = l->ended;
		if (to->there || !accounts_is_line_of(l->line, l->len, e->name))
			continue;
		rc = change_line(l, e, to);
		error = errno;
	}
	errno = l->error ? l->error : error;
	if (l->error || rc)
		return -1;
	return to->there ? 0 : add_line(l, ended, e, to);
}

void shadow_release(char *data, size_t len)
{
	int error = errno;

	if (data) {
		explicit_bzero(data, len);
		path_release(data, len);
	}
	errno = error;
}

/* Is the old shadow, of so many whole lines, worse than what lies in shadow-? Of one that nobody
 * can read nobody can tell. */
static bool backup_is_better(const struct target *t, unsigned whole)
{
	unsigned there = 0;
	struct lines l;

	if (lines_open(&l, t->fd, SHADOW "-")) {
		if (errno == ENOENT)
			return false;
		log_line("shadow- not written: %s", strerror(errno));
		return true;
	}
	while (there <= whole && lines_next(&l))
		there += accounts_whole_line(l.line, l.len) && !l.cut;
	if (l.error)
		log_line("shadow- not written: %s", strerror(l.error));
	else if (there > whole)
		log_line("shadow- stays: what it holds is better than the present shadow");
	lines_close(&l);
	return l.error || there > whole;
}

/* The first shadow of a system without one. */
static int create(struct journal *j, const struct shadow_edit *e)
{
	static const struct file_attr fresh = {.set_mode = true, .mode = 0600};
	struct shadow_change c;
	struct lines none;
	int rc;

	lines_start(&none, -1);
	rc = add_line(&none, true, e, &c) || file_replace(j, SHADOW, c.s.data, c.s.len, &fresh) ? -1
												: 0;
	explicit_bzero(c.line, sizeof c.line);
	return rc;
}

int shadow_write(const struct target *t, struct journal *j, const struct shadow_edit *e)
{
	struct file_backup backup = {SHADOW "-", {.set_mode = true, .set_owner = true}};
	struct shadow_change c;
	struct lines l;
	struct stat st;
	int rc = -1;

	if (lines_open(&l, t->fd, SHADOW))
		return errno == ENOENT ? create(j, e) : -1;
	if (fstat(l.fd, &st) || shadow_find(&l, e, &c))
		goto out;
	backup.attr.mode = st.st_mode & 0640;
	backup.attr.uid = st.st_uid;
	backup.attr.gid = st.st_gid;
	rc = 0;
	/* with the same again the older one is worth more */
	if (!c.none)
		rc = file_splice(j, SHADOW, l.fd, &c.s,
				 backup_is_better(t, c.whole) ? NULL : &backup);
out:
	explicit_bzero(c.line, sizeof c.line);
	lines_close(&l);
	return rc;
}

static bool is_there(const struct lines *l, const struct splice *s)
{
	return s->drop == s->len && !memcmp(l->line + (s->at - l->at), s->data, s->len);
}

int shadow_write_passwd(const struct target *t, struct journal *j, const struct account_edit *e)
{
	struct lines l;
	struct splice s;
	int rc = -1;

	if (lines_open(&l, t->fd, PASSWD))
		return -1;
	if (accounts_find_field(&l, e, &s) == 0)
		rc = is_there(&l, &s) ? 0 : file_splice(j, PASSWD, l.fd, &s, NULL);
	else if (l.cut)
		log_line(PASSWD " line %u is too long to edit", l.number);
	lines_close(&l);
	return rc;
}

struct shadow_edit shadow_new_hash(const struct account *a, const char *hash, long today)
{
	struct shadow_edit e = {.name = a->name, .hash = hash};

	if (today >= 0)
		snprintf(e.lastchg, sizeof e.lastchg, "%ld", today);
	/* 0 would force a change at the prompt; without a clock, no date is better than a wrong one
	 */
	e.set_lastchg = today >= 0 || a->lastchg == 0;
	return e;
}

int shadow_point(const struct target *t, struct journal *j, const struct account *a)
{
	return a->shadow_line || a->in_shadow
		   ? 0
		   : shadow_write_passwd(t, j, &(struct account_edit){a->name, 1, "x"});
}
