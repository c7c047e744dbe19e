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
	size_t n;

	while (line_next(&p, data + len, &line, &n)) {
		if (!accounts_is_line_of(line, n, name))
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

bool accounts_is_line_of(const char *line, size_t len, const char *name)
{
	size_t want = strlen(name);

	return len > want && line[want] == ':' && !memcmp(line, name, want) && good_name(name);
}

bool accounts_find(struct lines *l, const char *name)
{
	while (lines_next(l))
		if (accounts_is_line_of(l->line, l->len, name))
			return true;
	errno = l->error ? l->error : ENOENT;
	return false;
}

int accounts_find_field(struct lines *l, const struct account_edit *e, struct splice *s)
{
	const char *field;
	size_t len;

	if (!accounts_find(l, e->name))
		return -1;
	if (l->cut || accounts_field(l->line, l->len, e->field, &field, &len)) {
		errno = l->cut ? EMSGSIZE : ERANGE;
		return -1;
	}
	*s = (struct splice){.at = l->at + (field - l->line),
			     .drop = len,
			     .data = e->value,
			     .len = strlen(e->value)};
	return 0;
}

unsigned accounts_fields(const char *line, size_t len)
{
	return line_count(line, len, ':') + 1;
}

struct field {
	const char *p;
	size_t len;
};

/* The first fields of a line, up to most of them; the others are empty. How many it has. */
static unsigned split(const char *line, size_t len, struct field *f, unsigned most)
{
	const char *end = line + len, *colon;
	unsigned n = 0;

	for (unsigned i = 0; i < most; i++)
		f[i] = (struct field){line, 0};
	for (;; line = colon + 1) {
		colon = memchr(line, ':', (size_t)(end - line));
		if (n < most)
			f[n] = (struct field){line, (size_t)((colon ? colon : end) - line)};
		n++;
		if (!colon)
			return n;
	}
}

static int copy(struct field f, char *dst, size_t cap)
{
	if (f.len >= cap || memchr(f.p, 0, f.len))
		return -1;
	memcpy(dst, f.p, f.len);
	dst[f.len] = 0;
	return 0;
}

/* -1: it is none. */
static long number(struct field f)
{
	char text[24];
	long v;

	return copy(f, text, sizeof text) || str_number(text, 0, LONG_MAX, &v) ? -1 : v;
}

int accounts_copy_field(const char *line, size_t len, unsigned n, char *dst, size_t cap)
{
	struct field f = {0};

	return accounts_field(line, len, n, &f.p, &f.len) || copy(f, dst, cap) ? -1 : 0;
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
	struct field f[7];
	long uid, gid;

	*a = (struct account){
	    .lastchg = -1, .min = -1, .max = -1, .warn = -1, .inactive = -1, .expire = -1};
	errno = EINVAL;
	if (split(line, len, f, 7) != 7 || copy(f[0], a->name, sizeof a->name) ||
	    !good_name(a->name))
		return -1;
	uid = number(f[2]);
	gid = number(f[3]);
	if (uid < 0 || uid >= UINT_MAX || gid < 0 || gid >= UINT_MAX ||
	    copy(f[5], a->home, sizeof a->home) || copy(f[6], a->shell, sizeof a->shell) ||
	    copy(f[1], password, sizeof password)) {
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
	struct field f[9];
	unsigned fields = split(line, len, f, 9);

	if (fields < 2 || copy(f[1], hash, sizeof hash))
		a->damaged = true;
	else
		judge_hash(hash, a);
	explicit_bzero(hash, sizeof hash);
	if (fields != 9)
		a->damaged = true;
	a->lastchg = number(f[2]);
	a->min = number(f[3]);
	a->max = number(f[4]);
	a->warn = number(f[5]);
	a->inactive = number(f[6]);
	a->expire = number(f[7]);
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

bool accounts_admin_group(const char *line, size_t len, struct accounts_admins *to)
{
	static const char names[][6] = {"wheel", "sudo", "admin"};
	const char *list;
	struct field f;
	size_t n;

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		size_t want = strlen(names[i]);

		if (to->there[i] || len <= want || memcmp(line, names[i], want) ||
		    line[want] != ':')
			continue;
		to->there[i] = true;
		to->gid[i] = accounts_field(line, len, 2, &f.p, &f.len) ? -1 : number(f);
		to->len[i] = 0;
		if (accounts_field(line, len, 3, &list, &n))
			return true;
		if (n > sizeof to->list[i])
			for (n = sizeof to->list[i]; n && list[n] != ','; n--)
				;
		memcpy(to->list[i], list, n);
		to->len[i] = n;
		return true;
	}
	return false;
}

bool accounts_is_admin(const struct accounts_admins *in, const char *name, gid_t gid)
{
	for (unsigned i = 0; i < ACCOUNTS_ADMINS; i++)
		if (in->there[i] &&
		    (in->gid[i] == (long)gid || in_list(in->list[i], in->len[i], name)))
			return true;
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

bool accounts_whole_line(const char *line, size_t len)
{
	return len && *line != ':' && accounts_fields(line, len) == 9;
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
