#include "phases/p4_text.h"

#include "base/buf.h"
#include "target/accounts_text.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

char *p4_memory(size_t cap)
{
	void *p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void p4_memory_release(char *p, size_t cap)
{
	if (!p)
		return;
	explicit_bzero(p, cap);
	munmap(p, cap);
}

bool p4_backup_worse(const char *old, size_t len, const char *backup, size_t blen)
{
	return backup && accounts_whole_lines(old, len) < accounts_whole_lines(backup, blen);
}

/* The content with [start,end) replaced by a fresh line. */
static int new_line(const char *data, size_t len, const struct p4_edit *e, struct buf *b)
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

/* One field after the other, between two halves of the memory. */
static int set_fields(const char *data, size_t len, const struct p4_edit *e,
		      const struct p4_bytes *to)
{
	const struct {
		bool on;
		struct account_edit edit;
	} steps[] = {
	    {e->hash != NULL, {e->name, 1, e->hash}},
	    {e->set_lastchg, {e->name, 2, e->lastchg}},
	    {e->clear_inactive, {e->name, 6, ""}},
	    {e->clear_expire, {e->name, 7, ""}},
	};
	char *other = p4_memory(to->cap);
	int rc = other ? 0 : -1;

	if (len > to->cap)
		rc = -1;
	if (rc == 0)
		memcpy(to->p, data, len);
	*to->len = len;
	for (unsigned i = 0; rc == 0 && i < sizeof steps / sizeof *steps; i++) {
		if (!steps[i].on)
			continue;
		rc = accounts_set_field(to->p, *to->len, &steps[i].edit, other, to->cap, to->len);
		if (rc == 0)
			memcpy(to->p, other, *to->len);
	}
	p4_memory_release(other, to->cap);
	return rc;
}

int p4_shadow_edit(const char *data, size_t len, const struct p4_edit *e, const struct p4_bytes *to)
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
