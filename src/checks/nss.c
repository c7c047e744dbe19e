#include "checks/nss.h"

#include "base/log.h"
#include "base/path.h"
#include "checks/families.h"
#include "target/libdirs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONF "/etc/nsswitch.conf"
#define CONF_BYTES 16384
#define CONF_GIANT (1L << 20)

static const char databases[][7] = {"passwd", "shadow", "group"};

struct words {
	const char *p, *end;
};

/* The next service or bracketed condition of a line; comments end it. */
static size_t next_word(struct words *w, const char **word)
{
	const char *p = w->p;

	while (p < w->end && isspace((unsigned char)*p))
		p++;
	*word = p;
	if (p < w->end && *p == '[') {
		while (p < w->end && *p != ']')
			p++;
		p += p < w->end;
	} else {
		while (p < w->end && *p != '#' && *p != '[' && !isspace((unsigned char)*p))
			p++;
	}
	w->p = p;
	return (size_t)(p - *word);
}

static bool is(const char *word, size_t len, const char *s)
{
	return strlen(s) == len && !strncasecmp(word, s, len);
}

/* Does a condition end the search although the account was not found? Of a module that is not there
 * only what is said of UNAVAIL counts. */
static bool returns(const char *cond, size_t len, bool gone)
{
	struct words w = {cond + 1, cond + len - 1};
	const char *p, *eq;
	size_t n;

	while ((n = next_word(&w, &p))) {
		bool negated = *p == '!', success, unavail;

		eq = memchr(p, '=', n);
		if (!eq || !is(eq + 1, n - (size_t)(eq + 1 - p), "return"))
			continue;
		p += negated;
		success = is(p, (size_t)(eq - p), "success");
		unavail = is(p, (size_t)(eq - p), "unavail");
		if (gone ? unavail != negated : !success || negated)
			return true;
	}
	return false;
}

static bool is_remote(const char *name)
{
	/* sss stood before files on whole distributions, and answers at once when its daemon does
	 * not */
	static const char remote[][8] = {"ldap", "nis", "nisplus", "winbind", "hesiod"};

	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if (!strcmp(name, remote[i]))
			return true;
	return false;
}

enum nss_state nss_judge(const char *words, size_t len, const struct nss_modules *m, char *name)
{
	struct words w = {words, words + len};
	enum nss_state state = NSS_SOUND;
	char last[32] = "";
	bool gone = false;
	const char *p;
	size_t n;

	while ((n = next_word(&w, &p))) {
		if (*p == '[') {
			if (!*last)
				return NSS_SOUND; /* glibc takes no such line, but its default */
			if (n > 1 && returns(p, n, gone)) {
				strcpy(name, last);
				return NSS_BLOCKED;
			}
			continue;
		}
		snprintf(last, sizeof last, "%.*s", (int)(n < 32 ? n : 31), p);
		gone = strcmp(last, "files") && !m->has(m->arg, last);
		if (!strcmp(last, "files") || (!strcmp(last, "compat") && !gone))
			return state;
		if (is_remote(last) && state == NSS_SOUND) {
			strcpy(name, last);
			state = NSS_LATE;
		}
	}
	strcpy(name, "");
	return NSS_NO_FILES;
}

size_t nss_services(const char *line, size_t len, const char *database)
{
	size_t n = strlen(database), at = 0;

	while (at < len && isspace((unsigned char)line[at]))
		at++;
	if (len - at <= n || memcmp(line + at, database, n))
		return 0;
	at += n;
	if (line[at] != ':' && !isspace((unsigned char)line[at]))
		return 0;
	while (at < len && (line[at] == ':' || isspace((unsigned char)line[at])))
		at++;
	return at;
}

void nss_files_first(const char *words, size_t len, struct buf *b)
{
	struct words w = {words, words + len}, after;
	const char *p, *next, *from = words;
	size_t n;

	buf_adds(b, "files ");
	while ((n = next_word(&w, &p))) {
		after = w;
		if (!is(p, n, "files") || (next_word(&after, &next) && *next == '['))
			continue;
		while (p > from && isspace((unsigned char)p[-1]))
			p--;
		buf_add(b, from, (size_t)(p - from));
		from = w.p;
	}
	buf_add(b, from, (size_t)(words + len - from));
}

/* --- the target's file */

struct conf {
	const struct target *t;
	struct libdirs dirs;
	struct {
		const char *p;
		size_t n, at; /* at: its services */
		unsigned number;
	} last[3]; /* of several lines for one database the last one counts */
	size_t len;
	char data[CONF_BYTES];
};

static bool has(void *arg, const char *name)
{
	struct conf *f = arg;
	char file[64], path[300];
	struct libdirs_query q = {file, 8 * (int)sizeof(void *)};

	if (!f->dirs.n)
		libdirs_find(f->t, &f->dirs);
	snprintf(file, sizeof file, "libnss_%.31s.so.2", name);
	return libdirs_lookup(f->t, &f->dirs, &q, path) == 0;
}

/* NULL: nothing to judge, and the C library has its default; freed by the caller. */
static struct conf *read_conf(const struct target *t)
{
	struct conf *f = calloc(1, sizeof *f);
	ssize_t len = f ? path_read(t->fd, CONF, f->data, sizeof f->data) : -1;
	const char *p, *line;
	unsigned number = 0;
	size_t n;

	if (len < 0 || target_is_unknown(t, "/usr/lib")) {
		free(f);
		return NULL;
	}
	f->t = t;
	f->len = (size_t)len;
	for (p = f->data; line_next(&p, f->data + len, &line, &n);) {
		number++;
		for (int i = 0; i < 3; i++) {
			size_t at = nss_services(line, n, databases[i]);

			if (at) {
				f->last[i].p = line;
				f->last[i].n = n;
				f->last[i].at = at;
				f->last[i].number = number;
			}
		}
	}
	return f;
}

static enum nss_state judge(struct conf *f, int i, char *name)
{
	const struct nss_modules m = {has, f};

	if (!f->last[i].p)
		return NSS_SOUND;
	return nss_judge(f->last[i].p + f->last[i].at, f->last[i].n - f->last[i].at, &m, name);
}

/* --- what is no file to read */

enum nature {
	CONF_PLAIN,   /* or not there */
	CONF_NOTHING, /* the C library makes nothing of it, and has its default */
	CONF_HANGS    /* every program that asks for an account waits, or reads for ever */
};

static enum nature nature_of(const struct target *t, mode_t *type)
{
	struct stat st;

	if (path_stat(t->fd, CONF, false, &st))
		return CONF_PLAIN;
	*type = st.st_mode;
	if (S_ISLNK(st.st_mode) && path_stat(t->fd, CONF, true, &st))
		return CONF_NOTHING;
	*type = st.st_mode;
	if (S_ISREG(st.st_mode))
		return st.st_size < CONF_GIANT ? CONF_PLAIN : CONF_HANGS;
	return S_ISDIR(st.st_mode) || S_ISSOCK(st.st_mode) ? CONF_NOTHING : CONF_HANGS;
}

static void detect_nature(struct check_context *c)
{
	static const struct cause causes[] = {
	    [CONF_NOTHING] = {"nss-broken", SEVERITY_NOTE, BLOCKS_NOBODY,
			      "left alone: the C library's default holds"},
	    [CONF_HANGS] = {"nss-broken", SEVERITY_ERROR, BLOCKS_EVERYONE,
			    "phase 3 puts a plain one there"}};
	mode_t type = 0;
	enum nature n = nature_of(c->t, &type);

	if (n != CONF_PLAIN)
		check_found(c, &causes[n], CONF ": %s%s", path_type_name(type),
			    S_ISREG(type)   ? ", far too large"
			    : S_ISLNK(type) ? " that leads nowhere"
					    : "");
}

static int repair_nature(struct check_context *c)
{
	static const char plain[] =
	    "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n";
	const struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = 0644};

	return file_replace(c->journal, CONF, plain, sizeof plain - 1, &attr);
}

void detect_nss(struct check_context *c)
{
	static const char what[][48] = {"", "nothing asks /etc: no local account is known",
					" ends the search before files", " is asked before files"};
	struct conf *f = read_conf(c->t);
	char name[32];

	detect_nature(c);
	for (int i = 0; f && i < 3; i++) {
		enum nss_state s = judge(f, i, name);
		bool late = s == NSS_LATE;
		struct cause cause = {"nss-broken", late ? SEVERITY_WARNING : SEVERITY_ERROR,
				      late ? BLOCKS_NOBODY : BLOCKS_EVERYONE,
				      "phase 3 puts files first"};

		if (s)
			check_found(c, &cause, CONF ":%u: %s: %s%s", f->last[i].number,
				    databases[i], name, what[s]);
	}
	free(f);
}

int repair_nss(struct check_context *c)
{
	struct conf *f = read_conf(c->t);
	char text[CONF_BYTES + 64], name[32];
	struct buf b = BUF_OF(text);
	const char *p, *line;
	mode_t type;
	size_t n;
	int rc = -1;

	if (nature_of(c->t, &type) == CONF_HANGS)
		rc = repair_nature(c);
	for (p = f ? f->data : NULL; p && line_next(&p, f->data + f->len, &line, &n);) {
		size_t at = 0;

		for (int i = 0; i < 3; i++)
			if (line == f->last[i].p && judge(f, i, name))
				at = f->last[i].at;
		buf_add(&b, line, at);
		if (at)
			nss_files_first(line + at, n - at, &b);
		else
			buf_add(&b, line, n);
		buf_add(&b, "\n", p > line + n);
	}
	if (f && !b.cut)
		rc = file_replace(c->journal, CONF, b.p, b.len, NULL);
	log_say("%s: %s", CONF, rc ? strerror(errno) : "files comes first");
	free(f);
	return rc;
}
