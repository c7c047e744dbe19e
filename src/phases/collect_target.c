#include "phases/collect.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts.h"
#include "target/init.h"
#include "target/libcrypt.h"
#include "target/pam.h"
#include "target/pkg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNTS_SHOWN 200
#define LOG_LINES 200
#define TAIL_BYTES (256 * 1024)
#define JOURNAL_BYTES (8 * 1024 * 1024)

int collect_os(struct collect *c)
{
	log_put(c->to, "%s (%s)", c->t->os_name, c->t->os_id);
	log_put(c->to, "root %s, logs to %s%s", c->t->root, c->t->boot,
		c->t->boot_own ? " (a file system of its own)" : "");
	return 0;
}

/* --- accounts */

static void put_account(struct collect *c, const struct account *a)
{
	char obstacle[200];

	if (a->uid && a->uid < 1000 && (a->locked || !a->in_shadow))
		return;
	accounts_obstacle(c->t, a, accounts_today(c->t), obstacle, sizeof obstacle);
	log_put(c->to, "%s uid %u shell %s hash %s%s%s: %s", a->name, (unsigned)a->uid, a->shell,
		a->method == HASH_NONE ? "none" : hash_name(a->method), a->locked ? " locked" : "",
		a->damaged ? " damaged" : "", obstacle[0] ? obstacle : "can log in");
}

int collect_accounts(struct collect *c)
{
	enum hash_method m = accounts_default_method(c->t);
	struct account *list = calloc(ACCOUNTS_SHOWN, sizeof *list);
	unsigned all = 0;
	int n = list ? accounts_first(c->t, list, ACCOUNTS_SHOWN, &all) : -1, error = errno;

	log_put(c->to, "new passwords are hashed with %s",
		m == HASH_NONE ? "an unknown method" : hash_name(m));
	for (int i = 0; i < n; i++)
		put_account(c, &list[i]);
	if (all > ACCOUNTS_SHOWN)
		log_put(c->to, "... and %u more accounts", all - ACCOUNTS_SHOWN);
	free(list);
	return n < 0 ? error : 0;
}

/* --- environment files */

static void put_names(struct collect *c, const char *path)
{
	char text[16384];
	ssize_t n = path_read(c->t->fd, path, text, sizeof text);
	const char *p = text, *line;
	size_t k;

	if (n < 0) {
		log_put(c->to, "%s: %s", path, strerror(errno));
		return;
	}
	while (line_next(&p, text + n, &line, &k)) {
		const char *equals = memchr(line, '=', k);
		size_t len;

		while (k && (*line == ' ' || *line == '\t')) {
			line++;
			k--;
		}
		if (k > 7 && !memcmp(line, "export ", 7))
			line += 7;
		len = equals && equals > line ? (size_t)(equals - line) : 0;
		if (len && len == strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					       "abcdefghijklmnopqrstuvwxyz0123456789_"))
			log_put(c->to, "%s: %.*s", path, (int)len, line);
	}
}

struct folder {
	struct collect *c;
	const char *path;
};

static int put_environment(void *arg, int dirfd, const char *name)
{
	const struct folder *f = arg;
	char path[400];

	(void)dirfd;
	snprintf(path, sizeof path, "%s/%s", f->path, name);
	put_names(f->c, path);
	return 0;
}

int collect_environment(struct collect *c)
{
	static const char folders[][19] = {"/etc/env.d", "/etc/environment.d", "/etc/profile.d"};

	if (path_exists(c->t->fd, "/etc/environment"))
		put_names(c, "/etc/environment");
	for (int i = 0; i < 3; i++) {
		struct folder f = {c, folders[i]};

		path_each(c->t->fd, f.path, put_environment, &f);
	}
	return 0;
}

/* --- packages */

static int put_package(void *arg, const char *name, const char *version)
{
	struct collect *c = arg;

	log_put(c->to, "%s %s", name, version);
	return 0;
}

int collect_packages(struct collect *c)
{
	const struct pkg_manager *m = pkg_in_use(c->t);

	if (!m) {
		log_put(c->to, "no package manager known here");
		return 0;
	}
	log_put(c->to, "%s", m->name);
	return m->each(c->t, put_package, c) < 0 ? errno : 0;
}

/* The last bytes of a file, from the start of a line. Freed by the caller; NULL and errno. */
static char *read_tail(const struct target *t, const char *path, size_t most, size_t *len)
{
	int fd = path_open(t->fd, path, O_RDONLY, 0);
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;

	*len = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (text = malloc(most)))
		n = pread(fd, text, most, st.st_size > (off_t)most ? st.st_size - (off_t)most : 0);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	*len = (size_t)n;
	return text;
}

int collect_package_log(struct collect *c)
{
	const struct pkg_manager *m = pkg_in_use(c->t);
	const char *start, *line;
	unsigned lines = 0;
	size_t len, k;
	char *text;

	if (!m || !m->log)
		return 0;
	text = read_tail(c->t, m->log, TAIL_BYTES, &len);
	if (!text) {
		log_put(c->to, "%s: %s", m->log, strerror(errno));
		return 0;
	}
	for (start = text + len; start > text; start--)
		if (start[-1] == '\n' && lines++ == LOG_LINES)
			break;
	while (line_next(&start, text + len, &line, &k))
		log_put(c->to, "%.*s", (int)k, line);
	free(text);
	return 0;
}

/* --- PAM, libcrypt, init */

static int put_pam(void *arg, const struct pam_use *u)
{
	static const char states[][18] = {
	    "", " (MODULE MISSING)", " (FILE MISSING)", " (MALFORMED)", "", " (EMPTY)"};
	struct collect *c = arg;
	const struct pam_line *l = u->line;

	log_put(c->to, "  %s:%u: %s %s %s %s%s", u->file, u->number, l ? l->type : "",
		l ? l->control : "", l ? l->module : "", l ? l->args : "", states[u->state]);
	return 0;
}

int collect_pam(struct collect *c)
{
	static const char services[][13] = {"login", "su",	     "sshd",
					    "sddm",  "gdm-password", "lightdm"};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		struct pam_source s = {.rootfd = c->t->fd};
		char path[256];

		if (pam_file(&s, services[i], path, sizeof path))
			continue;
		log_put(c->to, "%s:", services[i]);
		pam_each(&s, services[i], put_pam, c);
	}
	return 0;
}

static void put_methods(struct collect *c, const char *what, unsigned set)
{
	char mem[200];
	struct buf b = BUF_OF(mem);

	for (int m = HASH_NONE + 1; m < HASH_METHODS; m++)
		if (set & 1u << m)
			buf_addf(&b, " %s", hash_name((enum hash_method)m));
	if (b.len)
		log_put(c->to, "  %s:%s", what, mem);
}

int collect_libcrypt(struct collect *c)
{
	struct libcrypt list[LIBCRYPT_MAX];
	struct libcrypt_question q = {.root = c->t->root, .methods = (1u << HASH_METHODS) - 2};
	int n = libcrypt_find(c->t, list, LIBCRYPT_MAX);

	for (int i = 0; i < n; i++) {
		log_put(c->to, "%s -> %s (%d bit, version %s)", list[i].path,
			list[i].real[0] ? list[i].real : "nothing", list[i].bits, list[i].version);
		if (!list[i].real[0] || libcrypt_ask(c->t, &q, &list[i])) {
			log_put(c->to, "  not asked: %s", list[i].why);
			continue;
		}
		put_methods(c, "does", list[i].can);
		put_methods(c, "does not do", list[i].cannot);
	}
	return n < 0 ? errno : 0;
}

int collect_init(struct collect *c)
{
	const struct init_system *init = init_in_use(c->t);
	char level[128] = "unknown", dm[64] = "none";

	if (!init) {
		log_put(c->to, "no init system known here");
		return 0;
	}
	init->level(c->t, level, sizeof level);
	if (init->enabled(c->t, dm, sizeof dm))
		str_copy(dm, sizeof dm, "none");
	log_put(c->to, "%s, default %s, display manager enabled: %s", init->name, level, dm);
	for (const struct display_manager *d = display_managers; d->name; d++)
		if (path_exists(c->t->fd, d->binary))
			log_put(c->to, "installed: %s", d->name);
	return 0;
}

/* --- the target's own logs: what LOCKOUTS.md quotes */

static const char phrases[][35] = {"unknown to libcrypt",      "disabled in libcrypt configuration",
				   "blocked for more than",    "PAM unable to dlopen",
				   "PAM adding faulty module", "account locked due to"};
#define PHRASES (sizeof phrases / sizeof *phrases)

static void put_matches(struct collect *c, const char *path)
{
	size_t len, k;
	char *text = read_tail(c->t, path, TAIL_BYTES, &len);
	const char *p = text, *line;

	while (text && line_next(&p, text + len, &line, &k))
		for (size_t i = 0; i < PHRASES; i++)
			if (memmem(line, k, phrases[i], strlen(phrases[i])))
				log_put(c->to, "%s: %.*s", path, (int)k, line);
	free(text);
}

/* A journal's file is binary: what it says is only counted. */
static void count_matches(struct collect *c, const char *path)
{
	size_t len;
	char *text = read_tail(c->t, path, JOURNAL_BYTES, &len);

	for (size_t i = 0; text && i < PHRASES; i++) {
		unsigned n = 0;
		size_t size = strlen(phrases[i]);

		for (const char *p = text;
		     (p = memmem(p, (size_t)(text + len - p), phrases[i], size)); p += size)
			n++;
		if (n)
			log_put(c->to, "%s: \"%s\" %u times", path, phrases[i], n);
	}
	free(text);
}

static int each_machine(void *arg, int dirfd, const char *name)
{
	char path[400];

	(void)dirfd;
	snprintf(path, sizeof path, "/var/log/journal/%s/system.journal", name);
	count_matches(arg, path);
	return 0;
}

int collect_logs(struct collect *c)
{
	static const char files[][18] = {"/var/log/auth.log", "/var/log/secure",
					 "/var/log/messages", "/var/log/syslog",
					 "/var/log/kern.log"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put_matches(c, files[i]);
	path_each(c->t->fd, "/var/log/journal", each_machine, c);
	return 0;
}
