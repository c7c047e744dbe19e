#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
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

struct telling {
	const struct target *t;
	pkg_entry_fn *fn;
	void *arg;
};

/* "usr/lib/" and "usr/lib/libc.so.6" behind %FILES%, "etc/pam.d/su<tab>MD5" behind %BACKUP%. */
static int tell_line(const struct telling *w, const char *pkg, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n);
	size_t len = tab ? (size_t)(tab - line) : n;
	char path[PATH_CAP];
	struct pkg_entry e = {.pkg = pkg, .path = path};

	if (!len || *line == '%' ||
	    snprintf(path, sizeof path, "/%.*s", (int)len, line) >= PATH_CAP)
		return 0;
	len = strlen(path) - 1; /* a damaged line may hold a NUL */
	if (len && path[len] == '/') {
		path[len] = '\0';
		e.kind = PKG_FOLDER;
	}
	if (tab && !digest_from_hex(tab + 1, DIGEST_MD5, e.sum)) {
		e.kind = PKG_FILE;
		e.config = true;
		e.nsum = DIGEST_MD5;
	}
	return w->fn(w->arg, &e);
}

/* A configuration file comes twice: what is listed of it is no wish of its owner's. */
static bool is_backup(const char *data, size_t len, const char *line, size_t n)
{
	const char *p = memmem(data, len, "%BACKUP%", 8), *other;
	size_t m;

	while (p && line_next(&p, data + len, &other, &m))
		if (m > n && other[n] == '\t' && !memcmp(other, line, n))
			return true;
	return false;
}

static int tell_package(void *arg, int dirfd, const char *folder)
{
	const struct telling *w = arg;
	char path[400], name[256], *version, *data;
	const char *p, *line;
	size_t len, n;
	int rc = 0;

	(void)dirfd;
	snprintf(path, sizeof path, LOCAL "/%s/files", folder);
	if (pkg_pacman_folder(folder, name, &version) ||
	    !(data = path_slurp(w->t->fd, path, 64u << 20, &len)))
		return 0;
	p = data;
	while (!rc && line_next(&p, data + len, &line, &n))
		if (!is_backup(data, len, line, n))
			rc = tell_line(w, name, line, n);
	path_release(data, len);
	return rc;
}

static int entries(const struct target *t, pkg_entry_fn *fn, void *arg)
{
	return path_each(t->fd, LOCAL, tell_package, &(struct telling){t, fn, arg});
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
    .silent = "what pacman's compressed mtree files say: only that files are there, and its "
	      "configuration files",
};
