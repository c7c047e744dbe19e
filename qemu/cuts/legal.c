#include "legal.h"

#include "tree.h"

#include <stdio.h>
#include <string.h>

struct question {
	const struct log *l;
	const char *tree;
	const unsigned *range;
	bool grows, undone;
	char *why;
	size_t cap;
};

static bool has(const char *path, int len, const char *part)
{
	size_t n = strlen(part);

	for (int i = 0; i + (int)n <= len; i++)
		if (!memcmp(path + i, part, n))
			return true;
	return false;
}

static bool counts(const struct question *q, const char *path, int len)
{
	static const char *const other[] = {"/var/lib/rd-recovery", "/lost+found", "/boot"};

	for (int i = 0; i < 3 && !q->grows; i++)
		if (len >= (int)strlen(other[i]) && !memcmp(path, other[i], strlen(other[i])))
			return false;
	if (has(path, len, "/.rd-recovery."))
		return q->undone;
	return q->grows || !has(path, len, "-recovery-logs-");
}

static bool same(const char *a, int alen, const char *b, int blen)
{
	return a && b ? alen == blen && !memcmp(a, b, (size_t)alen) : !a && !b;
}

/* What stands at the path behind so many marks; where the cut can be right at the last of them,
 * only what it says. */
static bool holds(const struct question *q, const char *path, int len, unsigned marks)
{
	const char *const *m = (const char *const *)q->l->marks;
	int nlen = 0, alen = 0, blen = 0, olen = 0;
	const char *now = tree_line(q->tree, path, len, &nlen);
	const char *a = tree_line(m[marks - 1], path, len, &alen), *b = a;

	blen = alen;
	if (marks < q->l->nmarks && marks <= q->range[0])
		b = tree_line(m[marks], path, len, &blen);
	if (q->grows && !same(a, alen, b, blen) && !tree_line(m[0], path, len, &olen))
		return true;
	return same(now, nlen, a, alen) || same(now, nlen, b, blen);
}

static bool path_holds(const struct question *q, const char *path, int len)
{
	for (unsigned marks = q->range[0] ? q->range[0] : 1; marks <= q->range[1]; marks++) {
		int nlen = 0;
		const char *now = tree_line(q->tree, path, len, &nlen);

		if (holds(q, path, len, marks))
			continue;
		snprintf(q->why, q->cap, "behind mark %u: %.*s%s", marks, now ? nlen : len,
			 now ? now : path, now ? "" : " is not there");
		return false;
	}
	return true;
}

static bool paths_hold(const struct question *q, const char *text)
{
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1) {
		int len = (int)strcspn(p, " ");

		if (counts(q, p, len) && !path_holds(q, p, len))
			return false;
	}
	return true;
}

bool legal_between(const struct log *l, const char *tree, const unsigned range[2], bool grows,
		   char *why, size_t cap)
{
	struct question q = {l, tree, range, grows, false, why, cap};

	for (unsigned i = 0; i < l->nmarks; i++)
		if (!paths_hold(&q, l->marks[i]))
			return false;
	return grows || paths_hold(&q, tree);
}

bool legal_undone(const struct log *l, const char *tree, char *why, size_t cap)
{
	struct log first = {.nmarks = 1, .marks = {l->marks[0]}};
	const unsigned range[2] = {1, 1};
	struct question q = {&first, tree, range, false, true, why, cap};

	return paths_hold(&q, first.marks[0]) && paths_hold(&q, tree);
}
