#include "target/inittab.h"

#include "target/init_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct entry {
	char field[3][16]; /* id, runlevels, action */
	const char *process;
	size_t plen;
};

/* id:runlevels:action:process. False: a comment, or no such line. */
static bool parse(const char *line, size_t len, struct entry *e)
{
	const char *end = line + len;

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	for (int i = 0; i < 3; i++) {
		const char *colon = memchr(line, ':', (size_t)(end - line));
		size_t n = colon ? (size_t)(colon - line) : sizeof e->field[i];

		if (n >= sizeof e->field[i] || (n && *line == '#'))
			return false;
		memcpy(e->field[i], line, n);
		e->field[i][n] = '\0';
		line = colon + 1;
	}
	e->process = line;
	e->plen = (size_t)(end - line);
	return true;
}

static bool contains(const struct entry *e, const char *word)
{
	return memmem(e->process, e->plen, word, strlen(word)) != NULL;
}

/* Does one of the process's words name the terminal? Busybox's id does too. */
static bool is_on(const struct entry *e, const char *tty)
{
	const char *p = e->process, *end = p + e->plen;
	char word[32];

	if (init_tty_is(e->field[0], tty) && !e->field[1][0])
		return true;
	while (p < end) {
		size_t n = 0;

		while (p + n < end && !strchr(" \t\r", p[n]))
			n++;
		snprintf(word, sizeof word, "%.*s", (int)n, p);
		if (init_tty_is(str_starts(word, "/dev/") ? word + 5 : word, tty))
			return true;
		p += n + 1;
	}
	return false;
}

static bool is_getty(const struct entry *e, const char *tty, char level)
{
	return (!strcmp(e->field[2], "respawn") || !strcmp(e->field[2], "askfirst")) &&
	       (contains(e, "getty") || contains(e, "login")) && is_on(e, tty) &&
	       (!e->field[1][0] || !level || strchr(e->field[1], level));
}

char inittab_level(const char *data, size_t len)
{
	const char *p = data, *line;
	size_t n;
	struct entry e;
	char level = 0;

	while (line_next(&p, data + len, &line, &n))
		if (parse(line, n, &e) && !strcmp(e.field[2], "initdefault"))
			level = e.field[1][0];
	return level;
}

bool inittab_getty(const char *data, size_t len, const char *tty)
{
	const char *p = data, *line;
	char level = inittab_level(data, len);
	size_t n;
	struct entry e;

	while (line_next(&p, data + len, &line, &n))
		if (parse(line, n, &e) && is_getty(&e, tty, level))
			return true;
	return false;
}

static bool has_id(const char *data, size_t len, const char *id)
{
	const char *p = data, *line;
	size_t n;
	struct entry e;

	while (line_next(&p, data + len, &line, &n))
		if (parse(line, n, &e) && !strcmp(e.field[0], id))
			return true;
	return false;
}

/* Where the text of a commented getty line on tty begins, NULL none. Its id may be in use since. */
static const char *commented(const char *data, size_t len, const char *tty, const char **hash)
{
	const char *p = data, *line;
	char level = inittab_level(data, len);
	size_t n;
	struct entry e;

	while (line_next(&p, data + len, &line, &n)) {
		*hash = line;
		while (n && strchr("# \t", *line))
			line++, n--;
		if (line > *hash && **hash == '#' && parse(line, n, &e) &&
		    is_getty(&e, tty, level) && !has_id(data, len, e.field[0]))
			return line;
	}
	return NULL;
}

int inittab_add(const char *data, size_t len, const struct inittab_new *new, struct buf *dst)
{
	const char *hash = NULL, *at = commented(data, len, new->tty, &hash);
	char level = inittab_level(data, len), id[8] = "R0";
	bool vt = init_tty_is(new->tty, "");

	if (at) {
		buf_add(dst, data, (size_t)(hash - data));
		buf_add(dst, at, (size_t)(data + len - at));
	} else {
		while (has_id(data, len, id) && id[1] < '9')
			id[1]++;
		buf_add(dst, data, len);
		if (len && data[len - 1] != '\n')
			buf_adds(dst, "\n");
		if (new->busybox)
			buf_addf(dst, "%s::respawn:%s 38400 %s\n", new->tty, new->program,
				 new->tty);
		else
			buf_addf(dst, "%s:%s%.1s:respawn:%s %s %s %s\n", id, "2345",
				 level && strchr("2345", level) ? "" : &level, new->program,
				 vt ? "38400" : "-L 115200", new->tty, vt ? "linux" : "vt100");
	}
	if (!dst->cut)
		return 0;
	errno = ENOSPC;
	return -1;
}
