#include "target/accounts.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts_text.h"
#include "target/pam.h"
#include "target/shadow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY 86400

/* Fill a from its shadow line. */
static void add_shadow(const char *shadow, size_t len, struct account *a)
{
	size_t start, end;

	if (!shadow || accounts_line(shadow, len, a->name, &start, &end)) {
		a->in_shadow = false;
		return;
	}
	a->shadow_line = 1;
	for (size_t i = 0; i < start; i++)
		a->shadow_line += shadow[i] == '\n';
	accounts_parse_shadow(shadow + start, end - start, a);
}

/* Call fn for every account of the two texts. */
static int walk(const char *passwd, size_t plen, const char *shadow, size_t slen,
		int (*fn)(void *arg, const struct account *a), void *arg)
{
	const char *p = passwd, *line;
	struct account a;
	unsigned number = 0;
	size_t n;
	int rc = 0;

	while (rc == 0 && line_next(&p, passwd + plen, &line, &n)) {
		number++;
		if (accounts_parse_passwd(line, n, &a))
			continue;
		a.passwd_line = number;
		if (a.in_shadow)
			add_shadow(shadow, slen, &a);
		rc = fn(arg, &a);
	}
	return rc;
}

int accounts_each(const struct target *t, int (*fn)(void *arg, const struct account *a), void *arg)
{
	size_t plen, slen = 0;
	char *passwd = path_slurp(t->fd, "/etc/passwd", SHADOW_MOST, &plen), *shadow;
	int rc;

	if (!passwd)
		return -1;
	shadow = path_slurp(t->fd, "/etc/shadow", SHADOW_MOST, &slen);
	rc = walk(passwd, plen, shadow, slen, fn, arg);
	shadow_release(passwd, plen);
	shadow_release(shadow, slen);
	return rc;
}

int accounts_get(const struct target *t, const char *name, struct account *a, const char **bad)
{
	size_t plen = 0, slen = 0, start, end;
	char *passwd = path_slurp(t->fd, "/etc/passwd", SHADOW_MOST, &plen), *shadow = NULL;
	int rc = -1, error;

	*bad = "/etc/passwd";
	if (!passwd || accounts_line(passwd, plen, name, &start, &end) ||
	    accounts_parse_passwd(passwd + start, end - start, a))
		goto out;
	a->passwd_line = 1;
	for (size_t i = 0; i < start; i++)
		a->passwd_line += passwd[i] == '\n';
	rc = 0;
	if (!a->in_shadow)
		goto out;
	*bad = "/etc/shadow";
	shadow = path_slurp(t->fd, "/etc/shadow", SHADOW_MOST, &slen);
	if (!shadow && errno != ENOENT)
		rc = -1;
	else
		add_shadow(shadow, slen, a);
out:
	error = errno;
	shadow_release(passwd, plen);
	shadow_release(shadow, slen);
	errno = error;
	return rc;
}

int accounts_login_def(const struct target *t, const char *key, char *dst, size_t cap)
{
	size_t len;
	char *data = path_slurp(t->fd, "/etc/login.defs", SHADOW_MOST, &len);
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
	const char *group;
	size_t group_len;
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
	if (!c->group || !accounts_is_admin(c->group, c->group_len, a->name, a->gid))
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

int accounts_choose(const struct target *t, const char *wanted, char name[64], char reason[160])
{
	struct choice c = {.low = uid_limit(t, "UID_MIN", 1000),
			   .high = uid_limit(t, "UID_MAX", 60000)};
	struct account a;
	const char *bad;
	char *group;

	if (wanted && *wanted) {
		snprintf(reason, 160, "named");
		if (!str_copy(name, 64, wanted)) {
			errno = ENOENT;
			return -1;
		}
	} else {
		group = path_slurp(t->fd, "/etc/group", SHADOW_MOST, &c.group_len);
		c.group = group;
		accounts_each(t, consider, &c);
		if (group)
			path_release(group, c.group_len);
		choose(&c, name, reason);
	}
	/* an unreadable shadow is no reason to say there's no such user */
	return accounts_get(t, name, &a, &bad) && !strcmp(bad, "/etc/passwd") ? -1 : 0;
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

	accounts_each(t, collect, &methods);
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
