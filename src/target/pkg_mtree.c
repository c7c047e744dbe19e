#include "target/pkg_text.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int octal(const char *p)
{
	int n = 0;

	for (int i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '7')
			return -1;
		n = n << 3 | (p[i] - '0');
	}
	return n & 0xff;
}

/* What is written "\040" is a blank. False: it does not fit, or holds a NUL. */
static bool plain(const char *text, size_t n, char to[PATH_CAP])
{
	size_t len = 0;

	for (size_t i = 0; i < n && len < PATH_CAP - 1; i++) {
		int c = n - i > 3 && text[i] == '\\' ? octal(text + i + 1) : -1;

		to[len++] = c < 0 ? text[i] : (char)c;
		i += c < 0 ? 0 : 3;
		if (!to[len - 1])
			return false;
	}
	to[len] = '\0';
	return len < PATH_CAP - 1;
}

static enum pkg_kind kind(const char *value)
{
	return !strcmp(value, "file")	? PKG_FILE
	       : !strcmp(value, "dir")	? PKG_FOLDER
	       : !strcmp(value, "link") ? PKG_LINK
					: PKG_ANY;
}

/* The shorter digest is the quicker one, and as good against damage. */
static void digest(struct pkg_entry *e, enum digest_size size, const char *value)
{
	if (e->nsum != DIGEST_MD5 && !digest_from_hex(value, size, e->sum))
		e->nsum = size;
}

static void number(struct pkg_entry *e, const char *key, const char *value)
{
	char *end;
	long long n = strtoll(value, &end, !strcmp(key, "mode") ? 8 : 10);

	if (n < 0 || end == value)
		return;
	if (!strcmp(key, "time")) {
		e->mtime = (time_t)n;
	} else if (!strcmp(key, "size")) {
		e->sized = true;
		e->size = (off_t)n;
	} else if (!strcmp(key, "mode")) {
		e->bits = 07777;
		e->own.mode = (mode_t)n & e->bits;
	} else if (!strcmp(key, "uid")) {
		snprintf(e->own.user, sizeof e->own.user, "%lld", n);
	} else if (!strcmp(key, "gid")) {
		snprintf(e->own.group, sizeof e->own.group, "%lld", n);
	}
}

/* "key=value" */
static void keyword(struct pkg_mtree *m, struct pkg_entry *e, const char *word, size_t n)
{
	char key[128], *value;

	if (n > 5 && !memcmp(word, "link=", 5)) {
		e->link = plain(word + 5, n - 5, m->link) ? m->link : NULL;
		return;
	}
	snprintf(key, sizeof key, "%.*s", (int)n, word);
	if (!(value = strchr(key, '=')))
		return;
	*value++ = '\0';
	if (!strcmp(key, "type"))
		e->kind = kind(value);
	else if (!strcmp(key, "md5digest"))
		digest(e, DIGEST_MD5, value);
	else if (!strcmp(key, "sha256digest"))
		digest(e, DIGEST_SHA256, value);
	else
		number(e, key, value);
}

/* What counts is what its type has. A package's own files, ".PKGINFO", lie beside the rest. */
static bool settle(struct pkg_mtree *m, struct pkg_entry *e)
{
	e->path = m->path;
	if (e->kind != PKG_FILE) {
		e->sized = false;
		e->nsum = 0;
		e->mtime = 0;
	}
	if (e->kind != PKG_LINK)
		e->link = NULL;
	else
		e->bits = 0;
	return m->path[1] && (m->path[1] != '.' || strchr(m->path + 1, '/'));
}

static bool next_word(const char **p, const char *end, const char **word, size_t *n)
{
	while (*p < end && (**p == ' ' || **p == '\t'))
		++*p;
	*word = *p;
	while (*p < end && **p != ' ' && **p != '\t')
		++*p;
	*n = (size_t)(*p - *word);
	return *n != 0;
}

bool pkg_mtree_line(struct pkg_mtree *m, const char *line, size_t n, struct pkg_entry *e)
{
	const char *p = line, *end = line + n, *word;
	bool set;

	*e = m->set;
	if (!next_word(&p, end, &word, &n))
		return false;
	set = n == 4 && !memcmp(word, "/set", 4);
	if (!set && (n < 3 || memcmp(word, "./", 2) || !plain(word + 1, n - 1, m->path)))
		return false;
	while (next_word(&p, end, &word, &n))
		keyword(m, set ? &m->set : e, word, n);
	return !set && settle(m, e);
}
