#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DB "/lib/apk/db/installed"

static bool copy(const char *line, size_t n, char *dst, size_t cap)
{
	if (n - 2 >= cap)
		return false;
	memcpy(dst, line + 2, n - 2);
	dst[n - 2] = 0;
	return true;
}

int pkg_apk_walk(const char *data, size_t len, const struct pkg_apk *w)
{
	const char *p = data, *line;
	char name[128] = "", version[128], folder[256] = "", file[256], whole[520];
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, data + len, &line, &n)) {
		if (n < 2 || line[1] != ':')
			continue;
		if (*line == 'P' && !copy(line, n, name, sizeof name))
			*name = 0;
		else if (*line == 'V' && w->fn && copy(line, n, version, sizeof version) && *name)
			rc = w->fn(w->arg, name, version);
		else if (*line == 'F' && !copy(line, n, folder, sizeof folder))
			*folder = 0;
		else if (*line == 'R' && copy(line, n, file, sizeof file)) {
			snprintf(whole, sizeof whole, "/%s/%s", folder, file);
			if (w->of)
				rc = strcmp(name, w->of) ? 0 : w->each_path(w->arg, whole);
			else if (w->path)
				rc = !strcmp(whole, w->path) && str_copy(w->name, w->cap, name);
		}
	}
	return rc;
}

static int run(const struct target *t, const struct pkg_apk *w)
{
	size_t len;
	char *data = path_slurp(t->fd, DB, 64u << 20, &len);
	int rc;

	if (!data)
		return -1;
	rc = pkg_apk_walk(data, len, w);
	path_release(data, len);
	return rc;
}

static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	return run(t, &(struct pkg_apk){.fn = fn, .arg = arg});
}

static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	int rc = run(t, &(struct pkg_apk){.path = path, .name = name, .cap = cap});

	if (!rc)
		errno = ENOENT;
	return rc == 1 ? 0 : -1;
}

static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	return run(t, &(struct pkg_apk){.of = pkg, .each_path = fn, .arg = arg});
}

static const char *const state[] = {"/lib/apk/db/*", "/etc/apk/world", NULL};

const struct pkg_manager pkg_apk = {
    .name = "apk",
    .database = DB,
    .log = "/var/log/apk.log",
    .cache = "/var/cache/apk",
    .unpack = "tar -xzf \"$1\"",
    .reinstall = {"exec apk --no-network --no-progress fix \"$1\"", NULL},
    .official = "apk fix ",
    .finish = "apk fix",
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .shadow_group = true,
};
