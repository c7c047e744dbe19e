#include "target/selinux.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/distro.h"

#include <stdio.h>
#include <string.h>

#define STEPS 2000
#define CONTEXTS_MAX (8u << 20)

/* --- patterns: by backtracking, what follows a group is a list */

struct rest {
	const char *p, *end;
	const struct rest *next;
};

struct match {
	unsigned steps;
};

static bool any_of(struct match *m, const char *p, const char *end, const char *s,
		   const struct rest *k);

/* The end of the atom at p: a group or class with its bracket, an escaped byte, a byte. */
static const char *atom_end(const char *p, const char *end)
{
	int depth = 0;

	if (*p == '[') {
		const char *close = p + 1 < end ? memchr(p + 2, ']', (size_t)(end - p - 2)) : NULL;

		return close ? close + 1 : end;
	}
	do {
		depth += *p == '(';
		depth -= *p == ')';
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	} while (p < end && depth > 0);
	return p;
}

static bool in_class(const char *p, const char *end, unsigned char c)
{
	bool negated = *p == '^', found = false;

	for (p += negated; p < end; p++) {
		unsigned char from = (unsigned char)*p, to = from;

		if (end - p > 2 && p[1] == '-') {
			to = (unsigned char)p[2];
			p += 2;
		}
		found |= c >= from && c <= to;
	}
	return found != negated;
}

static bool is_one(const char *p, const char *end, char c)
{
	if (!c)
		return false;
	if (*p == '.')
		return true;
	if (*p == '[')
		return end - p > 2 && in_class(p + 1, end - 1, (unsigned char)c);
	return end[-1] == c && (end - p == 1 || *p == '\\');
}

static bool here(struct match *m, const char *p, const char *end, const char *s,
		 const struct rest *k)
{
	const struct rest again = {p, end, k};
	struct rest after = {end, end, k};
	const char *atom;
	size_t most, least;
	char times;

	if (++m->steps > STEPS)
		return false;
	if (p == end)
		return k ? here(m, k->p, k->end, s, k->next) : !*s;
	atom = atom_end(p, end);
	times = atom < end && strchr("*+?", *atom) ? *atom : '1';
	after.p = atom + (times != '1');
	if (*p == '(' && (atom - p < 2 || atom[-1] != ')'))
		return false;
	if (*p == '(')
		return ((times == '*' || times == '?') && here(m, after.p, end, s, k)) ||
		       any_of(m, p + 1, atom - 1, s, &after) ||
		       ((times == '*' || times == '+') && any_of(m, p + 1, atom - 1, s, &again));
	least = times == '1' || times == '+';
	for (most = 0; is_one(p, atom, s[most]) && (most == 0 || strchr("*+", times));)
		most++;
	for (size_t n = most + 1; n-- > least;)
		if (here(m, after.p, end, s + n, k))
			return true;
	return false;
}

/* One of the alternatives of a group. */
static bool any_of(struct match *m, const char *p, const char *end, const char *s,
		   const struct rest *k)
{
	const char *from = p;

	for (; p < end; p = atom_end(p, end))
		if (*p == '|') {
			if (here(m, from, p, s, k))
				return true;
			from = p + 1;
		}
	return here(m, from, end, s, k);
}

bool selinux_matches(const char *pattern, size_t len, const char *path)
{
	struct match m = {0};

	return len && any_of(&m, pattern, pattern + len, path, NULL);
}

/* --- file_contexts */

static size_t word(const char **p, const char *end, const char **at)
{
	while (*p < end && strchr(" \t\r", **p))
		++*p;
	*at = *p;
	while (*p < end && !strchr(" \t\r", **p))
		++*p;
	return (size_t)(*p - *at);
}

static void take_line(const char *line, size_t len, struct selinux_query *q)
{
	const char *end = line + len, *pattern, *type, *context;
	size_t n = word(&line, end, &pattern), k = word(&line, end, &type),
	       c = word(&line, end, &context);
	bool exact;

	if (!n || !k || *pattern == '#')
		return;
	if (!c) {
		context = type;
		c = k;
	} else if (k != 2 || memcmp(type, "--", 2)) {
		return;
	}
	exact = n == strlen(q->path) && !memcmp(pattern, q->path, n);
	if (c < sizeof q->context &&
	    (exact || (!q->exact && selinux_matches(pattern, n, q->path)))) {
		memcpy(q->context, context, c);
		q->context[c] = '\0';
		q->exact = exact;
	}
}

void selinux_find(const char *data, size_t len, struct selinux_query *q)
{
	const char *p = data, *line;
	size_t n;

	while (line_next(&p, data + len, &line, &n))
		take_line(line, n, q);
}

static const char *type_of(const char *context)
{
	for (int i = 0; context && i < 2; i++) {
		context = strchr(context, ':');
		context = context ? context + 1 : NULL;
	}
	return context ? context : "";
}

bool selinux_same_type(const char *a, const char *b)
{
	const char *x = type_of(a), *y = type_of(b);
	size_t n = strcspn(x, ":");

	return n && n == strcspn(y, ":") && !memcmp(x, y, n);
}

int selinux_contexts(const struct target *t, struct selinux_query *q, unsigned n)
{
	static const char files[][20] = {"file_contexts", "file_contexts.local"};
	char config[8192], policy[64], path[160];
	ssize_t got = path_read(t->fd, "/etc/selinux/config", config, sizeof config);
	int rc = -1;

	if (got < 0 || distro_release(config, (size_t)got, "SELINUXTYPE", policy, sizeof policy) ||
	    strchr(policy, '/'))
		return -1;
	for (int i = 0; i < 2; i++) {
		size_t len;
		char *data;

		snprintf(path, sizeof path, "/etc/selinux/%s/contexts/files/%s", policy, files[i]);
		data = path_slurp(t->fd, path, CONTEXTS_MAX, &len);
		if (!data)
			continue;
		for (unsigned k = 0; k < n; k++)
			selinux_find(data, len, &q[k]);
		path_release(data, len);
		rc = 0;
	}
	return rc;
}
