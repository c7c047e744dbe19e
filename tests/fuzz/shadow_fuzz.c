/* shadow(5): "name|hash|lastchg|letters" on the first line (letters: u unlock, l lastchg, e expire,
 * h hash), then the text. */
#include "fuzz.h"

#include "target/accounts_text.h"
#include "target/shadow.h"

#include <errno.h>
#include <unistd.h>

static bool is_plain(const char *s)
{
	return !strpbrk(s, ":\n");
}

/* The fields of name's line; their number. */
static unsigned fields_of(struct fuzz_part text, const char *name, struct fuzz_part field[9])
{
	size_t start, end;
	struct fuzz_part in;
	unsigned n = 0;

	if (accounts_line(text.p, text.len, name, &start, &end))
		return 0;
	in = (struct fuzz_part){text.p + start, end - start};
	n = accounts_fields(in.p, in.len);
	for (unsigned i = 0; i < 9; i++)
		field[i] = fuzz_part(&in, ':');
	return n;
}

static bool is(struct fuzz_part part, const char *s)
{
	return part.len == strlen(s) && !memcmp(part.p, s, part.len);
}

static bool same(struct fuzz_part a, struct fuzz_part b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* All marks in front are gone, and nothing else. */
static bool unlocked(struct fuzz_part was, struct fuzz_part now)
{
	while (was.len && (*was.p == '!' || *was.p == '*'))
		was.p++, was.len--;
	return same(was, now);
}

/* Only what was asked for, only in the line that was named. */
static void judge(struct fuzz_part text, struct fuzz_part now, const struct shadow_edit *e)
{
	struct fuzz_part was[9], is_now[9];
	unsigned n = fields_of(text, e->name, was);
	size_t start = 0, end = 0;
	bool there = !accounts_line(text.p, text.len, e->name, &start, &end);

	CLAIM(fields_of(now, e->name, is_now) == 9);
	if (there)
		CLAIM(fuzz_lines_stay(text, now, fuzz_line_of(text.p, start)));
	else
		CLAIM(now.len > text.len && !memcmp(text.p, now.p, text.len));
	if (e->hash)
		CLAIM(is(is_now[1], e->hash));
	if (n != 9) /* a line written anew */
		return;
	if (!e->hash && !e->unlock)
		CLAIM(same(was[1], is_now[1]));
	if (!e->hash && e->unlock)
		CLAIM(unlocked(was[1], is_now[1]));
	for (unsigned i = 2; i < 9; i++)
		if (i == 2 && e->set_lastchg)
			CLAIM(is(is_now[i], e->lastchg));
		else if (i == 7 && e->clear_expire)
			CLAIM(!is_now[i].len);
		else
			CLAIM(same(was[i], is_now[i]));
}

static void edit(struct fuzz_part in, const struct shadow_edit *e)
{
	struct shadow_change c;
	struct fuzz_part now;
	int fd = fuzz_fd(in);
	struct lines l;

	lines_start(&l, fd);
	if (shadow_find(&l, e, &c) == 0) {
		now = fuzz_spliced(fd, &c.s);
		judge(in, now, e);
		CLAIM(c.none == (now.len == in.len && !memcmp(now.p, in.p, in.len)));
		free((char *)now.p);
	} else {
		CLAIM((errno == ENOENT && !e->hash) || errno == EMSGSIZE);
	}
	lines_close(&l);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	char name[32], hash[64], letters[8];
	struct shadow_edit e = {.name = name};
	char *copy = fuzz_copy(in);

	in.p = copy;
	fuzz_word(&head, '|', name, sizeof name);
	fuzz_word(&head, '|', hash, sizeof hash);
	fuzz_word(&head, '|', e.lastchg, sizeof e.lastchg);
	fuzz_word(&head, '|', letters, sizeof letters);
	e.hash = strchr(letters, 'h') ? hash : NULL;
	e.unlock = strchr(letters, 'u');
	e.set_lastchg = strchr(letters, 'l');
	e.clear_expire = strchr(letters, 'e');
	/* who calls names an account that a passwd line has, and a hash that crypt made */
	if (*name && !strchr("+-#", *name) && is_plain(name) && is_plain(hash) &&
	    is_plain(e.lastchg))
		edit(in, &e);
	free(copy);
	return 0;
}
