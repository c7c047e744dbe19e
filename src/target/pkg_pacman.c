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
};
