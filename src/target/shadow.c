#include "target/shadow.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "target/accounts_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

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

bool shadow_backup_worse(const char *old, size_t len, const char *backup, size_t blen)
{
	return backup && accounts_whole_lines(old, len) < accounts_whole_lines(backup, blen);
}

/* The content with [start,end) replaced by a fresh line. */
static int new_line(const char *data, size_t len, const struct shadow_edit *e, struct buf *b)
{
	size_t start = len, end = len;

	if (accounts_line(data, len, e->name, &start, &end))
		start = end = len;
	buf_add(b, data, start);
	if (start == len && len && data[len - 1] != '\n')
		buf_adds(b, "\n");
	buf_addf(b, "%s:%s:%s:0:99999:7:::", e->name, e->hash, e->lastchg);
	if (start == len)
		buf_adds(b, "\n");
	buf_add(b, data + end, len - end);
	return 0;
}

static bool whole(const char *data, size_t len, const char *name)
{
	size_t start, end;

	return !accounts_line(data, len, name, &start, &end) &&
	       accounts_fields(data + start, end - start) == 9;
}

/* Take the marks off the hash in name's line of to. */
static void unlock(const char *name, const struct shadow_bytes *to)
{
	size_t start, end, n, marks = 0;
	const char *hash;

	if (accounts_line(to->p, *to->len, name, &start, &end) ||
	    accounts_field(to->p + start, end - start, 1, &hash, &n))
		return;
	while (marks < n && (hash[marks] == '!' || hash[marks] == '*'))
		marks++;
	start = (size_t)(hash - to->p);
	memmove(to->p + start, to->p + start + marks, *to->len - start - marks);
	*to->len -= marks;
}

/* One field after the other, between two halves of the memory. */
static int set_fields(const char *data, size_t len, const struct shadow_edit *e,
		      const struct shadow_bytes *to)
{
	const struct {
		bool on;
		struct account_edit edit;
	} steps[] = {
	    {e->hash != NULL, {e->name, 1, e->hash}},
	    {e->set_lastchg, {e->name, 2, e->lastchg}},
	    {e->clear_expire, {e->name, 7, ""}},
	};
	char *other = shadow_memory(to->cap);
	int rc = other ? 0 : -1;

	if (len > to->cap)
		rc = -1;
	if (rc == 0)
		memcpy(to->p, data, len);
	*to->len = len;
	if (rc == 0 && e->unlock)
		unlock(e->name, to);
	for (unsigned i = 0; rc == 0 && i < sizeof steps / sizeof *steps; i++) {
		if (!steps[i].on)
			continue;
		rc = accounts_set_field(to->p, *to->len, &steps[i].edit, other, to->cap, to->len);
		if (rc == 0)
			memcpy(to->p, other, *to->len);
	}
	shadow_memory_release(other, to->cap);
	return rc;
}

int shadow_edit(const char *data, size_t len, const struct shadow_edit *e,
		const struct shadow_bytes *to)
{
	struct buf b = {.p = to->p, .cap = to->cap};

	if (whole(data, len, e->name))
		return set_fields(data, len, e, to);
	if (!e->hash) {
		errno = ENOENT;
		return -1;
	}
	new_line(data, len, e, &b);
	*to->len = b.len;
	errno = ENOSPC;
	return b.cut ? -1 : 0;
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

/* Keep the old shadow as shadow-, unless what lies there is better, or nobody can tell. */
static void keep_backup(const struct target *t, struct journal *j, const char *old, size_t len)
{
	size_t blen = 0;
	char *backup = path_slurp(t->fd, "/etc/shadow-", SHADOW_MOST, &blen);
	struct stat st;
	struct file_attr attr = {.set_mode = true, .set_owner = true};

	if ((!backup && errno != ENOENT) || path_stat(t->fd, "/etc/shadow", true, &st)) {
		log_line("shadow- not written: %s", strerror(errno));
	} else if (shadow_backup_worse(old, len, backup, blen)) {
		log_line("shadow- stays: what it holds is better than the present shadow");
	} else {
		attr.mode = st.st_mode & 0640;
		attr.uid = st.st_uid;
		attr.gid = st.st_gid;
		if (file_replace(j, "/etc/shadow-", old, len, &attr))
			log_line("shadow- not written: %s", strerror(errno));
	}
	shadow_release(backup, blen);
}

int shadow_write(const struct target *t, struct journal *j, const struct shadow_edit *e)
{
	static const struct file_attr fresh = {.set_mode = true, .mode = 0600};
	size_t len = 0, cap, out;
	char *old = path_slurp(t->fd, "/etc/shadow", SHADOW_MOST, &len), *now;
	int rc = -1;

	if (!old && errno != ENOENT)
		return -1;
	cap = len + 2 * HASH_CAP;
	now = shadow_memory(cap);
	if (now && !shadow_edit(old ? old : "", len, e, &(struct shadow_bytes){now, cap, &out})) {
		/* with the same again the older one is worth more */
		if (old && (out != len || memcmp(old, now, len)))
			keep_backup(t, j, old, len);
		rc = file_replace(j, "/etc/shadow", now, out, old ? NULL : &fresh);
	}
	shadow_memory_release(now, cap);
	shadow_release(old, len);
	return rc;
}

int shadow_write_passwd(const struct target *t, struct journal *j, const struct account_edit *e)
{
	size_t len, cap, out;
	char *old = path_slurp(t->fd, "/etc/passwd", SHADOW_MOST, &len), *now;
	int rc = -1;

	if (!old)
		return -1;
	cap = len + strlen(e->value);
	now = shadow_memory(cap);
	if (now && !accounts_set_field(old, len, e, now, cap, &out))
		rc = file_replace(j, "/etc/passwd", now, out, NULL);
	shadow_memory_release(now, cap);
	shadow_release(old, len);
	return rc;
}
