#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/gunzip.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL "/var/lib/pacman/local"

/* Cut before the last but one dash. */
int pkg_pacman_folder(const char *folder, char name[256], char **version)
{
	unsigned dashes = 0;

	str_copy(name, 256, folder);
	for (char *p = name + strlen(name); p > name; p--)
		if (*p == '-' && ++dashes == 2) {
			*p = 0;
			*version = p + 1;
			return 0;
		}
	return -1;
}

struct list {
	pkg_each_fn *fn;
	void *arg;
};

static int list_one(void *arg, int dirfd, const char *folder)
{
	struct list *l = arg;
	char name[256], *version;

	(void)dirfd;
	return pkg_pacman_folder(folder, name, &version) ? 0 : l->fn(l->arg, name, version);
}

static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	struct list l = {fn, arg};

	return path_each(t->fd, LOCAL, list_one, &l);
}

struct owner {
	const struct target *t;
	const char *path;
	char *name;
	size_t cap;
};

static int look(void *arg, int dirfd, const char *folder)
{
	struct owner *o = arg;
	char path[400], name[256], *version, *data;
	size_t len;
	bool found;

	(void)dirfd;
	snprintf(path, sizeof path, LOCAL "/%s/files", folder);
	if (pkg_pacman_folder(folder, name, &version) ||
	    !(data = path_slurp(o->t->fd, path, 64u << 20, &len)))
		return 0;
	found = pkg_lists(data, len, "/", o->path);
	path_release(data, len);
	return found && str_copy(o->name, o->cap, name);
}

static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	struct owner o = {t, path, name, cap};

	errno = ENOENT;
	return path_each(t->fd, LOCAL, look, &o) == 1 ? 0 : -1;
}

struct folder {
	const char *pkg;
	char file[400];
};

static int find(void *arg, int dirfd, const char *folder)
{
	struct folder *f = arg;
	char name[256], *version;

	(void)dirfd;
	if (pkg_pacman_folder(folder, name, &version) || strcmp(name, f->pkg))
		return 0;
	snprintf(f->file, sizeof f->file, LOCAL "/%s/files", folder);
	return 1;
}

/* "%FILES%" and "%BACKUP%" go through too, which are names nobody has. */
static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	struct folder f = {.pkg = pkg};
	int rc;

	if (path_each(t->fd, LOCAL, find, &f) != 1 ||
	    (rc = pkg_each_line(t, f.file, "/", fn, arg)) < 0)
		return -1;
	strcpy(strrchr(f.file, '/'), "/*");
	return rc ? rc : fn(arg, f.file);
}

/* --- every file of every package */

#define CONF "/etc/pacman.conf"
#define LARGEST (64u << 20)
#define LINE 8192
#define DAMAGE "damaged: of this package only the list is compared"

struct telling {
	const struct target *t;
	pkg_entry_fn *fn;
	void *arg;
	const char *pkg;
	const char *backups, *end; /* the lines behind %BACKUP%, NULL none */
	char *conf;		   /* pacman.conf(5), NULL none */
	size_t nconf;
	struct pkg_mtree mtree;
	char line[LINE];
	size_t n;
	bool damaged;
};

/* Does one of these globs, "!" before those that include again, say anything of path? */
static void match_globs(const char *p, const char *end, const char *path, bool *yes)
{
	char glob[256];

	while (p < end) {
		const char *word = p += *p == ' ' || *p == '\t' || *p == '=';
		bool again;

		while (p < end && *p != ' ' && *p != '\t' && *p != '=')
			p++;
		if (p == word)
			continue;
		again = *word == '!';
		snprintf(glob, sizeof glob, "%.*s", (int)(p - word) - again, word + again);
		if (str_matches(path, glob))
			*yes = !again;
	}
}

/* "NoExtract = usr/share/info/x* !usr/share/info/x1": the last glob that matches decides. */
static bool is_excluded(const struct telling *w, const char *path)
{
	const char *p = w->conf, *line;
	bool yes = false;
	size_t n;

	while (p && line_next(&p, w->conf + w->nconf, &line, &n)) {
		const char *end = line + n;

		while (line < end && (*line == ' ' || *line == '\t'))
			line++;
		if (end - line > 9 && !memcmp(line, "NoExtract", 9))
			match_globs(line + 9, end, path, &yes);
	}
	return yes;
}

/* "etc/pam.d/su<tab>MD5" */
static bool is_backup(const struct telling *w, const char *path, size_t n)
{
	const char *p = w->backups, *line;
	size_t len;

	while (p && line_next(&p, w->end, &line, &len))
		if (len > n && line[n] == '\t' && !memcmp(line, path, n))
			return true;
	return false;
}

/* "usr/lib/" and "usr/lib/libc.so.6" behind %FILES%, "etc/pam.d/su<tab>MD5" behind %BACKUP%: such a
 * file comes twice, what is listed of it is no wish of its owner's. */
static int tell_line(const struct telling *w, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n);
	size_t len = tab ? (size_t)(tab - line) : n;
	char path[PATH_CAP];
	struct pkg_entry e = {.pkg = w->pkg, .path = path};

	if (!len || *line == '%' || is_backup(w, line, n) ||
	    snprintf(path, sizeof path, "/%.*s", (int)len, line) >= PATH_CAP)
		return 0;
	len = strlen(path) - 1; /* a damaged line may hold a NUL */
	if (len && path[len] == '/') {
		path[len] = '\0';
		e.kind = PKG_FOLDER;
	}
	e.spare = is_excluded(w, path + 1);
	if (tab && !digest_from_hex(tab + 1, DIGEST_MD5, e.sum)) {
		e.kind = PKG_FILE;
		e.config = true;
		e.nsum = DIGEST_MD5;
	}
	return w->fn(w->arg, &e);
}

static int tell_list(const struct telling *w, const char *data)
{
	const char *p = data, *line;
	size_t n;
	int rc = 0;

	while (!rc && data && line_next(&p, w->end, &line, &n))
		rc = tell_line(w, line, n);
	return rc;
}

static int tell_mtree_line(struct telling *w, const char *line, size_t n)
{
	struct pkg_entry e;

	if (!pkg_mtree_line(&w->mtree, line, n, &e))
		return 0;
	e.pkg = w->pkg;
	e.config = is_backup(w, e.path + 1, strlen(e.path + 1));
	e.spare = is_excluded(w, e.path + 1);
	return w->fn(w->arg, &e);
}

/* A piece of the text; a line may go on in the next one. */
static int tell_piece(void *arg, const char *data, size_t len)
{
	struct telling *w = arg;
	int rc = 0;

	while (!rc && len) {
		const char *stop = memchr(data, '\n', len);
		size_t n = stop ? (size_t)(stop - data) : len;

		if ((w->damaged = n > sizeof w->line - w->n))
			return 1;
		memcpy(w->line + w->n, data, n);
		w->n += n;
		if (!stop)
			return 0;
		rc = tell_mtree_line(w, w->line, w->n);
		w->n = 0;
		data += n + 1;
		len -= n + 1;
	}
	return rc;
}

/* -1: there is none, or it is damaged, which is told. */
static int tell_mtree(struct telling *w, const char *folder)
{
	char path[400], *data;
	size_t len;
	int rc;

	snprintf(path, sizeof path, LOCAL "/%s/mtree", folder);
	if (!(data = path_slurp(w->t->fd, path, LARGEST, &len)) && errno == ENOENT)
		return -1;
	memset(&w->mtree.set, 0, sizeof w->mtree.set);
	w->n = 0;
	w->damaged = false;
	rc = data ? gunzip(data, len, LARGEST, tell_piece, w) : -1;
	if (data)
		path_release(data, len);
	if (rc >= 0 && !w->damaged)
		return rc;
	rc = w->fn(w->arg, &(struct pkg_entry){.pkg = w->pkg, .path = path, .damage = DAMAGE});
	return rc ? rc : -1;
}

static int tell_package(void *arg, int dirfd, const char *folder)
{
	struct telling *w = arg;
	char path[400], name[256], *version, *data;
	size_t len = 0;
	int rc;

	(void)dirfd;
	if (pkg_pacman_folder(folder, name, &version))
		return 0;
	snprintf(path, sizeof path, LOCAL "/%s/files", folder);
	data = path_slurp(w->t->fd, path, LARGEST, &len);
	w->pkg = name;
	w->end = data + len;
	w->backups = data ? memmem(data, len, "%BACKUP%", 8) : NULL;
	rc = tell_mtree(w, folder);
	if (rc < 0)
		rc = tell_list(w, data);
	if (data)
		path_release(data, len);
	return rc;
}

static int entries(const struct target *t, pkg_entry_fn *fn, void *arg)
{
	struct telling *w = calloc(1, sizeof *w);
	int rc;

	if (!w)
		return -1;
	*w = (struct telling){.t = t, .fn = fn, .arg = arg};
	w->conf = path_slurp(t->fd, CONF, 1u << 20, &w->nconf);
	rc = path_each(t->fd, LOCAL, tell_package, w);
	if (w->conf)
		path_release(w->conf, w->nconf);
	free(w);
	return rc;
}

static const char *const state[] = {LOCAL "/%-*", "/var/lib/pacman/db.lck", NULL};

const struct pkg_manager pkg_pacman = {
    .name = "pacman",
    .database = LOCAL,
    .log = "/var/log/pacman.log",
    .cache = "/var/cache/pacman/pkg",
    .unpack = "bsdtar -xf \"$1\" 2>/dev/null || tar -xf \"$1\"",
    /* the lock is what a crash left; the trial's free space says nothing of the disk's */
    .reinstall = {"f=$(ls -t /var/cache/pacman/pkg/\"$1\"-[0-9]*.pkg.tar.* | "
		  "grep -v -e '\\.sig$' -e '\\.part$' | head -n 1); rm -f /var/lib/pacman/db.lck; "
		  "sed '/^ *CheckSpace/d' /etc/pacman.conf >/tmp/pacman.conf && [ -f \"$f\" ] && "
		  "exec pacman -U --config /tmp/pacman.conf --noconfirm --overwrite '*' \"$f\"",
		  NULL},
    .official = "pacman -S ",
    .finish = "pacman -Syu",
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .entries = entries,
};
