#include "target/accounts_text.h"

#include "base/buf.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static bool good_name(const char *name)
{
	return *name && !strchr("+-#", *name) && !strpbrk(name, ":\n");
}

int accounts_line(const char *data, size_t len, const char *name, size_t *start, size_t *end)
{
	const char *p = data, *line;
	size_t n, want = strlen(name);

	while (good_name(name) && line_next(&p, data + len, &line, &n)) {
		if (n <= want || memcmp(line, name, want) || line[want] != ':')
			continue;
		*start = (size_t)(line - data);
		*end = *start + n;
		return 0;
	}
	errno = ENOENT;
	return -1;
}

int accounts_field(const char *line, size_t len, unsigned n, const char **field, size_t *flen)
{
	const char *end = line + len, *colon;

	for (; n; n--) {
		colon = memchr(line, ':', (size_t)(end - line));
		if (!colon)
			return -1;
		line = colon + 1;
	}
	colon = memchr(line, ':', (size_t)(end - line));
	*field = line;
	*flen = (size_t)((colon ? colon : end) - line);
	return 0;
}

int accounts_set_field(const char *data, size_t len, const struct account_edit *e, char *dst,
		       size_t cap, size_t *out)
{
	size_t start, end, flen, vlen = strlen(e->value), before, after;
	const char *field;

	if (accounts_line(data, len, e->name, &start, &end))
		return -1;
	if (accounts_field(data + start, end - start, e->field, &field, &flen)) {
		errno = ERANGE;
		return -1;
	}
	before = (size_t)(field - data);
	after = len - before - flen;
	if (vlen > cap || before > cap - vlen || after > cap - vlen - before) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(dst, data, before);
	memcpy(dst + before, e->value, vlen);
	memcpy(dst + before + vlen, field + flen, after);
	*out = before + vlen + after;
	return 0;
}

unsigned accounts_fields(const char *line, size_t len)
{
	unsigned n = 1;

	for (size_t i = 0; i < len; i++)
		n += line[i] == ':';
	return n;
}

int accounts_copy_field(const char *line, size_t len, unsigned n, char *dst, size_t cap)
{
	const char *field;
	size_t flen;

	if (accounts_field(line, len, n, &field, &flen) || flen >= cap || memchr(field, 0, flen))
		return -1;
	memcpy(dst, field, flen);
	dst[flen] = 0;
	return 0;
}

static long number_field(const char *line, size_t len, unsigned n)
{
	char text[24];
	long v;

	if (accounts_copy_field(line, len, n, text, sizeof text) ||
	    str_number(text, 0, LONG_MAX, &v))
		return -1;
	return v;
}

static void judge_hash(const char *hash, struct account *a)
{
	const char *h = hash + strspn(hash, "!*");
	/* words of other systems' tools for an account without a password to log in with */
	bool word = !strcmp(h, "x") || !strcmp(h, "NP") || !strcmp(h, "LK");

	a->locked = h != hash || word;
	a->empty = !*hash;
	a->method = hash_identify(h);
	/* "*LK*", "!!", "*" say locked and nothing more */
	a->damaged = *h && a->method == HASH_NONE && *hash != '*' && !word;
}

int accounts_parse_passwd(const char *line, size_t len, struct account *a)
{
	char password[HASH_CAP];
	long uid, gid;

	*a = (struct account){
	    .lastchg = -1, .min = -1, .max = -1, .warn = -1, .inactive = -1, .expire = -1};
	uid = number_field(line, len, 2);
	gid = number_field(line, len, 3);
	if (accounts_copy_field(line, len, 0, a->name, sizeof a->name) || !good_name(a->name) ||
	    accounts_fields(line, len) != 7 || uid < 0 || uid >= UINT_MAX || gid < 0 ||
	    gid >= UINT_MAX || accounts_copy_field(line, len, 5, a->home, sizeof a->home) ||
	    accounts_copy_field(line, len, 6, a->shell, sizeof a->shell) ||
	    accounts_copy_field(line, len, 1, password, sizeof password)) {
		errno = EINVAL;
		return -1;
	}
	a->uid = (uid_t)uid;
	a->gid = (gid_t)gid;
	a->in_shadow = !strcmp(password, "x") || str_starts(password, "##");
	if (!a->in_shadow)
		judge_hash(password, a);
	explicit_bzero(password, sizeof password);
	return 0;
}

void accounts_parse_shadow(const char *line, size_t len, struct account *a)
{
	char hash[HASH_CAP];

	if (accounts_copy_field(line, len, 1, hash, sizeof hash))
		a->damaged = true;
	else
		judge_hash(hash, a);
	explicit_bzero(hash, sizeof hash);
	if (accounts_fields(line, len) != 9)
		a->damaged = true;
	a->lastchg = number_field(line, len, 2);
	a->min = number_field(line, len, 3);
	a->max = number_field(line, len, 4);
	a->warn = number_field(line, len, 5);
	a->inactive = number_field(line, len, 6);
	a->expire = number_field(line, len, 7);
}

static bool in_list(const char *list, size_t len, const char *name)
{
	size_t want = strlen(name);
	const char *end = list + len, *comma;

	for (; list <= end; list = comma + 1) {
		comma = memchr(list, ',', (size_t)(end - list));
		if (!comma)
			comma = end;
		if ((size_t)(comma - list) == want && !memcmp(list, name, want))
			return true;
	}
	return false;
}

bool accounts_is_admin(const char *group, size_t len, const char *name, gid_t gid)
{
	static const char admins[][6] = {"wheel", "sudo", "admin"};
	const char *list;
	size_t start, end, n;

	for (unsigned i = 0; i < sizeof admins / sizeof *admins; i++) {
		if (accounts_line(group, len, admins[i], &start, &end))
			continue;
		if (number_field(group + start, end - start, 2) == (long)gid)
			return true;
		if (!accounts_field(group + start, end - start, 3, &list, &n) &&
		    in_list(list, n, name))
			return true;
	}
	return false;
}

/* The next word of [*p,end): blanks part words. */
static bool next_word(const char **p, const char *end, const char **word, size_t *len)
{
	while (*p < end && strchr(" \t\r", **p) && **p)
		++*p;
	*word = *p;
	while (*p < end && !(strchr(" \t\r", **p) && **p))
		++*p;
	*len = (size_t)(*p - *word);
	return *len > 0;
}

static bool is_word(const char *word, size_t len, const char *s)
{
	return len == strlen(s) && !memcmp(word, s, len);
}

int accounts_def(const char *data, size_t len, const char *key, char *dst, size_t cap)
{
	const char *p = data, *line, *word, *q;
	size_t n, w;
	int rc = -1;

	while (line_next(&p, data + len, &line, &n)) {
		q = line;
		if (!next_word(&q, line + n, &word, &w) || !is_word(word, w, key) ||
		    !next_word(&q, line + n, &word, &w) || w >= cap || memchr(word, 0, w))
			continue;
		memcpy(dst, word, w);
		dst[w] = 0;
		rc = 0; /* the last one counts */
	}
	return rc;
}

/* Does the word end in pam_unix.so, with or without its folder? */
static bool is_pam_unix(const char *word, size_t len)
{
	static const char name[] = "pam_unix.so";
	size_t n = sizeof name - 1;

	return len >= n && !memcmp(word + len - n, name, n) &&
	       (len == n || word[len - n - 1] == '/');
}

static enum hash_method word_method(const char *word, size_t len)
{
	char name[24];

	if (len >= sizeof name)
		return HASH_NONE;
	memcpy(name, word, len);
	name[len] = 0;
	return hash_by_name(!strcmp(name, "blowfish") ? "bcrypt" : name);
}

enum hash_method accounts_pam_method(const char *data, size_t len)
{
	const char *p = data, *line, *word, *q;
	enum hash_method m;
	size_t n, w;
	bool found;

	while (line_next(&p, data + len, &line, &n)) {
		q = line;
		if (!next_word(&q, line + n, &word, &w) ||
		    (!is_word(word, w, "password") && !is_word(word, w, "-password")))
			continue;
		for (found = false; next_word(&q, line + n, &word, &w) && *word != '#';) {
			if (found && (m = word_method(word, w)) != HASH_NONE)
				return m;
			found |= is_pam_unix(word, w);
		}
	}
	return HASH_NONE;
}

unsigned accounts_whole_lines(const char *data, size_t len)
{
	const char *p = data, *line;
	unsigned whole = 0;
	size_t n;

	while (line_next(&p, data + len, &line, &n))
		whole += n && *line != ':' && accounts_fields(line, n) == 9;
	return whole;
}

bool accounts_login_shell(const char *shell)
{
	static const char none[][9] = {"nologin", "false", "true", "sync", "halt", "shutdown"};
	const char *base = strrchr(shell, '/');

	base = base ? base + 1 : shell;
	for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
		if (!strcmp(base, none[i]))
			return false;
	return true;
}
