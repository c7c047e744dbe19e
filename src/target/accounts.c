#include "target/accounts.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "target/accounts_text.h"
#include "target/pam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY 86400
#define PASSWD "/etc/passwd"
#define SHADOW "/etc/shadow"
#define GROUP "/etc/group"
#define DEFS_MOST (4u << 20)

/* Fill a from its shadow line, which l stands at. */
static void add_shadow(const struct lines *l, struct account *a)
{
	a->shadow_line = l->number;
	accounts_parse_shadow(l->line, l->len, a);
	a->damaged = a->damaged || l->cut;
}

int accounts_each(const struct target *t, int (*fn)(void *arg, const struct account *a), void *arg)
{
	struct account a;
	struct lines l;
	int rc = 0;

	if (lines_open(&l, t->fd, PASSWD))
		return -1;
	while (rc == 0 && lines_next(&l)) {
		if (l.cut || accounts_parse_passwd(l.line, l.len, &a))
			continue;
		a.passwd_line = l.number;
		rc = fn(arg, &a);
	}
	lines_close(&l);
	return rc ? rc : l.error ? -1 : 0;
}

struct hashes {
	int (*fn)(void *arg, const struct account *a);
	void *arg;
};

static int own_hash(void *arg, const struct account *a)
{
	const struct hashes *h = arg;

	return a->in_shadow ? 0 : h->fn(h->arg, a);
}

int accounts_each_hash(const struct target *t, int (*fn)(void *arg, const struct account *a),
		       void *arg)
{
	struct hashes h = {fn, arg};
	struct account a;
	struct lines l;
	int rc = accounts_each(t, own_hash, &h);

	if (rc > 0 || lines_open(&l, t->fd, SHADOW))
		return rc;
	while (rc <= 0 && lines_next(&l)) {
		a = (struct account){.in_shadow = true};
		if (accounts_copy_field(l.line, l.len, 0, a.name, sizeof a.name) ||
		    strchr("+-#", *a.name)) /* NIS, a comment, no name */
			continue;
		add_shadow(&l, &a);
		rc = fn(arg, &a);
	}
	lines_close(&l);
	return rc;
}

int accounts_get(const struct target *t, const char *name, struct account *a, const char **bad)
{
	struct lines l;
	int rc = -1;

	*bad = PASSWD;
	if (lines_open(&l, t->fd, PASSWD))
		return -1;
	if (accounts_find(&l, name) && accounts_parse_passwd(l.line, l.len, a) == 0)
		rc = 0;
	a->passwd_line = l.number;
	lines_close(&l);
	if (rc || !a->in_shadow)
		return rc;
	*bad = SHADOW;
	if (lines_open(&l, t->fd, SHADOW)) {
		a->in_shadow = errno != ENOENT;
		return a->in_shadow ? -1 : 0;
	}
	a->in_shadow = accounts_find(&l, name);
	if (a->in_shadow)
		add_shadow(&l, a);
	rc = l.error ? -1 : 0;
	lines_close(&l);
	return rc;
}

struct first {
	struct account *list;
	unsigned most, all;
};

static int take(void *arg, const struct account *a)
{
	struct first *f = arg;

	if (f->all < f->most)
		f->list[f->all] = *a;
	f->all++;
	return 0;
}

/* Whose shadow line is this? NULL: nobody's of the list, or one of several, of which the first
 * counts. */
static struct account *owner(const struct lines *l, struct account *list, unsigned n)
{
	const char *colon = memchr(l->line, ':', l->len);
	size_t len = colon ? (size_t)(colon - l->line) : 0;

	for (unsigned i = 0; len && i < n; i++)
		if (!strncmp(list[i].name, l->line, len) && !list[i].name[len])
			return list[i].in_shadow && !list[i].shadow_line ? &list[i] : NULL;
	return NULL;
}

int accounts_first(const struct target *t, struct account *list, unsigned n, unsigned *all)
{
	struct first f = {list, n, 0};
	unsigned wanted = 0;
	struct account *a;
	struct lines l;

	if (accounts_each(t, take, &f))
		return -1;
	*all = f.all;
	n = f.all < n ? f.all : n;
	for (unsigned i = 0; i < n; i++)
		wanted += list[i].in_shadow;
	if (lines_open(&l, t->fd, SHADOW) == 0) {
		while (wanted && lines_next(&l))
			if ((a = owner(&l, list, n))) {
				add_shadow(&l, a);
				wanted--;
			}
		lines_close(&l);
	}
	for (unsigned i = 0; i < n; i++)
		list[i].in_shadow = list[i].shadow_line != 0;
	return (int)n;
}

int accounts_login_def(const struct target *t, const char *key, char *dst, size_t cap)
{
	size_t len;
	char *data = path_slurp(t->fd, "/etc/login.defs", DEFS_MOST, &len);
	int rc;

	if (!data)
		return -1;
	rc = accounts_def(data, len, key, dst, cap);
	path_release(data, len);
	return rc;
}

static long uid_limit(const struct target *t, const char *key, long otherwise)
{
	char text[24];
	long v;

	if (accounts_login_def(t, key, text, sizeof text) || str_number(text, 0, 0x7fffffff, &v))
		return otherwise;
	return v;
}

struct choice {
	long low, high;
	struct accounts_admins groups;
	unsigned people, admins;
	uid_t uid;
	char name[64], admin[64];
};

static int consider(void *arg, const struct account *a)
{
	struct choice *c = arg;

	if ((long)a->uid < c->low || (long)a->uid > c->high || !accounts_login_shell(a->shell))
		return 0;
	if (!c->people++)
		str_copy(c->name, sizeof c->name, a->name);
	if (!accounts_is_admin(&c->groups, a->name, a->gid))
		return 0;
	if (!c->admins++ || a->uid < c->uid) {
		c->uid = a->uid;
		str_copy(c->admin, sizeof c->admin, a->name);
	}
	return 0;
}

static void choose(const struct choice *c, char name[64], char reason[160])
{
	if (c->people == 1) {
		str_copy(name, 64, c->name);
		snprintf(reason, 160, "the only account with a shell and a uid in %ld..%ld", c->low,
			 c->high);
	} else if (c->admins) {
		str_copy(name, 64, c->admin);
		snprintf(reason, 160, "of %u people the lowest uid in wheel, sudo or admin",
			 c->people);
	} else {
		str_copy(name, 64, "root");
		snprintf(reason, 160, "%s",
			 c->people ? "several people, none of them in wheel, sudo or admin"
				   : "no account of a person");
	}
}

static void find_admins(const struct target *t, struct accounts_admins *to)
{
	struct lines l;

	if (lines_open(&l, t->fd, GROUP))
		return;
	while (lines_next(&l))
		if (accounts_admin_group(l.line, l.len, to) && l.cut)
			log_line(GROUP " line %u is too long: its last members are not looked at",
				 l.number);
	lines_close(&l);
}

int accounts_choose(const struct target *t, const char *wanted, char name[64], char reason[160])
{
	struct choice c = {.low = uid_limit(t, "UID_MIN", 1000),
			   .high = uid_limit(t, "UID_MAX", 60000)};
	struct account a;
	const char *bad;

	if (wanted && *wanted) {
		snprintf(reason, 160, "named");
		if (!str_copy(name, 64, wanted)) {
			errno = ENOENT;
			return -1;
		}
	} else {
		find_admins(t, &c.groups);
		accounts_each(t, consider, &c);
		choose(&c, name, reason);
	}
	/* an unreadable shadow is no reason to say there's no such user */
	return accounts_get(t, name, &a, &bad) && !strcmp(bad, PASSWD) ? -1 : 0;
}

/* pam_unix's account rules: check_shadow_expiry() of Linux-PAM. */
static bool inactive(const struct account *a, long today)
{
	long age = today - a->lastchg;

	return a->lastchg > 0 && a->max >= 0 && a->inactive >= 0 && age > a->max &&
	       age - a->max > a->inactive;
}

char *accounts_obstacle(const struct target *t, const struct account *a, long today, char *dst,
			size_t cap)
{
	const char *shell = *a->shell ? a->shell : "/bin/sh";

	*dst = 0;
	if (!a->in_shadow && a->method == HASH_NONE && !a->locked && !a->empty && !a->damaged)
		snprintf(dst, cap, "no line in /etc/shadow");
	else if (a->damaged)
		snprintf(dst, cap, "its line in /etc/shadow (%u) is damaged", a->shadow_line);
	else if (a->locked)
		snprintf(dst, cap, "locked");
	else if (today >= 0 && a->expire >= 0 && today >= a->expire)
		snprintf(dst, cap, "expired on day %ld", a->expire);
	else if (today >= 0 && inactive(a, today))
		snprintf(dst, cap, "password older than %ld days, inactive", a->max);
	else if (!path_exists(t->fd, shell) && !target_is_unknown(t, shell))
		snprintf(dst, cap, "shell %s is missing", shell);
	return dst;
}

unsigned accounts_pam_methods(const struct target *t)
{
	const struct pam_source s = {.rootfd = t->fd};
	char path[256];

	return pam_module(&s, "pam_unix.so", path, sizeof path) ? 0 : 1u << HASH_MD5;
}

static int collect(void *arg, const struct account *a)
{
	unsigned *methods = arg;

	if (a->method != HASH_NONE)
		*methods |= 1u << a->method;
	return 0;
}

unsigned accounts_methods(const struct target *t)
{
	unsigned methods = 0;

	accounts_each_hash(t, collect, &methods);
	return methods & ~accounts_pam_methods(t);
}

enum hash_method accounts_default_method(const struct target *t)
{
	static const char stacks[][27] = {"/etc/pam.d/common-password", "/etc/pam.d/system-auth",
					  "/etc/pam.d/passwd"};
	enum hash_method m;
	char text[24], *data;
	size_t len;

	for (unsigned i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		data = path_slurp(t->fd, stacks[i], 1u << 20, &len);
		if (!data)
			continue;
		m = accounts_pam_method(data, len);
		path_release(data, len);
		if (m != HASH_NONE)
			return m;
	}
	if (accounts_login_def(t, "ENCRYPT_METHOD", text, sizeof text))
		return HASH_NONE;
	return hash_by_name(text);
}

long accounts_today(const struct target *t)
{
	static const char witnesses[][20] = {
	    "/etc/passwd",     "/etc/shadow",	      "/etc/ld.so.cache",
	    "/var/log/wtmp",   "/var/log/lastlog",    "/var/log/messages",
	    "/var/log/syslog", "/var/log/emerge.log", "/var/log/dpkg.log"};
	time_t now = time(NULL), newest = 1704067200; /* nothing of this program is older */
	struct stat st;

	for (unsigned i = 0; i < sizeof witnesses / sizeof *witnesses; i++)
		if (!path_stat(t->fd, witnesses[i], true, &st) && st.st_mtime > newest)
			newest = st.st_mtime;
	/* a file's time may be finer than the clock's, and a moment ahead of it */
	return now + 60 < newest ? -1 : (long)(now / DAY);
}
