/* The journal's lines: any bytes, sealed here so that the parser sees them; what it takes, written
 * as the journal writes, is read as the same record; one byte more or less, and the seal is broken.
 */
#include "fuzz.h"

#include "base/journal.h"

static bool same(const struct inode *a, const struct inode *b)
{
	return !a->mode == !b->mode &&
	       (!a->mode ||
		(inode_same(a, b) && a->nlink == b->nlink && a->size == b->size &&
		 a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec));
}

static void torn(const char *line, size_t len, size_t at)
{
	char *copy = fuzz_copy((struct fuzz_part){line, len});

	CLAIM(journal_sealed(copy, len) == len - 21);
	copy[at % len] ^= 1;
	CLAIM(!journal_sealed(copy, len));
	copy[at % len] ^= 1;
	CLAIM(!journal_sealed(copy, len - 1));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record r, again;
	static char line[4096], more[3 * 4096];
	struct buf b = BUF_OF(line), c = BUF_OF(more);

	if (size > sizeof line - 40)
		return 0;
	/* as a hostile file has it, then with a seal that fits */
	if (record_parse((const char *)data, size, &r))
		CLAIM(journal_sealed((const char *)data, size));
	buf_add(&b, data, size);
	journal_seal(&b);
	b.len--; /* the newline is not the line's */
	torn(line, b.len, size * 7);
	if (!record_parse(line, b.len, &r))
		return 0;
	CLAIM(strlen(r.op) < sizeof r.op && strcmp(r.op, "undone"));
	/* an op with a blank or the like in it is none of the journal's */
	if (r.op[strspn(r.op, "abcdefghijklmnopqrstuvwxyz")])
		return 0;
	record_print(&c, &r);
	CLAIM(!c.cut && record_parse(more, c.len - 1, &again));
	CLAIM(r.seq == again.seq && !strcmp(r.op, again.op) && !strcmp(r.path, again.path));
	CLAIM(r.dirflags == again.dirflags && same(&r.old, &again.old) && same(&r.now, &again.now));
	return 0;
}
