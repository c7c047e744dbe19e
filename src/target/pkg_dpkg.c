#include "target/pkg_dpkg.h"
#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void pkg_dpkg_value(const char *line, size_t n, size_t skip, char *dst, size_t cap)
{
	n -= skip;
	if (n >= cap)
		n = cap - 1;
	memcpy(dst, line + skip, n);
	dst[n] = 0;
}

int pkg_dpkg_status(const char *data, size_t len, pkg_each_fn *fn, void *arg)
{
	const char *p = data, *line;
	char name[128] = "", version[128] = "";
	bool installed = false;
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, data + len, &line, &n)) {
		if (n > 9 && !memcmp(line, "Package: ", 9))
			pkg_dpkg_value(line, n, 9, name, sizeof name);
		else if (n > 9 && !memcmp(line, "Version: ", 9))
			pkg_dpkg_value(line, n, 9, version, sizeof version);
		else if (n > 8 && !memcmp(line, "Status: ", 8))
			installed = memmem(line, n, " installed", 10) != NULL;
		if ((!n || p == data + len) && *name) {
			if (installed)
				rc = fn(arg, name, version);
			*name = *version = 0;
			installed = false;
		}
	}
	return rc;
}

static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	size_t len;
	char *data = path_slurp(t->fd, "/var/lib/dpkg/status", 128u << 20, &len);
	int rc = data ? pkg_dpkg_status(data, len, fn, arg) : -1;

	path_release(data, len);
	return rc;
}

struct owner {
	const struct target *t;
	const char *path;
	char *name;
	size_t cap;
};

static int look(void *arg, int dirfd, const char *name)
{
	struct owner *o = arg;
	size_t len, n = strlen(name);
	char path[300], *data;
	bool found;

	(void)dirfd;
	if (n < 6 || strcmp(name + n - 5, ".list"))
		return 0;
	snprintf(path, sizeof path, "/var/lib/dpkg/info/%s", name);
	data = path_slurp(o->t->fd, path, 32u << 20, &len);
	if (!data)
		return 0;
	found = pkg_lists(data, len, "", o->path);
	path_release(data, len);
	if (!found || n - 5 >= o->cap)
		return 0;
	memcpy(o->name, name, n - 5);
	o->name[n - 5] = 0;
	return 1;
}

static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	struct owner o = {t, path, name, cap};

	errno = ENOENT;
	return path_each(t->fd, "/var/lib/dpkg/info", look, &o) == 1 ? 0 : -1;
}

static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	char list[300];

	snprintf(list, sizeof list, "/var/lib/dpkg/info/%s.list", pkg);
	return pkg_each_line(t, list, "", fn, arg);
}

static const char *const state[] = {"/var/lib/dpkg/*",
				    "/var/lib/dpkg/updates/*",
				    "/var/lib/dpkg/triggers/*",
				    "/var/lib/dpkg/info/%.*",
				    "/var/lib/apt/extended_states",
				    "/var/lib/apt/lists/lock",
				    "/var/cache/apt/*.bin",
				    "/var/cache/apt/archives/lock",
				    "/var/cache/debconf/*.dat*",
				    NULL};

/* What the machine's owner told dpkg-statoverride(1). */
static int mode(const struct target *t, const char *path, struct pkg_mode *m)
{
	char data[16384];
	ssize_t len = path_read(t->fd, "/var/lib/dpkg/statoverride", data, sizeof data);

	return pkg_mode_of(data, len > 0 ? (size_t)len : 0, path, m);
}

const struct pkg_manager pkg_dpkg = {
    .name = "dpkg",
    .database = "/var/lib/dpkg/status",
    .log = "/var/log/dpkg.log",
    .cache = "/var/cache/apt/archives",
    .unpack = "dpkg-deb -x \"$1\" .",
    .reinstall = {"DEBIAN_FRONTEND=noninteractive exec apt-get -y --reinstall --no-download "
		  "-o Dpkg::Options::=--force-confold install \"$1\"",
		  "n=${1%%:*}; f=$(ls -t /var/cache/apt/archives/\"$n\"_*.deb | head -n 1); "
		  "DEBIAN_FRONTEND=noninteractive exec dpkg --force-depends --force-confold -i "
		  "\"$f\""},
    .official = "apt-get install --reinstall ",
    .restore = "-o Dpkg::Options::=--force-confmiss ",
    .finish = "dpkg --configure -a && apt-get -f install",
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .mode = mode,
    .entries = pkg_dpkg_entries,
    .shadow_group = true,
};
